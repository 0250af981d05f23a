"""What a database says, in our own words: what is wrong, and the next step."""

from __future__ import annotations

import os
import shlex
import sqlite3
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import exc

from tunebook.domain.errors import BookBusyError, BookDamagedError, StoreError, TunebookError
from tunebook.domain.formats.book_location import is_server

UNPACKING = (struct.error, zlib.error)
DAMAGE = ("not a database", "malformed", "encrypted", "no such table", "no such column",
          "could not decode")  # fmt: skip
"""What SQLite says, in lower case, of a file that is no book or no longer a whole one."""

Translation = Callable[[Exception, str], StoreError]


@contextmanager
def in_our_words(location: str, translated: Translation | None = None) -> Iterator[None]:
    """Turn the database's errors into ours.

    Args:
        location: of the book, without a password.
        translated: for the errors of another database than SQLite.
    """
    try:
        yield
    except TunebookError:
        raise
    except (exc.SQLAlchemyError, sqlite3.Error, OSError) as error:
        # `from None`: a driver's own error may show what it was given, a password among it.
        raise (translated or of_sqlite)(error, location) from None


@contextmanager
def read_whole(location: str) -> Iterator[None]:
    """Say of content that can't be understood that the book is damaged.

    SQLite keeps no checksums: a flipped bit may leave the file in order and a text in it spoilt.
    """
    try:
        yield
    except StoreError:
        raise
    except (TunebookError, ValueError, TypeError, KeyError, IndexError, *UNPACKING) as error:
        said = (
            error.rule if isinstance(error, TunebookError) else f"{type(error).__name__}: {error}"
        )
        raise BookDamagedError(
            f"{location} is damaged: something in it can't be read ({said})",
            next_step="restore the book from a copy; "
            + ("the database" if is_server(location) else "the file")
            + " is as it was",
        ) from error


def unwritable_book(location: str, said: str = "") -> StoreError:
    """The error for a book that may be read and not written."""
    return StoreError(
        f"the book {location} can be read, and it can't be written"
        + (f" ({said})" if said else ""),
        next_step="ask its owner for the right to write it and its folder, or work on a copy: "
        f"tunebook copy {shlex.quote(location)} mine.db",
    )


def of_sqlite(error: Exception, location: str) -> StoreError:
    """What SQLite, or the file system, says."""
    text = str(getattr(error, "orig", None) or error)
    low = text.lower()
    if "locked" in low or "busy" in low:
        return BookBusyError(
            f"the book {location} is locked by another process ({text})",
            next_step="wait for it, or end it, and try again; nothing recorded is lost",
        )
    if "full" in low or "no space" in low or "too large" in low:
        return StoreError(
            f"the disk of the book {location} is full ({text})",
            next_step="make room and run again: what was acknowledged is kept",
        )
    if "readonly" in low or "read-only" in low or "permission" in low:
        return unwritable_book(location, text)
    file = Path(location)
    if "unable to open" in low and file.parent.is_dir() and not os.access(file.parent, os.W_OK):
        if not file.exists():
            return StoreError(
                f"the folder {file.parent} of a new book can't be written ({text})",
                next_step="begin the book in a folder of your own: --book ~/NAME.db",
            )
        return StoreError(
            f"the book {location} is in a folder that can't be written, and opening it makes "
            f"files beside it ({text})",
            next_step=f"copy it to a folder of your own: cp {shlex.quote(location)}* ~/",
        )
    if "unable to open" in low:
        return StoreError(
            f"the book {location} can't be opened ({text})",
            next_step="check that its folder exists and that you may write there",
        )
    if any(words in low for words in DAMAGE):
        return BookDamagedError(
            f"{location} is no book, or is damaged ({text})",
            next_step="correct the path, or restore the book from a copy",
        )
    return StoreError(f"the book {location}: {text}", next_step="see the message above")
