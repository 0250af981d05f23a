"""Which book a command means: --book, else TUNEBOOK_BOOK, else the only one in the folder.

A book is a file, or a database of a PostgreSQL server that a URL names.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tunebook.domain.errors import BookNotFoundError, StoreError
from tunebook.domain.formats.book_location import is_server

if TYPE_CHECKING:
    from tunebook.book.notebook import Book
    from tunebook.book.rounds import Round

book_option = click.option(
    "--book",
    "book_path",
    metavar="PATH|URL",
    envvar="TUNEBOOK_BOOK",
    help="The book's file, or postgresql://USER@HOST/DATABASE; else TUNEBOOK_BOOK, else the only "
    "*.db here.",
)
round_option = click.option(
    "--round", "number", type=int, help="Its number; the newest if left out."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, with a schema.")


def find_book(book_path: str | None) -> str | Path:
    """The file of the book that is meant, which exists, or its URL.

    Raises:
        BookNotFoundError: there is none, or more than one.
    """
    if book_path and is_server(book_path):
        return book_path
    if book_path:
        path = Path(book_path)
        if not path.exists():
            raise BookNotFoundError(
                f"there is no book at {path}",
                next_step="correct --book, or begin one: tunebook init",
            )
        return path
    here = sorted(Path().glob("*.db"))
    if len(here) == 1:
        return here[0]
    if not here:
        raise BookNotFoundError(
            f"there is no book (*.db) in {os.getcwd()}",
            next_step="name one with --book PATH, or begin one: tunebook init",
        )
    raise BookNotFoundError(
        f"there are {len(here)} books here: {', '.join(map(str, here))}",
        next_step="name one with --book PATH",
    )


def open_book(book_path: str | None, *, chance: float | None = None) -> Book:
    """Open the book that is meant; `chance` is kept by a book that does not know it yet."""
    from tunebook.book.notebook import Book

    return Book(find_book(book_path), chance=chance)


def choose_round(book: Book, number: int | None) -> Round:
    """The round of that number, or the newest one."""
    rounds = book.rounds
    if not rounds:
        raise StoreError(
            "this book has no round yet",
            next_step="plan one: tunebook run round-1.toml",
        )
    if number is None:
        return rounds[-1]
    if not 1 <= number <= len(rounds):
        raise click.BadParameter(f"rounds are numbered 1 to {len(rounds)}; got {number}")
    return rounds[number - 1]
