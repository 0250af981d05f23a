"""A book's file: where it can be, and the folder of logs and checkpoints beside it (D6)."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tunebook.domain.errors import BookNotFoundError, StoreError


def check_file(file: Path, *, create: bool) -> None:
    """Refuse a path where no book can be.

    Raises:
        BookNotFoundError: there is none, and none is to be made.
        StoreError: it is a folder, or in one that does not exist.
    """
    if not create and not file.exists():
        raise BookNotFoundError(f"there is no book at {file}", next_step="correct the path")
    if file.is_dir():
        raise StoreError(
            f"a book is a file; {file} is a folder",
            next_step=f"name a file in it: {file / 'book.db'}",
        )
    if not file.parent.is_dir():
        raise StoreError(
            f"the folder of the book {file} does not exist",
            next_step=_where_instead(file),
        )


def _where_instead(file: Path) -> str:
    """What to do about a folder that is missing; a shell's `~` is no folder."""
    if file.parts[0].startswith("~"):
        return f"write the path out, or use os.path.expanduser: {os.path.expanduser(file)}"
    return f"make it: mkdir -p {shlex.quote(str(file.parent))}"


def files_folder(book: Path) -> Path:
    """Folder for logs and checkpoints of the book at this path, whether or not it exists yet.

    `exp.db` has `exp.files`, and every other name keeps its suffix: `exp.sqlite` has
    `exp.sqlite.files`. Books from before this rule keep the folder that they have.
    """
    own = _own(book)
    before = book.with_suffix(".files")
    return before if book.exists() and not own.exists() and before.is_dir() else own


def claim_folder(book: Path) -> None:
    """Make the folder of a new book where its name could be taken for another book's."""
    own = _own(book)
    if own != book.with_suffix(".files") and book.parent.is_dir():
        with suppress(OSError):  # the database reports a folder that can't be written
            own.mkdir(exist_ok=True)


@contextmanager
def new_book(book: Path, what: str) -> Iterator[Path]:
    """A file to fill, which becomes the book at the end of the block, whole or not at all.

    Args:
        book: where no file is yet.
        what: is being done, as a part of the hidden file's name.
    """
    fresh = book.with_name(f".{book.name}.{os.getpid()}.{what}")
    try:
        yield fresh
        claim_folder(book)
        os.replace(fresh, book)
    finally:
        for end in ("", "-wal", "-shm"):
            fresh.with_name(f"{fresh.name}{end}").unlink(missing_ok=True)


def _own(book: Path) -> Path:
    if book.suffix == ".db":
        return book.with_suffix(".files")
    return book.with_name(f"{book.name}.files" if book.suffix else f"{book.name}_files")
