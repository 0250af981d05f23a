"""Where progress is shown: terminals that lines can be replaced in, and all others."""

from __future__ import annotations

import os
import time
from typing import TextIO

from tunebook.domain.formats.printable import cells, cut, printable

PLAIN_EVERY_S = 30.0
"""Seconds between lines where none can be replaced."""
USUAL_COLUMNS = 80


def in_place(stream: TextIO) -> bool:
    """True for a terminal that moves its cursor, so that a line can be replaced."""
    try:
        return stream.isatty() and os.environ.get("TERM") not in ("dumb", "unknown")
    except ValueError:  # it is closed
        return False


def columns(stream: TextIO) -> int:
    """The width of a terminal now."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or USUAL_COLUMNS
    except (OSError, ValueError):
        return USUAL_COLUMNS


def encodable(text: str, stream: TextIO) -> str:
    """The text in letters that a stream can write, `?` for each other one."""
    encoding = getattr(stream, "encoding", None) or "ascii"
    return text.encode(encoding, "replace").decode(encoding)


class ReplacedLine:
    """One line of a terminal, replaced in place; all that others print goes above it.

    No codes but a carriage return and spaces are written, which every terminal knows.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._taken = 0

    def __call__(self, text: str) -> None:
        """Show a text, cut to the width of the terminal."""
        shown = cut(encodable(printable(text), self._stream), columns(self._stream) - 1)
        over = " " * max(0, self._taken - cells(shown))
        self._taken = cells(shown)
        self._write(f"\r{shown}{over}")

    def clear(self) -> None:
        """Leave the line empty, the cursor at its beginning."""
        if self._taken:
            self._write(f"\r{' ' * self._taken}\r")
            self._taken = 0

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()


class RareLines:
    """Plain lines below each other: the first at once, then one every 30 s at most."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._next_at = 0.0
        self._last = ""

    @property
    def due(self) -> bool:
        """True where another line may be written."""
        return time.monotonic() >= self._next_at

    def __call__(self, text: str, *, always: bool = False) -> None:
        """Write a line, unless the one before is the same, or too new."""
        if text == self._last or not (always or self.due):
            return
        self._last = text
        self._next_at = time.monotonic() + PLAIN_EVERY_S
        self._stream.write(printable(text) + "\n")
        self._stream.flush()


class Above:
    """A stream of a terminal whose text first clears the line that is replaced in place."""

    def __init__(self, stream: TextIO, line: ReplacedLine) -> None:
        self._stream = stream
        self._line = line

    def write(self, text: str) -> int:
        """Write below what was printed before."""
        self._line.clear()
        return self._stream.write(text)

    def __getattr__(self, name: str) -> object:
        return getattr(self._stream, name)
