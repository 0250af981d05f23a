"""Layers that pictures share: points that light up together, bands, rules, notes."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import altair as alt

from tunebook.charts.picture import Picture, Row
from tunebook.charts.theme import HEIGHT, HOLLOW_SQUARE, HOVER, SIZES, TRIAL_FIELD, WIDTH

LETTER = 7.0
SMALL_LETTER = 5.0
"""Width of a title's letter and of a subtitle's, in pixels, on average."""

# What the kinds of points are called in a legend, and their shapes there. Paths are in Vega's
# unit square: a diagonal cross is no shape of its own.
CROSS = "M-1,-0.6L-0.6,-1L0,-0.4L0.6,-1L1,-0.6L0.4,0L1,0.6L0.6,1L0,0.4L-0.6,1L-1,0.6L-0.4,0Z"
KINDS: Mapping[str, tuple[str, str]] = {
    "best": ("best trials", "diamond"),
    "trial": ("other trials", "circle"),
    "infeasible": ("infeasible", CROSS),
    "clipped": ("off the scale", "triangle-up"),
    "carried": ("earlier rounds", HOLLOW_SQUARE),
}


def over(data: str, *filters: Any) -> alt.Chart:
    """A chart over named data, whose rows are attached to the finished specification."""
    chart = alt.Chart(alt.NamedData(data))
    for condition in filters:
        chart = chart.transform_filter(condition)
    return chart


def layer(
    name: str,
    data: str,
    mark: str,
    style: str = "",
    *filters: Any,
    look: Mapping[str, Any] = MappingProxyType({}),
    **encoding: Any,
) -> alt.Chart:
    """One layer: rows of named data, drawn by a mark in a style of the theme.

    Args:
        name: of the layer.
        data: name of its rows.
        mark: "point", "line", "rule", "area", "rect", "bar", "text" or "tick".
        style: of the theme.
        filters: which of the rows are drawn.
        look: what this layer's mark has beside its style.
        encoding: by channel.
    """
    options = {"style": style} if style else {}
    filled = {"filled": True} if mark == "point" else {}
    marked = getattr(over(data, *filters), f"mark_{mark}")(**options, **filled, **look)
    made: alt.Chart = marked.encode(**encoding).properties(name=name)
    return made


def tip(field: str, title: str = "", format: str = "", *, kind: str = "") -> alt.Tooltip:
    """A line of a tooltip: a name, or a number in a format."""
    more = {k: v for k, v in (("title", title), ("format", format)) if v}
    return alt.Tooltip(field, type=kind or ("quantitative" if format else "nominal"), **more)


def grows(size: float, pointed_at: float) -> dict[str, Any]:
    """A point's area, and its area while the pointer is over its trial."""
    return {"condition": {"param": HOVER, "empty": False, "value": pointed_at}, "value": size}


def where(field: str, value: object) -> alt.FieldEqualPredicate:
    """Keep the rows that have this value in a field."""
    return alt.FieldEqualPredicate(equal=value, field=field)


def _hover() -> dict[str, Any]:
    """The selection that every picture of trials has; see `checks/charts.py`."""
    return {
        "name": HOVER,
        "select": {
            "type": "point",
            "fields": [TRIAL_FIELD],
            "on": "pointerover",
            "clear": "pointerout",
            "nearest": False,
            "toggle": False,
        },
        "views": ["target"],
    }


def pointed() -> Any:
    """A filter that keeps the rows of the trial under the pointer, and none without one."""
    return {"param": HOVER, "empty": False}


def trial_points(
    data: str,
    kinds: Sequence[str],
    x: alt.X,
    y: alt.Y,
    tooltip: Sequence[alt.Tooltip],
    *,
    best: int = 0,
) -> list[alt.Chart]:
    """Points for trials, one layer a kind, and an invisible wider target that takes the pointer.

    Args:
        data: rows with `trial`, `kind`, and the fields of x, y and tooltip.
        kinds: those present, from the back to the front; each names a layer and a style.
        x, y: where a row is drawn.
        tooltip: what is told of the trial under the pointer.
        best: how many are the best ones, for the legend that explains the shapes.
    """
    layers = [trial_layer(data, kind, x, y) for kind in kinds]
    if len(kinds) > 1:
        layers.append(key(kinds, best=best))
    layers.append(target(data, x, y, tooltip))
    return layers


def target(data: str, x: alt.X, y: alt.Y, tooltip: Sequence[alt.Tooltip]) -> alt.Chart:
    """Invisible points, wider than those seen, that take the pointer for all trials."""
    points: alt.Chart = (
        over(data)
        .mark_point(style="target", filled=True, size=130)
        .encode(x=x, y=y, tooltip=list(tooltip))
        .properties(name="target")
    )
    return points


def key(kinds: Sequence[str], *, best: int = 0) -> alt.Chart:
    """A layer without a row, whose legend explains the shapes: for print without colour.

    Args:
        kinds: those that the picture has.
        best: how many the best trials are, where it is known.
    """
    present = [KINDS[k][0] for k in KINDS if k in kinds]
    every = [words for words, _ in KINDS.values()]
    legend = alt.Legend(
        title=None,
        values=present,
        symbolSize=60,
        symbolOpacity=1,
        symbolStrokeWidth=0,
        columns={4: 2, 5: 3}.get(len(present), len(present)),
        labelExpr=f"datum.label == '{KINDS['best'][0]}' ? '{best_text(best)}' : datum.label",
        offset=6,
    )
    forms = alt.Scale(domain=every, range=[form for _, form in KINDS.values()])
    shape = alt.Shape("called", type="nominal", scale=forms, legend=legend)
    # The theme's "ordinal" colours are those of the kinds, in their order.
    inks = alt.Scale(domain=every, range="ordinal")
    fill = alt.Fill("called", type="nominal", scale=inks, legend=legend)
    nowhere = {"x": alt.value(-10), "y": alt.value(-10)}
    shapes: alt.Chart = (
        over("key")
        .mark_point(style="key", filled=True)
        .encode(shape=shape, fill=fill, **nowhere)
        .properties(name="key")
    )
    return shapes


