"""Where trackio keeps its runs; looks at names and first bytes, and loads nothing heavy (C11)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from tunebook.importers.sqlite_files import tables_of

NEEDED = frozenset({"metrics", "system_metrics"})
"""Tables that every version writes, and no other tool has both of."""
OTHERS = frozenset({"params", "experiments"})
INBOX = "inbox"
_FIRST = 200
KINDS = ("metric", "system_metric", "alert")


def is_trackio(place: Path | str) -> bool:
    """True for a project's database, a fragment, and the folder that holds them."""
    if isinstance(place, str):
        return False
    if place.is_dir():
        return next(fragments_in(place), None) is not None or any(
            is_database(file) for file in sorted(place.glob("*.db"))
        )
    return is_fragment(place) or is_database(place)


def is_database(file: Path) -> bool:
    """True for a project's database."""
    found = tables_of(file) if file.is_file() else set()
    return found >= NEEDED and not found & OTHERS


def is_fragment(file: Path) -> bool:
    """True for lines of JSON that wait to be put into the database."""
    if file.suffix != ".jsonl":
        return False
    try:
        with file.open("rb") as opened:
            first = opened.read(_FIRST)
    except OSError:
        return False
    return any(b'"kind":%b' % json.dumps(kind).encode() in first for kind in KINDS)


def fragments_in(folder: Path) -> Iterator[Path]:
    """The fragments of a folder of trackio, or of its inbox, in the order of their writers."""
    for top in (folder / INBOX, folder):
        found = [f for f in sorted(top.glob("*/*.jsonl")) if is_fragment(f)]
        own = found or [f for f in sorted(top.glob("*.jsonl")) if is_fragment(f)]
        if own:
            yield from own
            return
