"""Styled text in groups, which rich draws on a terminal and plain output without it (C12)."""

from __future__ import annotations

import itertools
import textwrap
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING
from unicodedata import combining, east_asian_width

if TYPE_CHECKING:
    import rich.text
    from rich.console import Console, ConsoleOptions, ConsoleRenderable, RenderResult, RichCast
    from rich.padding import Padding

    Renderable = ConsoleRenderable | RichCast | str


class Text:
    """Text with a style for each stretch of it.

    Args:
        text: all of it.
        style: as rich names it, "bold red"; empty for none.
    """

    __slots__ = ("spans",)

    def __init__(self, text: str = "", style: str = "") -> None:
        self.spans: tuple[tuple[str, str], ...] = ((text, style),)

    @classmethod
    def assemble(cls, *parts: str | tuple[str, str] | Text) -> Text:
        """Put stretches one behind the other."""
        made = cls()
        made.spans = tuple(
            span
            for part in parts
            for span in (
                part.spans
                if isinstance(part, Text)
                else [(part, "") if isinstance(part, str) else part]
            )
        )
        return made

    @property
    def plain(self) -> str:
        """The text alone."""
        return "".join(text for text, _ in self.spans)

    def __rich__(self) -> rich.text.Text:
        from rich.text import Text as Rich

        if len(self.spans) == 1:
            return Rich(*self.spans[0])
        return Rich.assemble(*self.spans)


class Group:
    """Parts below each other."""

    __slots__ = ("parts",)

    def __init__(self, *parts: Renderable) -> None:
        self.parts = parts

    def __rich__(self) -> ConsoleRenderable:
        from rich.console import Group as Rich

        return Rich(*self.parts)


class Indented:
    """Parts below each other, set in.

    Args:
        parts: what is set in.
        by: columns.
        below: empty lines after them.
    """

    __slots__ = ("below", "by", "parts")

    def __init__(self, *parts: Renderable, by: int = 2, below: int = 0) -> None:
        self.parts, self.by, self.below = parts, by, below

    def __rich__(self) -> Padding:
        from rich.padding import Padding

        return Padding(Group(*self.parts), (0, 0, self.below, self.by), expand=False)


class Columns:
    """A table: a head and texts in columns, two spaces apart.

    Args:
        heads: of the columns.
        texts: of each column.
        right: of each column, True where its texts stand at the right.
        broken: heads of several lines, for a terminal in which the table does not fit.
    """

    __slots__ = ("broken", "heads", "right", "texts", "widths")

    def __init__(
        self,
        heads: Sequence[str],
        texts: Sequence[Sequence[str]],
        right: Sequence[bool],
        broken: Sequence[str],
    ) -> None:
        self.heads, self.texts, self.right, self.broken = heads, texts, right, broken
        self.widths = [max(map(len, (head, *own))) for head, own in zip(heads, texts, strict=True)]

    @property
    def width(self) -> int:
        """Columns of a terminal in which no text breaks."""
        return sum(self.widths) + 2 * (len(self.widths) - 1)

    def lines(self) -> list[str]:
        """Its lines as plain text."""
        aligned = [
            [text.rjust(width) if right else text.ljust(width) for text in (head, *own)]
            for head, own, width, right in zip(
                self.heads, self.texts, self.widths, self.right, strict=True
            )
        ]
        return ["  ".join(row).rstrip() for row in zip(*aligned, strict=True)]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        from rich.table import Table
        from rich.text import Text as Rich

        heads = self.heads if self.width <= options.max_width else self.broken
        grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
        for head, right in zip(heads, self.right, strict=True):
            grid.add_column(Rich(head), justify="right" if right else "left", overflow="fold")
        for row in zip(*self.texts, strict=True):
            grid.add_row(*map(Rich, row))
        yield grid


def plain_lines(part: object, width: int) -> Iterator[str] | None:
    """Lines of plain text, or None where a part needs rich: a table, or letters of two columns."""
    return iter(_lines(part, width)) if _is_plain(part, width) else None


def _is_plain(part: object, width: int) -> bool:
    if isinstance(part, Group):
        return all(_is_plain(own, width) for own in part.parts)
    if isinstance(part, Indented):
        return all(_is_plain(own, width - part.by) for own in part.parts)
    if isinstance(part, Columns):
        texts = itertools.chain(part.heads, *part.texts)
        return part.width <= width and all(map(_is_narrow, texts))
    text = part.plain if isinstance(part, Text) else part
    return isinstance(text, str) and _is_narrow(text)


def _is_narrow(text: str) -> bool:
    """Each letter takes one column, as rich counts them too."""
    return text.isascii() or not any(east_asian_width(c) in "WF" or combining(c) for c in text)


def _lines(part: object, width: int) -> list[str]:
    if isinstance(part, Group):
        return [line for own in part.parts for line in _lines(own, width)]
    if isinstance(part, Columns):
        return part.lines()
    if isinstance(part, Indented):
        room = max(width - part.by, 1)
        own = [f"{' ' * part.by}{line}" for p in part.parts for line in _lines(p, room)]
        return [line.rstrip() for line in own] + [""] * part.below
    text = part.plain if isinstance(part, Text) else str(part)
    return [
        line
        for paragraph in text.split("\n")
        for line in textwrap.wrap(
            paragraph, width, break_on_hyphens=False, replace_whitespace=False, expand_tabs=False
        )
        or [""]
    ]
