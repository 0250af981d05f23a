"""SqlStore: a book in SQLite or PostgreSQL, through SQLAlchemy Core (I2, D5)."""

from __future__ import annotations

import functools
import os
from collections.abc import Collection, Sequence
from dataclasses import replace
from pathlib import Path

import sqlalchemy as sa

from tunebook.domain.curves import Curves
from tunebook.domain.decision import Setting
from tunebook.domain.design import Objective, Round
from tunebook.domain.errors import StoreError, TrialBusyError
from tunebook.domain.formats.book_location import is_server, shown
from tunebook.domain.formats.codec import from_json
from tunebook.domain.record import TrainingSource
from tunebook.domain.trial import Measurement, Outcome, Purpose, Status, TrialKey, TrialRecord
from tunebook.domain.version import VERSION
from tunebook.store import Claim, Logged, StoredRound, Taken
from tunebook.store.append_only import OnlyAdded
from tunebook.store.batch_ingest import lines_of, take_in
from tunebook.store.book_file import check_file, claim_folder, files_folder
from tunebook.store.claims import claim, reclaim, release, renew
from tunebook.store.correcting import is_reported, may_correct
from tunebook.store.curves.chunk_table import Point, all_points, compact, read_curves, write_chunks
from tunebook.store.curves.columns import read_columns
from tunebook.store.database import statements as sql
from tunebook.store.database.connection import connect, database_now, host_now, on_network
from tunebook.store.database.errors import in_our_words
from tunebook.store.database.server import ServerState, connect_server, server_files, take_turn
from tunebook.store.read_only import ReadOnlyFile, may_write
from tunebook.store.requests import Requests
from tunebook.store.revisions import is_current, make_current
from tunebook.store.rows import readable, to_row, to_trial
from tunebook.store.schema import round_ as rounds
from tunebook.store.schema import setting as settings
from tunebook.store.schema import trial as trials


