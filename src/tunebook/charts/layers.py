"""Layers that pictures share: points that light up together, bands, rules, notes."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
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


def tip(field: str, title: str = "", format: str = "", *, kind: str = "") -> alt.Tooltip:
    """A line of a tooltip: a name, or a number in a format."""
    more: dict[str, Any] = {"title": title, "format": format}
    of_type: Any = kind or ("quantitative" if format else "nominal")
    return alt.Tooltip(field, type=of_type, **{k: v for k, v in more.items() if v})


def best_step_tips(metric: str) -> list[alt.Tooltip]:
    """What is told of a trial's curve: its name, and where it was best."""
    return [tip("trial"), tip("step", "best at step", "~r"), tip("value", metric, ".4~g")]


def grows(size: float, pointed_at: float) -> dict[str, Any]:
    """A point's area, and its area while the pointer is over its trial."""
    return {"condition": {"param": HOVER, "empty": False, "value": pointed_at}, "value": size}


def where(field: str, value: str | bool) -> alt.FieldEqualPredicate:
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


@dataclass(frozen=True, slots=True)
class Plane:
    """Two axes, and the layers that are drawn on them."""

    x: alt.X
    y: alt.Y

    def layer(
        self,
        name: str,
        mark: str,
        style: str = "",
        data: str = "",
        *filters: Any,
        look: Mapping[str, Any] = MappingProxyType({}),
        **encoding: Any,
    ) -> alt.Chart:
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
        options: dict[str, Any] = {"style": style} if style else {}
        if mark == "point":
            options["filled"] = True
        marked = getattr(over(data or name, *filters), f"mark_{mark}")(**options, **look)
        channels = {"x": self.x, "y": self.y, **encoding}
        made: alt.Chart = marked.encode(**{k: v for k, v in channels.items() if v is not None})
        return made.properties(name=name)

    def target(self, data: str, *tooltip: alt.Tooltip, size: float = 130) -> alt.Chart:
        """Invisible points, wider than those seen, that take the pointer for all trials."""
        look = {"size": size}
        return self.layer("target", "point", "target", data, look=look, tooltip=list(tooltip))

    def trial_points(
        self, kinds: Sequence[str], *tooltip: alt.Tooltip, best: int = 0
    ) -> list[alt.Chart]:
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

    def _of_kind(self, kind: str) -> alt.Chart:
        """Points of one kind: brighter and larger under the pointer, here or elsewhere."""
        name = "trials" if kind == "trial" else kind
        return self.layer(
            name, "point", kind, "trials", where("kind", kind),
            opacity={"condition": {"param": HOVER, "value": 1}, "value": 0.25},
            size=grows(SIZES[kind], 2.2 * SIZES[kind] + 40),
        )  # fmt: skip


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
    chart = alt.layer(*layers).properties(
        width=width, height=height, title=heading, description=alternative
    )
    spec = chart.to_dict(validate=VALIDATED)
    spec.pop("config", None)  # the theme's business
    if right is not None:
        # Nested by hand: Altair renames the layers that it nests.
        front = _bare(right.to_dict(validate=VALIDATED))
        spec["layer"] = [{"layer": spec["layer"]}, front]
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
        about=frozenset(about) - {""},
        study=study,
        trial=trial,
        detail=detail,
    )


def panel(layers: Iterable[alt.Chart], *, title: str, size: tuple[int, int]) -> dict[str, Any]:
    """One of several small pictures that stand in one."""
    chart = alt.layer(*layers).properties(width=size[0], height=size[1], title=title)
    return _bare(chart.to_dict(validate=VALIDATED))


def _bare(spec: dict[str, Any]) -> dict[str, Any]:
    """A part of a specification, without what only the whole of it has."""
    return {k: v for k, v in spec.items() if k not in ("$schema", "config")}


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
        "$schema": alt.SCHEMA_URL,
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
