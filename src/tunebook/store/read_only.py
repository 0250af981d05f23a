"""A book that this process may read and not write: a colleague's, or one on a read-only disk.

SQLite in WAL mode makes files beside a database even to read it. Here nothing is made, so that no
file of another owner's book ever belongs to the reader.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
import time
import weakref
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from tunebook.domain.errors import BookBusyError
from tunebook.store.database.connection import BUSY_TIMEOUT_S, begin_by_purpose

TRIES, PAUSE_S = 20, 0.1
"""For a book that is written while it is copied."""

Stamp = tuple[tuple[int, int] | None, ...]


def may_write(file: Path) -> bool:
    """Tell whether this process may write a book's file and make files beside it."""
    return os.access(file.parent, os.W_OK) and (not file.exists() or os.access(file, os.W_OK))


class ReadOnlyFile:
    """A book's file, opened anew for each transaction and never written.

    With a write-ahead log and its shared memory SQLite reads both, also those that a killed host
    left. Without a log the file is complete. A log without shared memory is copied with its file.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._wal, self._shm = (file.with_name(file.name + end) for end in ("-wal", "-shm"))
        self._alone: Stamp | None = None
        self._copy: tuple[Stamp, Path] | None = None
        self.engine = sa.create_engine("sqlite://", creator=self._open, poolclass=NullPool)
        begin_by_purpose(self.engine)

    def _open(self) -> sqlite3.Connection:
        self._alone = None
        if not self._wal.exists() or not self._wal.stat().st_size:
            self._alone = _stamp(self._file)
            return _connected(self._file, "mode=ro&immutable=1")
        if self._shm.exists():
            return _connected(self._file, "mode=ro")
        return _connected(self.copied(), "mode=rw")

    def copied(self) -> Path:
        """A private copy of the file with its log; it lasts as long as this object.

        Raises:
            BookBusyError: the book is written all the while.
        """
        if self._copy is None or self._copy[0] != _stamp(self._file, self._wal):
            folder = tempfile.mkdtemp(prefix="tunebook-read-")
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
            target = Path(folder) / self._file.name
            self._copy = (_copy(self._file, self._wal, target), target)
        return self._copy[1]

    def check_unchanged(self) -> None:
        """Refuse what was read without a lock from a file that was written meanwhile.

        Raises:
            BookBusyError: it was.
        """
        if self._alone is not None and self._alone != _stamp(self._file):
            raise _busy(self._file)


def _connected(file: Path, how: str) -> sqlite3.Connection:
    return sqlite3.connect(
        f"{file.resolve().as_uri()}?{how}",
        uri=True,
        timeout=BUSY_TIMEOUT_S,
        isolation_level=None,
        check_same_thread=False,
    )


def _copy(file: Path, wal: Path, target: Path) -> Stamp:
    for _ in range(TRIES):
        stamp = _stamp(file, wal)
        target.with_name(f"{target.name}-wal").unlink(missing_ok=True)
        shutil.copyfile(file, target)
        if wal.exists():
            shutil.copyfile(wal, target.with_name(f"{target.name}-wal"))
        if stamp == _stamp(file, wal):
            return stamp
        time.sleep(PAUSE_S)
    raise _busy(file)


def _stamp(*files: Path) -> Stamp:
    """What changes whenever a file is written."""
    found = [f.stat() if f.exists() else None for f in files]
    return tuple(None if s is None else (s.st_mtime_ns, s.st_size) for s in found)


def _busy(file: Path) -> BookBusyError:
    return BookBusyError(
        f"the book {file} changed while it was read", next_step="run the same command again"
    )