class SqlStore(OnlyAdded, Requests):
    """A book in one SQLite file, or in a database (or one schema of it) on a server."""

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

    def setting(self) -> tuple[Setting, Objective] | None:
        """What the book was made with, or None."""
        with self._reading() as connection:
            row = connection.execute(sa.select(settings)).first()
            if row is None or row.setting is None:
                return None
            return from_json(Setting, row.setting), from_json(Objective, row.objective)

    def set_setting(self, setting: Setting, objective: Objective) -> None:
        """Write the setting of a new book, or what it left open or never reported."""
        values = {"setting": readable(setting), "objective": readable(objective)}
        with self._writing() as connection:
            take_turn(connection, settings.name)
            row = connection.execute(sa.select(settings)).first()
            if row is None:
                row_values = {"id": 1, "made_by": VERSION, **values}
                connection.execute(sa.insert(settings).values(row_values))
                return
            if row.setting is not None:
                known = from_json(Setting, row.setting), from_json(Objective, row.objective)
                stands = known[0]
                if not is_reported(connection, stands.training_objective):
                    stands = replace(stands, training_objective="")
                if (setting, objective) != (stands.with_unsaid(setting), known[1]):
                    raise StoreError(
                        f"a book keeps its setting; {self.location} has {known}",
                        next_step="begin another book",
                    )
            connection.execute(sa.update(settings).values(values))

    def correct_objective(self, objective: Objective) -> bool:
        """Replace an objective that no trial has reported; returns whether it was replaced."""
        with self._writing() as connection:
            take_turn(connection, settings.name)
            if not may_correct(connection, objective):
                return False
            connection.execute(sa.update(settings).values(objective=readable(objective)))
            return True

    def add_round(self, plan: Round, created_at: float) -> StoredRound:
        """Add a round, numbered on; where another has just added one of this goal, that one."""
        text = readable(plan)
        with self._writing() as connection:
            take_turn(connection, rounds.name)
            known = _rounds_of(connection)
            for stored in known:
                if stored.plan.goal == plan.goal:
                    return stored
            number = len(known) + 1
            row = {"number": number, "plan": text, "created_at": created_at}
            connection.execute(sa.insert(rounds).values(row))
        return StoredRound(number=number, plan=plan, source=None, created_at=created_at)

    def extend_round(self, number: int, plan: Round) -> None:
        """Replace a round's plan by one with more trials; where another added more, it stands."""
        text = readable(plan)
        with self._writing() as connection:
            mine = rounds.c.number == number
            stands = connection.execute(
                sa.select(rounds.c.plan).where(mine).with_for_update()
            ).scalar()
            if stands is None:
                raise self._no_round(number)
            if from_json(Round, stands).trials <= plan.trials:
                connection.execute(sa.update(rounds).where(mine).values(plan=text))

    def set_source(self, number: int, source: TrainingSource) -> None:
        """Remember which code trains the round."""
        with self._writing() as connection:
            changed = connection.execute(
                sa.update(rounds).where(rounds.c.number == number).values(source=readable(source))
            )
            if not changed.rowcount:
                raise self._no_round(number)

    def add_spent_twice(self, number: int, seconds: float) -> None:
        """Count compute that had to be repeated."""
        total = rounds.c.spent_twice_s + seconds
        with self._writing() as connection:
            connection.execute(
                sa.update(rounds).where(rounds.c.number == number).values(spent_twice_s=total)
            )

    def rounds(self) -> tuple[StoredRound, ...]:
        """All rounds, in order."""
        with self._reading() as connection:
            return _rounds_of(connection)

    def round(self, number: int) -> StoredRound:
        """One round, without reading the others."""
        with self._reading() as connection:
            found = _rounds_of(connection, rounds.c.number == number)
        if not found:
            raise self._no_round(number)
        return found[0]

    def add_trials(self, records: Sequence[TrialRecord]) -> None:
        """Add pending trials; those that are there already are left as they are."""
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

    def trial(self, key: TrialKey) -> TrialRecord | None:
        """One trial's record; None where the book has no such trial."""
        with self._reading() as connection:
            row = connection.execute(sql.ONE_TRIAL, sql.of(key)).first()
            return None if row is None else to_trial(row)

    def measurements(self, key: TrialKey) -> tuple[Measurement, ...]:
        """All that one trial reported, by step, then metric; attempts merged."""
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
        with self._reading() as connection:
            return all_points(connection, key)

    def curves(self, number: int) -> dict[str, dict[int, tuple[Sequence[int], Sequence[float]]]]:
        """All curves of a round: metric -> trial number -> (steps, values)."""
        with self._reading() as connection:
            found = read_columns(connection, number)
        return {
            metric: {n: curves.of(i) for i, n in enumerate(numbers)}  # type: ignore[misc]
            for metric, (numbers, curves) in found.items()
        }

    def curves_of(self, number: int, trials: Sequence[int]) -> dict[str, Curves]:
        """Curves of the named trials of a round, as columns."""
        with self._reading() as connection:
            found = read_columns(connection, number, trials)
        return {metric: curves for metric, (_, curves) in found.items()}

    def claim(
        self,
        number: int,
        host: str,
        lease_s: float,
        limit: int = 1,
        purpose: Purpose | None = None,
        holding: Collection[int] = (),
    ) -> tuple[Claim, ...]:
        """Claim pending trials, and running ones whose lease has ended, lowest number first."""
        with self._writing() as connection:
            return claim(connection, number, host, lease_s, limit, purpose, holding)

    def renew(self, host: str, keys: Sequence[TrialKey], lease_s: float) -> tuple[TrialKey, ...]:
        """Renew leases; returns the keys that this host no longer holds."""
        with self._writing() as connection:
            return renew(connection, host, keys, lease_s)

    def append(
        self,
        key: TrialKey,
        attempt: int,
        first_step: int,
        measurements: Sequence[Measurement],
        lines: int,
    ) -> None:
        """Store measurements of an attempt, idempotently; see Store."""
        with self._writing() as connection:
            current = connection.execute(sql.CURRENT_ATTEMPT, sql.of(key)).scalar()
            if current != attempt:
                raise TrialBusyError(
                    f"attempt {attempt} at trial {key.name} was superseded by attempt {current}",
                    next_step="nothing: the later attempt's measurements stand",
                )
            if _lines_are_new(connection, key, attempt, first_step, lines):
                write_chunks(connection, key, attempt, measurements)

    def ingested_lines(self, key: TrialKey, attempt: int) -> int:
        """Log lines of this attempt that are stored already."""
        with self._reading() as connection:
            return int(connection.execute(sql.STORED_LINES, sql.of(key, attempt)).scalar() or 0)

    def finish(self, key: TrialKey, attempt: int, outcome: Outcome) -> bool:
        """Record how an attempt ended; False where it was superseded or has ended already."""
        with self._writing() as connection:
            changed = connection.execute(
                sql.FINISH, {**sql.of(key, attempt), **sql.ended_as(outcome)}
            )
            if changed.rowcount:
                compact(connection, key, attempt)
            return bool(changed.rowcount)

    def lines_of(
        self, attempts: Sequence[tuple[TrialKey, int]]
    ) -> dict[tuple[TrialKey, int], int]:
        """Log lines that are stored of each of these attempts."""
        with self._reading() as connection:
            return lines_of(connection, attempts)

    def take_in(self, logged: Sequence[Logged]) -> tuple[Taken, ...]:
        """Store what many attempts have logged, and how they ended; see Store."""
        with self._writing() as connection:
            return take_in(connection, logged)

    def release(self, key: TrialKey, attempt: int, seconds: float = 0.0) -> None:
        """Give a claimed trial back as pending; its attempt number stays used."""
        with self._writing() as connection:
            release(connection, key, attempt, seconds)

    def held(self, number: int) -> tuple[TrialRecord, ...]:
        """Running trials of a round, whoever holds them."""
        query = sa.select(trials).where(
            trials.c.round == number, trials.c.status == Status.RUNNING.value
        )
        with self._reading() as connection:
            return tuple(to_trial(r) for r in connection.execute(query.order_by(trials.c.number)))

    def reclaim(self, number: int, host_is_gone: str, lost_s: float = 0.0) -> tuple[TrialKey, ...]:
        """Set pending, at once, the running trials of a host that is known to be gone."""
        with self._writing() as connection:
            return reclaim(connection, number, host_is_gone, lost_s)

    def hosts(self, number: int) -> dict[TrialKey, str]:
        """Which host holds each running trial of a round."""
        query = sa.select(trials.c.number, trials.c.host).where(
            trials.c.round == number, trials.c.status == Status.RUNNING.value
        )
        with self._reading() as connection:
            return {TrialKey(number, n): h or "" for n, h in connection.execute(query).all()}

    def _no_round(self, number: int) -> StoreError:
        return StoreError(
            f"the book {self.location} has no round {number}",
            next_step="read its rounds: tunebook status",
        )


@functools.lru_cache(maxsize=256)
def _plan(text: str) -> Round:
    """A plan from its text; the rounds of a book are read again and again."""
    return from_json(Round, text)


def _rounds_of(
    connection: sa.Connection, *which: sa.ColumnElement[bool]
) -> tuple[StoredRound, ...]:
    return tuple(
        StoredRound(
            number=row.number,
            plan=_plan(row.plan),
            source=from_json(TrainingSource, row.source) if row.source else None,
            created_at=row.created_at,
            spent_twice_s=row.spent_twice_s,
        )
        for row in connection.execute(sa.select(rounds).where(*which).order_by(rounds.c.number))
    )


def _lines_are_new(
    connection: sa.Connection, key: TrialKey, attempt: int, first_step: int, lines: int
) -> bool:
    """Note that so many lines of an attempt's log are stored; False where they were before."""
    row = {
        "round": key.round,
        "number": key.number,
        "attempt": attempt,
        "lines": lines,
        "first_step": first_step,
    }
    return connection.execute(sql.note_new_lines(connection.dialect.name), row).first() is not None
