"""SqlStore: a book in SQLite or PostgreSQL, through SQLAlchemy Core (I2, D5)."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from tunebook.domain.formats.book_location import is_server, shown
from tunebook.domain.trial import Measurement, Purpose, Status, TrialKey, TrialRecord
from tunebook.store.append_only import OnlyAdded
from tunebook.store.book_file import check_file, claim_folder, files_folder
from tunebook.store.claims import Claims
from tunebook.store.database import statements as sql
from tunebook.store.database.connection import connect, database_now, host_now, on_network
from tunebook.store.database.errors import in_our_words
from tunebook.store.database.server import ServerState, connect_server, server_files
from tunebook.store.fingerprint import fingerprint
from tunebook.store.imports import Imports
from tunebook.store.intake import Intake
from tunebook.store.plans import Plans
from tunebook.store.read_only import ReadOnlyFile, may_write
from tunebook.store.requests import Requests
from tunebook.store.revisions import is_current, make_current
from tunebook.store.rows import to_row, to_trial
from tunebook.store.schema import trial as trials

if TYPE_CHECKING:
    from tunebook.domain.curves import Curves
    from tunebook.domain.design import Objective
    from tunebook.store.curves.chunk_table import Point


class SqlStore(Plans, Imports, Claims, Intake, Requests, OnlyAdded):
    """A book in one SQLite file, or in a database (or one schema of it) on a server.

    Every method is one transaction: all of it happened, or none.

    Raises:
        BookBusyError, BookNewerError, BookDamagedError, StoreError: as named.
        BookAwayError: the server can't be reached. Whether the transaction took place is then
            not known; every method may be repeated, but for `add_spent_twice`.
    """

    @classmethod
    def open(
        cls,
        place: str | os.PathLike[str],
        *,
        create: bool = True,
        files: str | os.PathLike[str] | None = None,
    ) -> SqlStore:
        """Open a book, making it where there is none; an older schema is migrated.

        Args:
            place: the file's path, or `postgresql://USER@HOST/DATABASE`.
            create: make it where there is none.
            files: folder for logs and checkpoints; else NAME.files beside the file
                (`exp.sqlite.files` where the suffix is not `.db`), or for a server
                TUNEBOOK_FILES, or DATABASE.files in the current folder.

        A file that this process may not write, or whose folder it may not, is opened to be read.

        Raises:
            StoreError: it can't be read or written; BookNewerError, BookDamagedError,
                BookBusyError, BookAwayError as named.
        """
        folder = None if files is None else Path(files)
        if isinstance(place, str) and is_server(place):
            return cls._on_server(place, create, folder)
        file = Path(place)
        with in_our_words(str(file)):
            check_file(file, create=create)
            if file.exists() and not may_write(file):
                return cls._to_read(file, folder)
            if folder is None and not file.exists():
                claim_folder(file)
            folder = folder or files_folder(file)
            engine = connect(str(file), network=on_network(file))
            try:
                make_current(engine, file)
            except BaseException:
                engine.dispose()
                raise
        return cls(engine, str(file), folder)

    @classmethod
    def _to_read(cls, file: Path, folder: Path | None) -> SqlStore:
        """A book that may be read only; one of an older schema is migrated in a private copy."""
        source = ReadOnlyFile(file)
        engine = source.engine
        if not is_current(engine, str(file)):
            engine = connect(str(source.copied()))
            make_current(engine, None, str(file), create=False)
        return cls(engine, str(file), folder or files_folder(file), read_from=source)

    @classmethod
    def _on_server(cls, url: str, create: bool, files: Path | None) -> SqlStore:
        location = shown(url)
        engine, translated = connect_server(url)
        with in_our_words(location, translated):
            try:
                folder = server_files(engine, location)
                make_current(engine, None, location, create=create)
            except BaseException:
                engine.dispose()
                raise
        return cls(engine, location, files or folder, translated)

    def server(self) -> ServerState:
        """What the server of this book says of itself."""
        with self._reading() as connection:
            version = connection.exec_driver_sql("SHOW server_version").scalar_one()
            began = host_now()
            there = database_now(connection)
            ahead_s = there - (began + host_now()) / 2
        return ServerState(version=str(version).partition(" ")[0], ahead_s=ahead_s)

    def add_trials(self, records: Sequence[TrialRecord]) -> None:
        """Add pending trials. Trials that are there already (same key) are left as they are."""
        rows = [to_row(t) for t in records]
        if not rows:
            return
        with self._writing() as connection:
            insert = sql.inserting(connection.dialect.name, trials).on_conflict_do_nothing()
            connection.execute(insert, rows)

    def trials(self, number: int) -> tuple[TrialRecord, ...]:
        """Trials of a round, by number."""
        query = sa.select(trials).where(trials.c.round == number).order_by(trials.c.number)
        with self._reading() as connection:
            return tuple(to_trial(row) for row in connection.execute(query))

    def fates(self, number: int) -> list[tuple[int, Purpose, Status]]:
        """Number, purpose and status of the trials of a round, by number."""
        query = sa.select(trials.c.number, trials.c.purpose, trials.c.status)
        query = query.where(trials.c.round == number).order_by(trials.c.number)
        with self._reading() as connection:
            return [(n, Purpose(p), Status(s)) for n, p, s in connection.execute(query)]

    def trial(self, key: TrialKey) -> TrialRecord | None:
        """One trial, without reading its round; None where the book has no such trial."""
        with self._reading() as connection:
            row = connection.execute(sql.ONE_TRIAL, sql.of(key)).first()
            return None if row is None else to_trial(row)

    def fingerprint(self, rounds: Collection[int], *, decided: bool = False) -> str:
        """A text that differs where anything of these rounds does, or the setting, or a seal.

        With `decided` also where another decision or launch was made.
        """
        with self._reading() as connection:
            return fingerprint(connection, rounds, decided=decided)

    def measurements(self, key: TrialKey) -> tuple[Measurement, ...]:
        """All that one trial reported, by step, then metric; attempts merged.

        Where two attempts reported the same (step, metric), the later attempt's stands. Once a
        trial is complete, what an earlier attempt reported at or after the step from which the
        last attempt started, and the last attempt did not, is left out.
        """
        from tunebook.store.curves.chunk_table import read_curves

        with self._reading() as connection:
            curves = read_curves(connection, key)
        found = [
            Measurement(step=s, metric=metric, value=v, time_s=t)
            for metric, points in curves.items()
            for s, v, t in zip(
                points.steps.tolist(), points.values.tolist(), points.times.tolist(), strict=True
            )
        ]
        return tuple(sorted(found, key=lambda m: (m.step, m.metric)))

    def all_points(self, key: TrialKey) -> frozenset[Point]:
        """All that any attempt at one trial reported, as it can be compared."""
        from tunebook.store.curves.chunk_table import all_points

        with self._reading() as connection:
            return all_points(connection, key)

    def plain_values(
        self, number: int, trials: Sequence[int], objective: Objective
    ) -> dict[int, float] | None:
        """The objective of the complete trials that are named, rising, where it is quickly read.

        Returns:
            the value of each that reported it, NaN where its curve has none; None where a curve
            is of several parts, or damaged: then `curves_of` reads them all, or says what is.
        """
        from tunebook.store.curves.plain_values import read_plain_values

        with self._reading() as connection:
            return read_plain_values(connection, number, trials, objective)

    def curves_of(self, number: int, trials: Sequence[int]) -> dict[str, Curves]:
        """The curves of the trials that are named, rising, as columns; merged as above.

        Returns:
            each metric that one of them reported, with an empty curve where a trial did not.
        """
        from tunebook.store.curves.columns import read_columns

        with self._reading() as connection:
            return read_columns(connection, number, trials)
