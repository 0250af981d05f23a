"""How pictures look: one calm style, light and dark, that survives print and colour blindness.

Colours are Okabe and Ito's (Color Universal Design, 2008), which people with any common colour
blindness tell apart; whatever a colour says, a shape or a dash says as well. Marks name a style
("trial", "best", "infeasible", ...), and the theme says what that looks like. The accent means
"best" or "look here"; no series has its colour, so that no two pictures contradict each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

HOVER = "trial_hover"
"""Name of the selection parameter in every picture that draws trials."""

TRIAL_FIELD = "trial"
"""Field of every row that stands for a trial, its name: `3.17`."""

WIDTH, HEIGHT = 320, 220
"""Size of a picture's plotting area: three stand side by side on a page."""

SIZES = {"trial": 30, "faint": 14, "best": 72, "infeasible": 56, "clipped": 44, "mean": 90,
         "carried": 40}  # fmt: skip
"""Area of a point, in square pixels, by style."""

HOLLOW_SQUARE = "M-0.8,-0.8H0.8V0.8H-0.8ZM-0.45,-0.45V0.45H0.45V-0.45Z"
"""The hole is drawn the other way around, so that it stays empty."""

PAGE_FONT = "system-ui, sans-serif"
# vl-convert brings no system font; these are metric-compatible and it finds at least one.
PRINT_FONT = "Liberation Sans, Arial, Helvetica, DejaVu Sans, sans-serif"


@dataclass(frozen=True, slots=True, kw_only=True)
class Inks:
    """The colours of one theme."""

    paper: str
    text: str
    quiet: str
    grid: str
    trial: str
    accent: str
    infeasible: str
    category: tuple[str, ...]
    surface: str


LIGHT = Inks(
    paper="#ffffff",
    text="#1f2328",
    quiet="#59636e",
    grid="#e7eaee",
    trial="#7d858f",
    accent="#0072b2",
    infeasible="#d55e00",
    category=("#009e73", "#e69f00", "#cc79a7", "#000000", "#56b4e9"),
    surface="#63c4a8",
)
DARK = Inks(
    paper="#15181d",
    text="#e6e9ed",
    quiet="#9aa4b0",
    grid="#2a2f37",
    trial="#8f98a3",
    accent="#56b4e9",
    infeasible="#f08a4b",
    category=("#2bb88f", "#e69f00", "#d994ba", "#ffffff", "#f0e442"),
    surface="#1f6f59",
)


def config(*, dark: bool = False, page: bool = False) -> dict[str, Any]:
    """The Vega-Lite `config` of a theme.

    Args:
        dark: for a dark background.
        page: for a web page: transparent, in the system's font.
    """
    inks = DARK if dark else LIGHT
    font = PAGE_FONT if page else PRINT_FONT
    return {
        "background": None if page else inks.paper,
        "font": font,
        "padding": 0 if page else 12,
        "view": {"stroke": None},
        "axis": _axis(inks),
        "title": {
            "color": inks.text,
            "subtitleColor": inks.quiet,
            "fontSize": 13,
            "fontWeight": 600,
            "subtitleFontSize": 11,
            "anchor": "start",
            "frame": "group",
            "offset": 8,
            "subtitlePadding": 3,
        },
        "legend": {
            "labelColor": inks.text,
            "titleColor": inks.quiet,
            "labelFontSize": 11,
            "titleFontSize": 11,
            "titleFontWeight": "normal",
            "labelLimit": 220,
            "orient": "bottom",
            "symbolStrokeWidth": 2,
        },
        "header": {"labelColor": inks.text, "titleColor": inks.quiet},
        "range": {
            "category": list(inks.category),
            "heatmap": [inks.paper, inks.surface],
            # layers.KINDS
            "ordinal": [inks.accent, inks.trial, inks.infeasible, inks.trial, inks.trial],
        },
        "style": _styles(inks),
    }


def _axis(inks: Inks) -> dict[str, Any]:
    return {
        "domainColor": inks.quiet,
        "tickColor": inks.quiet,
        "gridColor": inks.grid,
        "labelColor": inks.quiet,
        "titleColor": inks.text,
        "labelFontSize": 11,
        "titleFontSize": 11,
        "titleFontWeight": "normal",
        "titleLimit": WIDTH,
        "labelLimit": 120,
        "labelPadding": 4,
        "labelFlush": False,
        "titlePadding": 6,
        "tickSize": 4,
    }


def _styles(inks: Inks) -> dict[str, Any]:
    """Looks by name.

    Vega-Lite resolves a style's `color` itself, whatever the mark; `fill` and `stroke` of a
    style only reach Vega, where they colour what the mark leaves open (a point's outline).
    """

    def dot(ink: str, shape: str, size: int, **more: Any) -> dict[str, Any]:
        return {
            "shape": shape,
            "size": size,
            "color": ink,
            "stroke": inks.paper,
            "strokeWidth": 0.5,
            "opacity": 1,
            **more,
        }

    def line(ink: str, width: float, **more: Any) -> dict[str, Any]:
        return {"color": ink, "strokeWidth": width, **more}

    def area(ink: str, opacity: float, **more: Any) -> dict[str, Any]:
        return {"color": ink, "fillOpacity": opacity, "opacity": 1, **more}

    return {
        "trial": dot(inks.trial, "circle", SIZES["trial"]),
        "faint": dot(inks.trial, "circle", SIZES["faint"], strokeWidth=0),
        "best": dot(inks.accent, "diamond", SIZES["best"]),
        "infeasible": dot(inks.infeasible, "cross", SIZES["infeasible"], angle=45),
        "clipped": dot(inks.trial, "triangle-up", SIZES["clipped"], stroke=inks.text),
        "carried": dot(inks.trial, HOLLOW_SQUARE, SIZES["carried"], strokeWidth=0),
        "mean": dot(inks.accent, "diamond", SIZES["mean"]),
        "there-is": dot(inks.accent, "triangle-left", SIZES["mean"], strokeWidth=0),
        "key": {"color": inks.quiet},
        "target": {"color": "transparent", "strokeWidth": 0},
        "interval": line(inks.accent, 2.5, strokeCap="round"),
        "proposed": area(inks.accent, 0.14),
        "flag": line(inks.accent, 1.5, strokeDash=[5, 3]),
        "level": line(inks.text, 1, strokeDash=[6, 3]),
        "threshold": line(inks.infeasible, 1.5, strokeDash=[5, 3]),
        "failing": area(inks.infeasible, 0.12),
        "count": area(inks.infeasible, 1),
        "all-bar": area(inks.trial, 0.55),
        "best-bar": area(inks.accent, 1),
        "band": area(inks.trial, 0.24),
        "middle": line(inks.trial, 1.5),
        "curve": line(inks.accent, 2.25),
        "pointed": line(inks.text, 2),
        "training": line(inks.accent, 1.75, strokeDash=[5, 3]),
        "box": area(inks.grid, 1, stroke=inks.trial),
        "whisker": line(inks.trial, 1),
        "tick": {"color": inks.accent, "opacity": 1},
        "note": {"fontSize": 11, "color": inks.quiet},
        "strong-note": {"fontSize": 11, "color": inks.text},
    }
