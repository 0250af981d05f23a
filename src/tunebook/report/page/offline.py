"""What makes one HTML file safe and offline: embedded JSON, hashes, the security policy (C12)."""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from tunebook.domain.formats.numbers import round_to

ASSETS = Path(__file__).parents[1] / "assets"

# Characters that could end a script element, or a line of JavaScript, inside JSON.
ESCAPES = {
    "<": "\\u003c",
    ">": "\\u003e",
    "&": "\\u0026",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
}


def asset(name: str) -> str:
    """Text of a file of the page."""
    return (ASSETS / name).read_text("utf-8")


def embedded_json(content: Any) -> str:
    """JSON that can stand in a script element, whatever texts it holds.

    Numbers keep six significant digits: more than a picture can show.

    Example:
        >>> embedded_json({"goal": "</script>", "value": 0.123456789})
        '{"goal":"\\\\u003c/script\\\\u003e","value":0.123457}'
    """
    text = json.dumps(_plain(content), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for character, escape in ESCAPES.items():
        text = text.replace(character, escape)
    return text


def columns(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Rows as columns: each name once instead of once a row, a third of the size.

    A row without a key keeps it absent (`holes` lists such places), since Vega tells absent
    from null.
    """
    names = list(dict.fromkeys(name for row in rows for name in row))
    holes = {n: [i for i, row in enumerate(rows) if n not in row] for n in names}
    return {
        "n": len(rows),
        "columns": {n: [row.get(n) for row in rows] for n in names},
        "holes": {n: places for n, places in holes.items() if places},
    }


def policy(scripts: Iterable[str], styles: Iterable[str]) -> str:
    """The content security policy of a page: its own scripts and styles, and nothing else."""
    return "; ".join(
        [
            "default-src 'none'",
            "script-src " + " ".join(map(source_hash, scripts)),
            "style-src " + " ".join(map(source_hash, styles)),
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def source_hash(text: str) -> str:
    """`'sha256-...'` of an inline script or style, as a policy names it."""
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


def _plain(content: Any) -> Any:
    if isinstance(content, Mapping):
        return {str(k): _plain(v) for k, v in content.items()}
    if isinstance(content, list | tuple):
        return [_plain(v) for v in content]
    if isinstance(content, float):
        return round_to(content, 6) if math.isfinite(content) else None
    return content
