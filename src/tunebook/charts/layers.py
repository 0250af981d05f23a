"""Layers that pictures share: points that light up together, bands, rules, notes."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from tunebook.charts.picture import Picture, Row
from tunebook.charts.specification import SCHEMA, Spec, channel, encoded
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


def over(data: str, *filters: Any) -> Spec:
    """A chart over named data, whose rows are attached to the finished specification."""
    kept = [{"filter": condition} for condition in filters]
    return {"data": {"name": data}, **({"transform": kept} if kept else {})}


def tip(field: str, title: str = "", format: str = "", *, kind: str = "") -> Spec:
    """A line of a tooltip: a name, or a number in a format."""
    more: dict[str, Any] = {"title": title, "format": format}
    of_type: Any = kind or ("quantitative" if format else "nominal")
    return channel(field, type=of_type, **{k: v for k, v in more.items() if v})


def best_step_tips(metric: str) -> list[Spec]:
    """What is told of a trial's curve: its name, and where it was best."""
    return [tip("trial"), tip("step", "best at step", "~r"), tip("value", metric, ".4~g")]


def grows(size: float, pointed_at: float) -> dict[str, Any]:
    """A point's area, and its area while the pointer is over its trial."""
    return {"condition": {"param": HOVER, "empty": False, "value": pointed_at}, "value": size}


def where(field: str, value: str | bool) -> Spec:
    """Keep the rows that have this value in a field."""
    return {"equal": value, "field": field}


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


@dataclass(frozen=True, slots=True)
class Plane:
    """Two axes, and the layers that are drawn on them."""

    x: Spec
    y: Spec

    def layer(
        self,
        name: str,
        mark: str,
        style: str = "",
        data: str = "",
        *filters: Any,
        look: Mapping[str, Any] = MappingProxyType({}),
        **encoding: Any,
    ) -> Spec:
        """Draw rows of named data by a mark.

        Args:
            name: of the layer.
            mark: "point", "line", "rule", "area", "rect", "bar", "text" or "tick".
            style: of the theme.
            data: name of the rows; that of the layer if left out.
            filters: which of the rows are drawn.
            look: what this layer's mark has beside its style.
            encoding: by channel; None for an axis that it does not have.
        """
        drawn: Spec = {"type": mark, **({"style": style} if style else {})}
        if mark == "point":
            drawn["filled"] = True
        channels = {"x": self.x, "y": self.y, **encoding}
        return {
            "name": name,
            **over(data or name, *filters),
            "mark": {**drawn, **look},
            "encoding": {k: encoded(v) for k, v in channels.items() if v is not None},
        }

    def target(self, data: str, *tooltip: Spec, size: float = 130) -> Spec:
        """Invisible points, wider than those seen, that take the pointer for all trials."""
        look = {"size": size}
        return self.layer("target", "point", "target", data, look=look, tooltip=list(tooltip))

    def trial_points(self, kinds: Sequence[str], *tooltip: Spec, best: int = 0) -> list[Spec]:
        """Points for the rows of "trials", one layer a kind, and a target for the pointer.

        Args:
            kinds: those present, from the back to the front; each names a layer and a style.
            tooltip: what is told of the trial under the pointer.
            best: how many are the best ones, for the legend that explains the shapes.
        """
        layers = [self._of_kind(kind) for kind in kinds]
        if len(kinds) > 1:
            layers.append(key(kinds, best=best))
        return [*layers, self.target("trials", *tooltip)]

    def _of_kind(self, kind: str) -> Spec:
        """Points of one kind: brighter and larger under the pointer, here or elsewhere."""
        name = "trials" if kind == "trial" else kind
        return self.layer(
            name, "point", kind, "trials", where("kind", kind),
            opacity={"condition": {"param": HOVER, "value": 1}, "value": 0.25},
            size=grows(SIZES[kind], 2.2 * SIZES[kind] + 40),
        )  # fmt: skip