def best_text(count: int) -> str:
    """`best 3 trials`, `best trial`; without a number where it is not known."""
    return "best trial" if count == 1 else f"best {count} trials" if count else "best trials"


def trial_layer(data: str, kind: str, x: alt.X, y: alt.Y) -> alt.Chart:
    """The points of one kind: brighter and larger under the pointer, here or elsewhere."""
    points: alt.Chart = (
        over(data, where("kind", kind))
        .mark_point(style=kind, filled=True)
        .encode(
            x=x,
            y=y,
            opacity={"condition": {"param": HOVER, "value": 1}, "value": 0.25},
            size={
                "condition": {"param": HOVER, "empty": False, "value": 2.2 * SIZES[kind] + 40},
                "value": SIZES[kind],
            },
        )
        .properties(name=LAYER_NAMES.get(kind, kind))
    )
    return points


LAYER_NAMES = {"trial": "trials"}


VALIDATED = False
"""Whether Altair validates a finished chart: tests do, against the schema."""


def called(kind: str) -> str:
    """What a kind of points is called; goes into rows as `called`."""
    return KINDS[kind][0]


def finish(
    layers: Iterable[alt.Chart],
    rows: Mapping[str, list[Row]],
    *,
    name: str,
    title: str,
    subtitle: str | Sequence[str] = "",
    alternative: str,
    width: int = WIDTH,
    height: int = HEIGHT,
    right: alt.Chart | None = None,
    trial: str = "",
    detail: bool = False,
) -> Picture:
    """Put layers together as a picture.

    Args:
        layers: from the back to the front.
        rows: of every data that the layers name.
        name: of the picture; made safe for a file's name.
        title, subtitle: above it.
        alternative: the picture in words.
        width, height: of the plotting area.
        right: a layer in front, with an axis of its own at the right.
        trial, detail: as in `Picture`.
    """
    layers = list(layers)
    heading: dict[str, Any] = {"text": wrapped(title, width), "limit": width + 60}
    if subtitle:
        text = subtitle if isinstance(subtitle, str) else "; ".join(subtitle)
        most = int(width / SMALL_LETTER)
        heading["subtitle"] = textwrap.wrap(text, most)
    chart = alt.layer(*layers).properties(
        width=width, height=height, title=heading, description=alternative
    )
    spec = chart.to_dict(validate=VALIDATED)
    spec.pop("config", None)  # the theme's business
    if right is not None:
        # Nested by hand: Altair renames the layers that it nests.
        spec["layer"] = [{"layer": spec["layer"]}, right.to_dict(validate=VALIDATED)]
        for alien in ("$schema", "config"):
            spec["layer"][1].pop(alien, None)
        spec["resolve"] = {"scale": {"y": "independent"}}
    if any(layer.name == "target" for layer in layers):
        spec["params"] = [_hover()]
    data = {"key": [], **rows} if any(part.name == "key" for part in layers) else dict(rows)
    return Picture(
        name=file_name(name),
        title=title,
        spec=spec,
        rows=data,
        alt=alternative,
        trial=trial,
        detail=detail,
    )


def in_round(picture: Picture, number: int) -> Picture:
    """The picture with its round under the title, for a reader who has the picture alone."""
    spec = dict(picture.spec)
    heading = dict(spec["title"])
    words = " ".join(["Round", f"{number}:", *heading.get("subtitle", ())]).rstrip(":")
    heading["subtitle"] = textwrap.wrap(words, int(spec["width"] / SMALL_LETTER))
    return replace(picture, spec={**spec, "title": heading})


def wrapped(title: str, width: int) -> list[str]:
    """A title in lines that fit: `learning_rate[optimizer=adam]` breaks before its bracket."""
    most = max(12, int(width / LETTER))
    if len(title) <= most:
        return [title]
    name, bracket, conditions = title.partition("[")
    return textwrap.wrap(name, most) + textwrap.wrap(bracket + conditions, most)


def file_name(text: str) -> str:
    """Text as a part of a file's name: `boundaries-lr[optimizer=adam]` loses its brackets."""
    return re.sub(r"[^A-Za-z0-9._]+", "-", text).strip("-.")


def number(value: float) -> str:
    """A number as a sentence has it: four digits, 1e-4 rather than 0.0001.

    Example:
        >>> number(0.00012), number(0.25), number(1200000.0)
        ('1.2e-4', '0.25', '1.2e6')
    """
    if value != 0 and (abs(value) <= 1e-3 or abs(value) >= 1e5):
        digits, _, power = f"{value:.3e}".partition("e")
        return f"{digits.rstrip('0').rstrip('.')}e{int(power)}"
    return f"{value:.4g}"


def counted(count: int, noun: str) -> str:
    """`1 trial`, `3 trials`."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def first_of(names: Sequence[str], most: int = 8) -> str:
    """Names as a list in a sentence: `adam, sgd`, or the first few and how many others."""
    shown = ", ".join(names[:most])
    return shown if len(names) <= most else f"{shown} and {len(names) - most} others"
