"""PNG and SVG of a picture without a browser (C12)."""

from __future__ import annotations

import vl_convert

from tunebook.charts.picture import Picture

SCALE = 2.0
"""Pixels of a PNG per unit of the picture: sharp on paper and on dense screens."""


def to_png(picture: Picture, *, dark: bool = False) -> bytes:
    """The picture as PNG, at twice its nominal size.

    Args:
        picture: to render.
        dark: for a dark background.
    """
    png: bytes = vl_convert.vegalite_to_png(
        picture.full(dark=dark), scale=SCALE, show_warnings=False
    )
    return png


def to_svg(picture: Picture, *, dark: bool = False) -> str:
    """The picture as SVG text, with texts as texts.

    Args:
        picture: to render.
        dark: for a dark background.
    """
    svg: str = vl_convert.vegalite_to_svg(picture.full(dark=dark), show_warnings=False)
    return svg
