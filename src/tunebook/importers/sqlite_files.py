"""SQLite files of other tools, opened so that nothing beside them changes either.

A database with a write-ahead log is more than its file: even a reader that asks for `mode=ro`
leaves a log and an index beside it. Without a log such a file is read as it is; with one, both
are copied first.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

_HEADER_BYTES, _MODE_AT, _WITH_LOG = 20, 18, 2
_LARGEST_COPY = 2 << 30
_TRIES = 3


class _OnCopy(sqlite3.Connection):
    """A connection whose database is removed when it is closed."""

    folder: tempfile.TemporaryDirectory[str] | None = None

    def close(self) -> None:
        """Close the connection, and remove the copy."""
        super().close()
        if self.folder is not None:
            self.folder.cleanup()


def connect_to_read(file: Path, *, wait_s: float = 5.0) -> sqlite3.Connection:
    """A connection that changes neither the file nor what is beside it.

    Args:
        file: of the database.
        wait_s: for a writer that holds a lock.

    Raises:
        sqlite3.Error: it can't be opened.
    """
    log = file.with_name(f"{file.name}-wal")
    if not _has_log_mode(file):
        return sqlite3.connect(_uri(file, "mode=ro"), uri=True, timeout=wait_s)
    if not _size(log):
        return sqlite3.connect(_uri(file, "mode=ro&immutable=1"), uri=True, timeout=wait_s)
    folder = _copied(file, log)
    if folder is None:
        return sqlite3.connect(_uri(file, "mode=ro"), uri=True, timeout=wait_s)
    at = Path(folder.name, file.name)
    connection = sqlite3.connect(_uri(at, "mode=ro"), factory=_OnCopy, uri=True, timeout=wait_s)
    connection.folder = folder
    return connection


def tables_of(file: Path) -> set[str]:
    """Names of the tables of an SQLite file; none where it can't be read."""
    found = set[str]()
    if _has_log_mode(file):  # without its log, which spares a copy
        found = _names(lambda: sqlite3.connect(_uri(file, "mode=ro&immutable=1"), uri=True))
    return found or _names(lambda: connect_to_read(file))


def _names(connect: Callable[[], sqlite3.Connection]) -> set[str]:
    try:
        connection = connect()
        try:
            rows = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            return {str(name) for (name,) in rows}
        finally:
            connection.close()
    except (sqlite3.Error, OSError):
        return set()


def _uri(file: Path, how: str) -> str:
    return f"file:{quote(str(file.resolve()))}?{how}"


def _has_log_mode(file: Path) -> bool:
    try:
        with file.open("rb") as opened:
            header = opened.read(_HEADER_BYTES)
    except OSError:
        return False
    return len(header) == _HEADER_BYTES and header[_MODE_AT] == _WITH_LOG


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except OSError:
        return 0


def _copied(file: Path, log: Path) -> tempfile.TemporaryDirectory[str] | None:
    """A copy of the database with its log; None where it is large, or changes meanwhile."""
    if _size(file) > _LARGEST_COPY:
        return None
    folder = tempfile.TemporaryDirectory(prefix="tunebook-")
    for _ in range(_TRIES):
        try:
            before = file.stat()
            for one in (file, log):
                shutil.copyfile(one, Path(folder.name, one.name))
            after = file.stat()
        except OSError:  # no room; or the writer has closed it, and its log is gone
            break
        if (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size):
            return folder
    folder.cleanup()
    return None
