"""Styled text in groups, which rich draws on a terminal and plain output without it (C12)."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING
from unicodedata import east_asian_width

if TYPE_CHECKING:
    import rich.text
    from rich.console import ConsoleRenderable, RichCast
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


def plain_lines(part: object, width: int) -> Iterator[str] | None:
    """Lines of plain text, or None where a part needs rich: a table, or letters of two columns."""
    return iter(_lines(part, width)) if _is_plain(part) else None


def _is_plain(part: object) -> bool:
    if isinstance(part, Group | Indented):
        return all(map(_is_plain, part.parts))
    text = part.plain if isinstance(part, Text) else part
    return isinstance(text, str) and (
        text.isascii() or not any(east_asian_width(c) in "WF" for c in text)
    )


def _lines(part: object, width: int) -> list[str]:
    if isinstance(part, Group):
        return [line for own in part.parts for line in _lines(own, width)]
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