def key(kinds: Sequence[str], *, best: int = 0) -> Spec:
    """A layer without a row, whose legend explains the shapes: for print without colour.

    Args:
        kinds: those that the picture has.
        best: how many the best trials are, where it is known.
    """
    present = [KINDS[k][0] for k in KINDS if k in kinds]
    every = [words for words, _ in KINDS.values()]
    legend = dict(
        title=None,
        values=present,
        symbolSize=60,
        symbolOpacity=1,
        symbolStrokeWidth=0,
        columns={4: 2, 5: 3}.get(len(present), len(present)),
        labelExpr=f"datum.label == '{KINDS['best'][0]}' ? '{best_text(best)}' : datum.label",
        offset=6,
    )
    forms = dict(domain=every, range=[form for _, form in KINDS.values()])
    shape = channel("called", type="nominal", scale=forms, legend=legend)
    # The theme's "ordinal" colours are those of the kinds, in their order.
    inks = dict(domain=every, range="ordinal")
    fill = channel("called", type="nominal", scale=inks, legend=legend)
    nowhere = {"x": {"value": -10}, "y": {"value": -10}}
    return {
        "name": "key",
        **over("key"),
        "mark": {"type": "point", "filled": True, "style": "key"},
        "encoding": {"shape": shape, "fill": fill, **nowhere},
    }


def best_text(count: int) -> str:
    """`best 3 trials`, `best trial`; without a number where it is not known."""
    return "best trial" if count == 1 else f"best {count} trials" if count else "best trials"


def called(kind: str) -> str:
    """What a kind of points is called; goes into rows as `called`."""
    return KINDS[kind][0]


def finish(
    layers: Iterable[Spec],
    rows: Mapping[str, list[Row]],
    *,
    name: str,
    title: str,
    subtitle: str | Sequence[str] = "",
    alternative: str,
    width: int = WIDTH,
    height: int = HEIGHT,
    right: Spec | None = None,
    about: Iterable[str] = (),
    study: str = "",
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
        about, study, trial, detail: as in `Picture`.
    """
    layers = list(layers)
    heading: dict[str, Any] = {"text": wrapped(title, width), "limit": width + 60}
    if subtitle:
        text = subtitle if isinstance(subtitle, str) else "; ".join(subtitle)
        most = int(width / SMALL_LETTER)
        heading["subtitle"] = textwrap.wrap(text, most)
    spec: Spec = {
        "$schema": SCHEMA,
        "description": alternative,
        "title": heading,
        "width": width,
        "height": height,
        "layer": layers,
    }
    if right is not None:
        spec["layer"] = [{"layer": layers}, right]
        spec["resolve"] = {"scale": {"y": "independent"}}
    if any(layer["name"] == "target" for layer in layers):
        spec["params"] = [_hover()]
    data = {"key": [], **rows} if any(part["name"] == "key" for part in layers) else dict(rows)
    return Picture(
        name=file_name(name),
        title=title,
        spec=spec,
        rows=data,
        alt=alternative,
        about=frozenset(about) - {""},
        study=study,
        trial=trial,
        detail=detail,
    )


def panel(layers: Iterable[Spec], *, title: str, size: tuple[int, int]) -> dict[str, Any]:
    """One of several small pictures that stand in one."""
    return {"title": title, "width": size[0], "height": size[1], "layer": list(layers)}


def panels_picture(
    panels: Sequence[dict[str, Any]],
    rows: Mapping[str, list[Row]],
    *,
    name: str,
    title: str,
    subtitle: Sequence[str],
    alternative: str,
    columns: int,
) -> Picture:
    """Panels as one picture, `columns` of them beside each other."""
    spec = {
        "$schema": SCHEMA,
        "description": alternative,
        "title": {"text": title, "subtitle": list(subtitle)},
        "concat": list(panels),
        "columns": columns,
        "spacing": 14,
    }
    return Picture(name=name, title=title, spec=spec, rows=dict(rows), alt=alternative)


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
