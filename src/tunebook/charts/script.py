"""The script that draws pictures in a browser (C12).

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

import hashlib
from functools import cache
from importlib.metadata import version

import vl_convert

from tunebook.domain.formats.user_cache import cache_file, own_file, write_cached

GLOBALS = "window.vegaEmbed = vegaEmbed; window.vega = vega; window.vegaLite = vegaLite;"
"""What the script bundle leaves behind for others."""


@cache
def script_bundle() -> str:
    """Vega, Vega-Lite and Vega-Embed as one classic script (0.9 MB) that asks the network nothing.

    It sets `window.vegaEmbed`, `window.vega` and `window.vegaLite` and leaves no other name
    behind, so that it can stand before other scripts. The same text in every call, which a
    policy can therefore name by its hash. Bundling takes 1.6 s of processor time, so the text is
    kept in the user's cache, for each version of vl-convert, behind a line with its digest.
    """
    file = cache_file("scripts", f"vega-{version('vl-convert-python')}-{_digest(GLOBALS)[:12]}.js")
    if file is not None and own_file(file):
        try:
            head, _, kept = file.read_bytes().decode("utf-8").partition("\n")
        except (OSError, ValueError):
            head, kept = "", ""
        if head == f"// {_digest(kept)}":
            return kept
    made = _bundled()
    if file is not None:
        write_cached(file, f"// {_digest(made)}\n{made}")
    return made


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _bundled() -> str:
    bundle: str = vl_convert.javascript_bundle(GLOBALS)
    # The bundle is written as a module: hundreds of short top-level names, which in a classic
    # script would be everybody's.
    return f"(function () {{\n{bundle}\n}})();\n"
