"""A book's database as transactions: one that reads, one that writes."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import sqlalchemy as sa

from tunebook.store.database.errors import Translation, in_our_words, read_whole, unwritable_book
from tunebook.store.read_only import ReadOnlyFile


class Transactions:
    """A database, read and written.

    A file has one connection, which this process's threads use in turn; a server has a pool.

    Args:
        engine: of the database, whose schema is current.
        location: the file's path, or a URL without its password.
        files: folder for logs and checkpoints.
        translated: a server's errors in our words.
        read_from: a file that may only be read, from which this store reads.
    """

    def __init__(
        self,
        engine: sa.Engine,
        location: str,
        files: Path,
        translated: Translation | None = None,
        read_from: ReadOnlyFile | None = None,
    ) -> None:
        self._engine = engine
        # A book that nobody closed gives up its file with the last reference to it.
        weakref.finalize(self, engine.dispose)
        self._turn: AbstractContextManager[object] = (
            threading.RLock() if engine.dialect.name == "sqlite" else nullcontext()
        )
        self._translated = translated
        self._read_from = read_from
        self._own = threading.local()
        self.location = location
        self.files = files

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        """A transaction that sees the book at one moment, however long it reads."""
        with read_whole(self.location), self._connected() as connection:
            if self._held() is not None:
                yield connection
            elif self._engine.dialect.name == "sqlite":
                yield connection.execution_options(reads_only=True)
            else:
                yield connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        """A transaction that is committed at the end: on disk, or BookAwayError says unknown.

        Raises:
            StoreError: the file may only be read.
        """
        if self._read_from is not None:
            raise unwritable_book(self.location)
        with self._connected() as connection:
            if self._held() is not None:
                yield connection
                return
            own = connection.execution_options(reads_only=False)
            with own.begin():
                yield own

    @contextmanager
    def _connected(self) -> Iterator[sa.Connection]:
        """The connection that this thread holds, or one for as long as the block lasts."""
        with self._turn, in_our_words(self.location, self._translated):
            if (held := self._held()) is not None:
                yield held
                return
            with self._engine.connect() as connection:
                yield connection
            if self._read_from is not None:
                self._read_from.check_unchanged()

    @contextmanager
    def together(self) -> Iterator[None]:
        """Make all that this thread does in the block one transaction: one wait for the disk.

        An error that leaves the block undoes all of it. A block within another is a part of it.
        """
        if self._held() is not None:
            yield
            return
        with self._writing() as connection:
            self._own.connection = connection
            try:
                yield
            finally:
                self._own.connection = None

    def _held(self) -> sa.Connection | None:
        held: sa.Connection | None = getattr(self._own, "connection", None)
        return held

    def may_keep(self) -> bool:
        """Tell whether results may be kept beside the book; on a server only beside its files."""
        on_server = self._engine.dialect.name != "sqlite"
        return self._read_from is None and (not on_server or self.files.is_dir())

    def close(self) -> None:
        """Give up the file or the connections; safe to call twice."""
        with self._turn:
            self._engine.dispose()
