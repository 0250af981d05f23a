"""Pictures of the same thing in several studies, as one picture with a panel a study (C12)."""

from __future__ import annotations

import copy
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import takewhile

from tunebook.charts.layers import file_name, wrapped
from tunebook.charts.picture import Picture
from tunebook.charts.specification import SCHEMA, Spec

FEWEST = 3
"""Studies that share a picture; two stand beside each other as they are."""
COLUMNS = 3
WIDEST, NARROW = 80, 28
"""Letters in a line under the title, and under that of a panel."""
SIZE = (170, 120)
_SHARED = ("shape", "fill", "stroke", "color", "opacity", "strokeDash")
"""Channels whose legend stands once."""


def small_multiples(pictures: Iterable[Picture]) -> list[Picture]:
    """The pictures, those of one kind in three studies or more as the panels of one.

    Two are of one kind if their names are the same but for the study. The place is that of the
    first of them.
    """
    every = list(pictures)
    kinds: dict[tuple[str, str], list[Picture]] = {}
    for picture in every:
        kinds.setdefault(_kind(picture), []).append(picture)
    shown = []
    for picture in every:
        own = kinds[_kind(picture)]
        if not _joined(own):
            shown.append(picture)
        elif picture is own[0]:
            shown.append(_multiple(own))
    return shown


def _kind(picture: Picture) -> tuple[str, str]:
    """Its check and its name without what settles its study."""
    settled = [picture.study, *(name.partition("[")[2].rstrip("]") for name in picture.about)]
    ends = [f"-{file_name(text)}" for text in settled if text]
    end = max((e for e in ends if picture.name.endswith(e)), key=len, default="")
    return picture.check, picture.name.removesuffix(end) if end else f"{picture.name} alone"


def _joined(own: Sequence[Picture]) -> bool:
    studies = {picture.study for picture in own}
    single = all("layer" in picture.spec and not picture.trial for picture in own)
    return single and len(own) >= FEWEST and len(studies) == len(own)


def _multiple(own: Sequence[Picture]) -> Picture:
    """One picture of several; each axis has its own range, as in the pictures it is made of."""
    common, differing = _subtitles(own)
    panels = [_panel(picture, i, differing[i]) for i, picture in enumerate(own)]
    title = _title(own)
    alternative = " ".join(f"{picture.study}: {picture.alt}" for picture in own)
    under = "; ".join([*common, "each study has its own axes"])
    spec: Spec = {
        "$schema": SCHEMA,
        "description": alternative,
        "title": {"text": title, "subtitle": textwrap.wrap(under, WIDEST)},
        "concat": panels,
        "columns": COLUMNS,
        "spacing": 14,
        "resolve": {"scale": dict.fromkeys(_share_legends(panels), "shared")},
    }
    params = [param for picture in own for param in picture.spec.get("params", ())]
    if params:
        views = [_named(v, i) for i, p in enumerate(own) for v in _views(p)]
        spec["params"] = [{**params[0], "views": views}]
    return replace(
        own[0],
        name=_kind(own[0])[1],
        title=title,
        spec=spec,
        rows={_named(n, i): rows for i, p in enumerate(own) for n, rows in p.rows.items()},
        alt=alternative,
        about=frozenset().union(*({picture.study, *picture.about} for picture in own)),
        study="",
    )


def _panel(picture: Picture, place: int, subtitle: str) -> Spec:
    """The picture as a panel; layers and data have names of their own."""
    panel = _renamed(copy.deepcopy(dict(picture.spec)), place)
    for key in ("$schema", "description", "params"):
        panel.pop(key, None)
    heading: Spec = {"text": wrapped(picture.study, SIZE[0]), "limit": SIZE[0] + 40}
    if subtitle:
        heading["subtitle"] = textwrap.wrap(subtitle, NARROW)
    return {**panel, "title": heading, "width": SIZE[0], "height": SIZE[1]}


def _renamed(spec: Spec, place: int) -> Spec:
    if "name" in spec:
        spec["name"] = _named(spec["name"], place)
    if "name" in spec.get("data", {}):
        spec["data"] = {"name": _named(spec["data"]["name"], place)}
    for layer in spec.get("layer", ()):
        _renamed(layer, place)
    return spec


def _named(name: str, place: int) -> str:
    return f"{name}-{place}"


def _views(picture: Picture) -> list[str]:
    return [view for param in picture.spec.get("params", ()) for view in param["views"]]


def _share_legends(panels: Sequence[Spec]) -> list[str]:
    """Make the legends of each channel say the same; the channels that the panels have."""
    encodings = [e for panel in panels for e in _encodings(panel)]
    found = [channel for channel in _SHARED if any(channel in e for e in encodings)]
    for channel in found:
        legends = [e[channel].get("legend") for e in encodings if channel in e]
        legends = [legend for legend in legends if legend]
        values = dict.fromkeys(v for legend in legends for v in legend.get("values", ()))
        if not values:
            continue
        same = len({legend.get("labelExpr") for legend in legends}) == 1
        longest = max(legends, key=lambda legend: len(legend.get("values", ())))
        for legend in legends:
            legend |= {**longest, "values": list(values)}
            if not same:  # such as how many the best are
                legend.pop("labelExpr", None)
    return found


def _encodings(spec: Spec) -> Iterator[Spec]:
    yield spec.get("encoding", {})
    for layer in spec.get("layer", ()):
        yield from _encodings(layer)


def _subtitles(own: Sequence[Picture]) -> tuple[list[str], list[str]]:
    """What all subtitles say, and what each says beside it."""
    said = []
    for picture in own:
        lines = picture.spec["title"].get("subtitle", ())
        said.append((lines if isinstance(lines, str) else " ".join(lines)).split("; "))
    common = [part for part in said[0] if part and all(part in other for other in said)]
    return common, ["; ".join(p for p in parts if p not in common) for parts in said]


def _title(own: Sequence[Picture]) -> str:
    """What the titles have in common, without the study."""
    bare = [re.sub(r" ?\[[^\]]*\]$", "", p.title.removesuffix(f" with {p.study}")) for p in own]
    words = zip(*(title.split() for title in bare), strict=False)
    common = [same[0] for same in takewhile(lambda same: len(set(same)) == 1, words)]
    return " ".join(common).rstrip(" :,") or bare[0]
