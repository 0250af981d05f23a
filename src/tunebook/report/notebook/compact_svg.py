"""A picture's SVG made small enough for a notebook: it looks the same and has no labels of marks.

Vega writes each mark with a text for screen readers, attributes at their defaults and fifteen
digits a number. Standing in an image, none of these reaches a reader; the image has one text.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

SVG = "http://www.w3.org/2000/svg"
INHERITED = (
    "fill",
    "stroke",
    "stroke-width",
    "font-family",
    "font-size",
    "font-weight",
    "text-anchor",
)
"""Presentation attributes that a group hands to its children."""
DEFAULTS = {"opacity": "1", "font-weight": "normal", "font-style": "normal", "x2": "0", "y2": "0"}
SILENT = ("role", "class", "pointer-events", "version", "cursor")
UNSEEN = ("target_marks", "key_marks")
"""Marks that take the pointer or make a legend: a still image draws nothing of them."""
COLOUR_STEP = 12
"""Colours between two inks, of a shaded map, keep are told to so many of 256 levels."""

_NUMBER = re.compile(r"-?\d*\.\d+(?:e-?\d+)?")
_RECTANGLE = re.compile(r"M[-\d.,]+h[-\d.]+v[-\d.]+h[-\d.]+Z")
_RGB = re.compile(r"rgb\((\d+), ?(\d+), ?(\d+)\)")


def compact(svg: str) -> str:
    """The same drawing in a tenth to a third of the characters.

    Args:
        svg: as `to_svg` writes it.
    """
    root = ElementTree.fromstring(svg)
    _clean(root)
    _hoist(root)
    ElementTree.register_namespace("", SVG)
    return ElementTree.tostring(root, encoding="unicode")


def _clean(element: ElementTree.Element) -> None:
    for name, text in list(element.attrib.items()):
        if name.startswith("aria-") or name in SILENT or DEFAULTS.get(name) == text:
            del element.attrib[name]
        elif name not in ("font-family", "id"):
            element.set(name, _RGB.sub(_hexadecimal, _NUMBER.sub(_rounded, text)))
    children: list[ElementTree.Element] = []
    for child in element:
        if not _is_seen(child):
            continue
        _clean(child)
        bare = child.tag.endswith("}g") and not child.attrib
        children += list(child) if bare else [child]
    for child in list(element):
        element.remove(child)
    element.extend(_joined(children))


def _is_seen(element: ElementTree.Element) -> bool:
    """False for what draws nothing: hidden, empty, or only there for the pointer."""
    if element.get("display") == "none" or element.get("opacity") == "0":
        return False
    if any(name in element.get("class", "") for name in UNSEEN):
        return False
    if element.tag.endswith("}path"):
        empty = element.get("d", "") in ("", "M0,0h0v0h0Z")
        # The whole drawing has no fill and no stroke of its own: a path without has none.
        return not empty and ("fill" in element.attrib or "stroke" in element.attrib)
    return not element.tag.endswith("}g") or any(_is_seen(child) for child in element)


def _joined(siblings: list[ElementTree.Element]) -> list[ElementTree.Element]:
    """The cells of a map, all of one colour as one path; they do not cover each other."""
    if len(siblings) < 2 or not all(map(_cell, siblings)):
        return siblings
    paths: dict[tuple[tuple[str, str], ...], ElementTree.Element] = {}
    for cell in siblings:
        style = tuple((name, text) for name, text in cell.attrib.items() if name != "d")
        path = paths.setdefault(style, cell)
        if path is not cell:
            path.set("d", path.get("d", "") + cell.get("d", ""))
    return list(paths.values())


def _cell(element: ElementTree.Element) -> bool:
    return (
        element.tag.endswith("}path")
        and not {"transform", "opacity", "fill-opacity"} & set(element.attrib)
        and _RECTANGLE.fullmatch(element.get("d", "")) is not None
    )


def _hoist(element: ElementTree.Element) -> None:
    """Move what all children of a group say alike into the group."""
    children = list(element)
    for child in children:
        _hoist(child)
    if len(children) < 2 or not element.tag.endswith(("}g", "}svg")):
        return
    for name in INHERITED:
        said = {child.get(name) for child in children}
        if len(said) == 1 and None not in said:
            element.set(name, str(said.pop()))
            for child in children:
                del child.attrib[name]


def _rounded(match: re.Match[str]) -> str:
    return f"{float(match[0]):.1f}".removesuffix(".0").replace("-0.", "-.") or "0"


def _hexadecimal(match: re.Match[str]) -> str:
    levels = [min(255, round(int(x) / COLOUR_STEP) * COLOUR_STEP) for x in match.groups()]
    return "#" + "".join(f"{level:02x}" for level in levels)
