"""A book as one archive file that is open, whole and checked; and a book from it (D6)."""

from __future__ import annotations

import os
from pathlib import Path

from tunebook.book.files.writing import unwritable
from tunebook.domain.errors import StoreError
from tunebook.store import Store
from tunebook.store.archive import read_archive, write_archive
from tunebook.store.sql import SqlStore


def archive(store: Store, path: Path) -> dict[str, int]:
    """Write a book's archive; returns rows by table.

    Raises:
        StoreError: it can't be written, or the book can't be read.
    """
    if not isinstance(store, SqlStore):
        raise StoreError("an archive is written of a book in a database", next_step="open one")
    try:
        return write_archive(store, path)
    except OSError as error:
        raise unwritable(path, error) from error


def restore(path: Path, book: str | os.PathLike[str]) -> dict[str, int]:
    """Make a new book from an archive; returns rows by table.

    Raises:
        StoreError: there is a book already, or the server is away; the archive is damaged, or of
            another schema.
    """
    try:
        return read_archive(path, book)
    except OSError as error:
        raise unwritable(Path(book), error) from error
