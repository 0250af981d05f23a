"""What a command is about to do and does: said before anything heavy is loaded (C12 D6).

On a terminal one line is replaced in place, and is gone when the command prints or ends. Elsewhere
plain lines say it, the first at once and then one every 30 s at most. All on standard error.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO, cast

import click

from tunebook.cli.which_book import find_book
from tunebook.domain.doing import watched
from tunebook.domain.doing.lines import Above, RareLines, ReplacedLine, in_place
from tunebook.domain.formats.book_location import shown as location


def begin(what: str, *, quiet: bool = False) -> None:
    """Say what the command of now is about to do, and what it does until it ends.

    Args:
        what: in one line, such as `Reading round 2 of digits.db`.
        quiet: say nothing, as with --json.
    """
    if not quiet:
        click.get_current_context().with_resource(_shown(what))


def of_round(number: int | None, book_path: str | None) -> str:
    """The round of a book that a command means: `round 2 of digits.db`.

    Raises:
        BookNotFoundError: there is no such book, or more than one.
    """
    which = "the newest round" if number is None else f"round {number}"
    return f"{which} of {of_book(book_path)}"


def of_book(book_path: str | None) -> str:
    """The name of the book that a command means, without a password of its URL.

    Raises:
        BookNotFoundError: there is none, or more than one.
    """
    found = find_book(book_path)
    return location(found) if isinstance(found, str) else found.name


@contextmanager
def _shown(what: str) -> Iterator[None]:
    if not in_place(sys.stderr):
        lines = RareLines(sys.stderr)
        lines(what)
        with watched(lines):
            yield
        return
    line, before = ReplacedLine(sys.stderr), (sys.stdout, sys.stderr)
    line(what)
    above = [cast("TextIO", Above(s, line)) if s.isatty() else s for s in before]
    sys.stdout, sys.stderr = above
    try:
        with watched(line):
            yield
    finally:
        sys.stdout, sys.stderr = before
        line.clear()
