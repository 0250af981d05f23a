"""PNG and SVG of a picture without a browser, and the script that draws it in one (C12).

In a page, put `script_bundle()` into a script element (once), then for each picture:

    vegaEmbed(element, spec, {
      ast: true,              // no eval: holds under a strict content security policy
      actions: false,
      defaultStyle: false,    // no style element of its own
      renderer: "svg",
      config: theme,          // theme.config(dark=..., page=True)
    })

Vega-Embed brings Vega's expression interpreter along and uses it by itself when `ast` is true:
no `expr` option and no further script is needed.
"""

from __future__ import annotations

from functools import cache

import vl_convert

from tunebook.charts.picture import Picture

SCALE = 2.0
"""Pixels of a PNG per unit of the picture: sharp on paper and on dense screens."""

GLOBALS = "window.vegaEmbed = vegaEmbed; window.vega = vega; window.vegaLite = vegaLite;"
"""What the script bundle leaves behind for others."""


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


@cache
def script_bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed as one classic script (0.9 MB) that asks the network nothing.

    It sets `window.vegaEmbed`, `window.vega` and `window.vegaLite` and leaves no other name
    behind, so that it can stand before other scripts. The same text in every call, which a
    policy can therefore name by its hash.
    """
    bundle: str = vl_convert.javascript_bundle(GLOBALS)
    # The bundle is written as a module: hundreds of short top-level names, which in a classic
    # script would be everybody's.
    return f"(function () {{\n{bundle}\n}})();\n"
