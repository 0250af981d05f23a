"""Lines, tables and how they are printed: what every text for a terminal is made of (C12)."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from io import StringIO
from itertools import zip_longest
from typing import TYPE_CHECKING

from tunebook.domain.formats.printable import printable as printable
from tunebook.report.terminal.parts import Indented, Text, plain_lines

if TYPE_CHECKING:
    from rich.console import JustifyMethod
    from rich.table import Table

    from tunebook.report.terminal.parts import Renderable

PLAIN_WIDTH = 88
PIPE_WIDTH = 80
"""Columns of a pipe, where neither a terminal nor COLUMNS says how many."""


def line(text: str, style: str = "") -> Text:
    """One line of text."""
    return Text(printable(text), style=style)


def indented(*parts: Renderable, by: int = 2, below: int = 0) -> Indented:
    """Parts below each other, set in by two columns."""
    return Indented(*parts, by=by, below=below)


def inside(text: str, style: str = "", *, by: int = 2) -> Indented:
    """A line that is set in."""
    return indented(line(text, style), by=by)


def grid(head: Sequence[str], rows: Iterable[Sequence[str]], *, how: str = "") -> Table:
    """A table without lines.

    Args:
        head: of the columns; empty for a table without a head, whose first column is bold.
        rows: of texts.
        how: a letter for each column: "r" stands at the right, "n" does not wrap.
    """
    from rich.table import Table

    table = Table(
        box=None,
        padding=(0, 2, 0, 0),
        show_edge=False,
        header_style="bold",
        show_header=bool(head),
    )
    for name, letter in zip_longest(head, how[: len(head)], fillvalue=""):
        at_right: JustifyMethod = "right" if letter == "r" else "left"
        table.add_column(line(name), justify=at_right, no_wrap=letter == "n")
    if not head:
        table.add_column(style="bold", no_wrap=True)
    for row in rows:
        table.add_row(*map(printable, row))
    return table


def plain(renderable: Renderable, *, width: int = PLAIN_WIDTH) -> str:
    """Text without colours, for `repr`, pipes and files."""
    lines = plain_lines(renderable, width)
    if lines is not None:
        return "\n".join(lines)
    from rich.console import Console

    # In Jupyter, rich would show the text in the notebook, and leave the file empty.
    file = StringIO()
    console = Console(
        file=file, width=width, color_system=None, force_terminal=False, force_jupyter=False
    )
    console.print(renderable)
    return "\n".join(written.rstrip() for written in file.getvalue().splitlines())


def show(renderable: Renderable) -> None:
    """Print: with colours on a terminal, plain in a pipe."""
    if not is_terminal():
        print(plain(renderable, width=pipe_width()))
        return
    from rich.console import Console

    Console(highlight=False, force_jupyter=False).print(renderable)


def is_terminal() -> bool:
    """Whether what is printed goes to a terminal, or is asked to be as if (FORCE_COLOR)."""
    asked = os.environ.get("FORCE_COLOR") or os.environ.get("TTY_COMPATIBLE") == "1"
    return sys.stdout.isatty() or bool(asked)


def pipe_width() -> int:
    """COLUMNS, else those of a terminal that this process has besides, else 80."""
    columns = os.environ.get("COLUMNS", "")
    if columns.isdigit() and int(columns):
        return int(columns)
    for descriptor in (0, 1, 2):
        try:
            return os.get_terminal_size(descriptor).columns or PIPE_WIDTH
        except (OSError, ValueError):
            continue
    return PIPE_WIDTH
