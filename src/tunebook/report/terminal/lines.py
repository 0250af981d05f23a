"""Lines, tables and how they are printed: what every text for a terminal is made of (C12)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import StringIO
from itertools import zip_longest

from rich.console import Console, Group, JustifyMethod, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

PLAIN_WIDTH = 88


def printable(text: str) -> str:
    """The text without control characters, which could drive the reader's terminal."""
    spaced = " ".join(text.split())
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in spaced)


def line(text: str, style: str = "") -> Text:
    """One line of text."""
    return Text(printable(text), style=style)


def indented(*parts: RenderableType, by: int = 2, below: int = 0) -> Padding:
    """Parts below each other, set in by two columns."""
    return Padding(Group(*parts), (0, 0, below, by), expand=False)


def inside(text: str, style: str = "", *, by: int = 2) -> Padding:
    """A line that is set in."""
    return indented(line(text, style), by=by)


def grid(head: Sequence[str], rows: Iterable[Sequence[str]], *, how: str = "") -> Table:
    """A table without lines.

    Args:
        head: of the columns; empty for a table without a head, whose first column is bold.
        rows: of texts.
        how: a letter for each column: "r" stands at the right, "n" does not wrap.
    """
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


def plain(renderable: RenderableType, *, width: int = PLAIN_WIDTH) -> str:
    """Text without colours, for `repr` and for files."""
    # In Jupyter, rich would show the text in the notebook, and leave the file empty.
    file = StringIO()
    console = Console(
        file=file, width=width, color_system=None, force_terminal=False, force_jupyter=False
    )
    console.print(renderable)
    return "\n".join(written.rstrip() for written in file.getvalue().splitlines())


def show(renderable: RenderableType) -> None:
    """Print: with colours on a terminal, plain in a pipe."""
    console = Console(highlight=False, force_jupyter=False)
    if console.is_terminal:
        console.print(renderable)
    else:
        print(plain(renderable, width=console.width))
