"""Texts of others as one line of a terminal: without control characters, and cut to its width."""

from __future__ import annotations

from unicodedata import combining, east_asian_width


def printable(text: str) -> str:
    """The text without control characters, which could drive the reader's terminal."""
    spaced = " ".join(text.split())
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in spaced)


def cells(text: str) -> int:
    """Columns of a terminal that a text takes.

    Example:
        >>> cells("lr"), cells("学習率")
        (2, 6)
    """
    if text.isascii():
        return len(text)
    return sum(0 if combining(c) else 1 + (east_asian_width(c) in "WF") for c in text)


def cut(text: str, most: int) -> str:
    """The text, or its beginning with three dots where it takes more than `most` columns.

    Example:
        >>> cut("Does momentum help?", 12)
        'Does mome...'
    """
    if cells(text) <= most:
        return text
    dots = "..."[: max(most, 0)]
    kept = text[: max(most, 0)]
    while kept and cells(kept) > most - len(dots):
        kept = kept[:-1]
    return kept + dots
