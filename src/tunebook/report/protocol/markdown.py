"""A tuning protocol as Markdown: every text escaped, tables and code whole (D8)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tunebook.report.protocol.content import Part

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$&!])")


def markdown(parts: Sequence[Part]) -> str:
    """The protocol as a Markdown document."""
    return "\n".join(line for part in parts for line in _part(part)).strip() + "\n"


def escaped(text: str) -> str:
    """The text on one line, with nothing left that Markdown or HTML would read."""
    spaced = " ".join(text.split())
    plain = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in spaced)
    marked = _SPECIAL.sub(r"\\\1", plain)
    # What begins a list or underlines a heading, at the start of a line.
    listed = re.sub(r"^(\d*)([-+.)])(?=\s|$)", r"\1\\\2", marked)
    return re.sub(r"^(?==+$)", r"\\", listed)


def _part(part: Part) -> Iterator[str]:
    yield from (f"{'#' * part.level} {escaped(part.title)}", "")
    if part.pairs:
        yield from (f"- **{escaped(what)}**: {escaped(text)}" for what, text in part.pairs)
        yield ""
    for text in part.texts:
        yield from (escaped(text), "")
    if part.head and part.rows:
        yield _row(part.head)
        yield _row(["---"] * len(part.head), raw=True)
        yield from (_row(row) for row in part.rows)
        yield ""
    if part.code:
        yield from (*_fenced(part.code), "")


def _row(cells: Sequence[str], *, raw: bool = False) -> str:
    return "| " + " | ".join(c if raw else escaped(c) for c in cells) + " |"


def _fenced(lines: Sequence[str]) -> Iterator[str]:
    """Code in a fence that is longer than any run of backticks in it."""
    runs = [len(run) for line in lines for run in re.findall(r"`+", line)]
    fence = "`" * max(3, max(runs, default=0) + 1)
    yield from (fence, *lines, fence)
