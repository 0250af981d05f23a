"""Which book a round file means: --book, else what its [book] table names, else the only one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from tunebook.domain.formats.codec import RoundFile

UNNAMED = "book"
"""The name of a [book] table that has none."""


def named_book(asked: RoundFile, book_path: str | None) -> str | None:
    """The book's path, which may have to be made; None where the folder does not settle it.

    A name means the book in NAME.db, else the book here that has that name, else a new one.
    """
    here = sorted(Path().glob("*.db"))
    if book_path:
        return book_path
    name = asked.setting.name if asked.setting else UNNAMED
    if name == UNNAMED or Path(name).name != name:
        return str(here[0]) if len(here) == 1 else None
    own = f"{name}.db"
    if Path(own) in here:
        return own
    of_name = [path for path in here if _name_of(path) == name]
    if of_name:
        return str(of_name[0]) if len(of_name) == 1 else None
    if here:
        click.echo(
            f'The book of this round is {own}: its file names "{name}", and {here[0]} is another '
            f"book. To use that one: --book {here[0]}",
            err=True,
        )
    return own


def _name_of(path: Path) -> str | None:
    """The name of the book in a file; None where the file is no book that can be read."""
    from tunebook.book.notebook import Book
    from tunebook.domain.errors import TunebookError

    try:
        with Book(path) as book:
            return book.setting.name
    except TunebookError:
        return None
