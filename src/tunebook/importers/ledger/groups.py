"""Which files are ledgers, and the tables in them (C11)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tunebook.importers.ledger.layout import Layout, Row, find_layout, rows_of, split_header

_LOOKED_AT = 1 << 16
_SUFFIXES = (".tsv", ".csv", ".txt", "")


def is_ledger(place: Path | str) -> bool:
    """Whether a file is a ledger: a column of verdicts beside texts, by its first lines."""
    if not isinstance(place, Path) or place.suffix.lower() not in _SUFFIXES:
        return False
    try:
        with place.open("rb") as opened:
            content = opened.read(_LOOKED_AT)
        text = content.decode("utf-8-sig", "ignore")
    except OSError:
        return False
    if b"\0" in content or ("\t" not in text and "," not in text):
        return False
    if len(content) == _LOOKED_AT:
        text = text.rpartition("\n")[0]
    return bool(groups_of(text))


def groups_of(text: str) -> list[tuple[Layout, Sequence[Row]]]:
    """The tables of a file, which may hold several of different width; the longest first."""
    rows, _ = rows_of(text)
    header, rows_below = split_header(rows)
    found = []
    for width in dict.fromkeys(len(row.cells) for row in rows_below):
        own = [row for row in rows_below if len(row.cells) == width]
        fitting = header if header is not None and len(header) == width else None
        layout = find_layout(own, fitting)
        if layout is not None:
            found.append((layout, own))
    return sorted(found, key=lambda pair: -len(pair[1]))
