"""SqlStore: a book in SQLite, through SQLAlchemy Core (I2, D5)."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa

from tunebook.store import Claim, StoredRound
from tunebook.store.claims import claim, reclaim, release, renew
from tunebook.store.connection import (
    connect,
    in_our_words,
    make_current,
    on_network,
    own_version,
    read_whole,
)
from tunebook.store.curves import compact, read_curves, write_chunks
from tunebook.store.rows import outcome_columns, readable, to_row, to_trial
from tunebook.store.schema import attempt as attempts
from tunebook.store.schema import decision as decisions
from tunebook.store.schema import environment as environments
from tunebook.store.schema import launch as launches
from tunebook.store.schema import look as looks
from tunebook.store.schema import rerun_plan as rerun_plans
from tunebook.store.schema import round_ as rounds
from tunebook.store.schema import seal as seals
from tunebook.store.schema import setting as settings
from tunebook.store.schema import trial as trials
from tunebook.words.codec import from_json
from tunebook.words.decision import Decision, Launch, RerunPlan, Setting
from tunebook.words.design import Objective, Round
from tunebook.words.environment import Environment
from tunebook.words.errors import BookBusyError, StoreError
from tunebook.words.record import TrainingSource
from tunebook.words.sealing import Look, Seal
from tunebook.words.trial import Measurement, Outcome, Purpose, Status, TrialKey, TrialRecord

N = TypeVar("N")


class SqlStore:
    """A book in one SQLite file. One connection, shared by this process's threads in turn."""

    def __init__(self, engine: sa.Engine, location: str, files: Path) -> None:
        self._engine = engine
        # A book that nobody closed gives up its file with the last reference to it.
        weakref.finalize(self, engine.dispose)
        self._turn = threading.RLock()
        self.location = location
        self.files = files

    @classmethod
    def open(cls, path: str | Path, *, create: bool = True) -> SqlStore:
        """Open a book, making it where there is none; an older schema is migrated after a copy.

        Raises:
            StoreError: it can't be read or written; BookNewerError, BookDamagedError,
                BookBusyError as named.
        """
        file = Path(path)
        with in_our_words(str(file)):
            if not create and not file.exists():
                raise StoreError(f"there is no book at {file}", next_step="correct the path")
            if file.is_dir():
                raise StoreError(
                    f"a book is a file; {file} is a folder",
                    next_step=f"name a file in it: {file / 'book.db'}",
                )
            if not file.parent.is_dir():
                raise StoreError(
                    f"the folder of the book {file} does not exist",
                    next_step=f"make it: mkdir -p {file.parent}",
                )
            engine = connect(str(file), network=on_network(file))
            try:
                make_current(engine, file)
            except BaseException:
                engine.dispose()
                raise
        return cls(engine, str(file), file.with_suffix(".files"))

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with (
            self._turn,
            in_our_words(self.location),
            read_whole(self.location),
            self._engine.connect() as connection,
        ):
            yield connection.execution_options(reads_only=True)

    @contextmanager
    def _writing(self) -> Iterator[sa.Connection]:
        with self._turn, in_our_words(self.location), self._engine.connect() as connection:
            own = connection.execution_options(reads_only=False)
            with own.begin():
                yield own

    def setting(self) -> tuple[Setting, Objective] | None:
        """What the book was made with, or None."""
        with self._reading() as connection:
            row = connection.execute(sa.select(settings)).first()
            if row is None or row.setting is None:
                return None
            return from_json(Setting, row.setting), from_json(Objective, row.objective)

    def set_setting(self, setting: Setting, objective: Objective) -> None:
        """Write the setting of a new book, or what it left open."""
        known = self.setting()
        if known is not None and (setting, objective) != (_filled(known[0], setting), known[1]):
            raise StoreError(
                f"a book keeps its setting; {self.location} has {known}",
                next_step="begin another book",
            )
        values = {"setting": readable(setting), "objective": readable(objective)}
        with self._writing() as connection:
            if not connection.execute(sa.update(settings).values(values)).rowcount:
                row = {"id": 1, "made_by": own_version(), **values}
                connection.execute(sa.insert(settings).values(row))

    def add_round(self, plan: Round, created_at: float) -> StoredRound:
        """Add a round, numbered on."""
        with self._writing() as connection:
            last = connection.execute(sa.select(sa.func.max(rounds.c.number))).scalar()
            number = (last or 0) + 1
            row = {"number": number, "plan": readable(plan), "created_at": created_at}
            connection.execute(sa.insert(rounds).values(row))
        return StoredRound(number=number, plan=plan, source=None, created_at=created_at)

    def extend_round(self, number: int, plan: Round) -> None:
        """Replace a round's plan by one with more trials."""
        self._update_round(number, plan=readable(plan))

    def set_source(self, number: int, source: TrainingSource) -> None:
        """Remember which code trains the round."""
        self._update_round(number, source=readable(source))

    def add_spent_twice(self, number: int, seconds: float) -> None:
        """Count compute that had to be repeated."""
        total = rounds.c.spent_twice_s + seconds
        with self._writing() as connection:
            connection.execute(
                sa.update(rounds).where(rounds.c.number == number).values(spent_twice_s=total)
            )

    def _update_round(self, number: int, **values: str) -> None:
        with self._writing() as connection:
            changed = connection.execute(
                sa.update(rounds).where(rounds.c.number == number).values(values)
            )
            if not changed.rowcount:
                raise StoreError(f"the book {self.location} has no round {number}")

    def rounds(self) -> tuple[StoredRound, ...]:
        """All rounds, in order."""
        with self._reading() as connection:
            rows = connection.execute(sa.select(rounds).order_by(rounds.c.number)).all()
            return tuple(
                StoredRound(
                    number=row.number,
                    plan=from_json(Round, row.plan),
                    source=from_json(TrainingSource, row.source) if row.source else None,
                    created_at=row.created_at,
                    spent_twice_s=row.spent_twice_s,
                )
                for row in rows
            )

    def add_trials(self, records: Sequence[TrialRecord]) -> None:
        """Add pending trials; those that are there already are left as they are."""
        with self._writing() as connection:
            known = set()
            for number in {t.round for t in records}:
                query = sa.select(trials.c.number).where(trials.c.round == number)
                known |= {TrialKey(number, n) for n in connection.execute(query).scalars()}
            fresh = [to_row(t) for t in records if t.key not in known]
            if fresh:
                connection.execute(sa.insert(trials), fresh)

    def trials(self, number: int) -> tuple[TrialRecord, ...]:
        """Trials of a round, by number."""
        query = sa.select(trials).where(trials.c.round == number).order_by(trials.c.number)
        with self._reading() as connection:
            return tuple(to_trial(row) for row in connection.execute(query))

    def measurements(self, key: TrialKey) -> tuple[Measurement, ...]:
        """All that one trial reported, by step, then metric; attempts merged."""
        with self._reading() as connection:
            curves = read_curves(connection, key.round, key.number)
        found = [
            Measurement(step=int(s), metric=metric, value=float(v), time_s=float(t))
            for metric, by_trial in curves.items()
            for points in by_trial.values()
            for s, v, t in zip(points.steps, points.values, points.times, strict=True)
        ]
        return tuple(sorted(found, key=lambda m: (m.step, m.metric)))

    def curves(self, number: int) -> dict[str, dict[int, tuple[Sequence[int], Sequence[float]]]]:
        """All curves of a round: metric -> trial number -> (steps, values)."""
        with self._reading() as connection:
            found = read_curves(connection, number)
        return {
            metric: {n: (p.steps, p.values) for n, p in by_trial.items()}  # type: ignore[misc]
            for metric, by_trial in found.items()
        }

    def claim(
        self,
        number: int,
        host: str,
        lease_s: float,
        limit: int = 1,
        purpose: Purpose | None = None,
    ) -> tuple[Claim, ...]:
        """Claim pending trials, and running ones whose lease has ended, lowest number first."""
        with self._writing() as connection:
            return claim(connection, number, host, lease_s, limit, purpose)

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
            current = self._current_attempt(connection, key)
            if current != attempt:
                raise BookBusyError(
                    f"attempt {attempt} at trial {key.name} was superseded by attempt {current}",
                    next_step="nothing: the later attempt's measurements stand",
                )
            mine = _attempt(key, attempt)
            stored = connection.execute(sa.select(attempts.c.lines).where(mine)).scalar()
            if stored is not None and stored >= lines:
                return
            values = {"lines": lines, "first_step": first_step}
            if stored is None:
                row = {"round": key.round, "number": key.number, "attempt": attempt, **values}
                connection.execute(sa.insert(attempts).values(row))
            else:
                connection.execute(sa.update(attempts).where(mine).values(values))
            write_chunks(connection, key, attempt, measurements)

    def ingested_lines(self, key: TrialKey, attempt: int) -> int:
        """Log lines of this attempt that are stored already."""
        with self._reading() as connection:
            query = sa.select(attempts.c.lines).where(_attempt(key, attempt))
            return int(connection.execute(query).scalar() or 0)

    def finish(self, key: TrialKey, attempt: int, outcome: Outcome) -> bool:
        """Record how an attempt ended; False where it was superseded or has ended already."""
        with self._writing() as connection:
            row = {
                **outcome_columns(outcome),
                "seconds": trials.c.seconds + outcome.seconds,
                "host": None,
                "lease_until": None,
            }
            changed = connection.execute(
                sa.update(trials)
                .where(_trial(key), trials.c.attempt == attempt)
                .where(trials.c.status == Status.RUNNING.value)
                .values(row)
            )
            if changed.rowcount:
                compact(connection, key, attempt)
            return bool(changed.rowcount)

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

    def add_decision(self, decision: Decision) -> None:
        """Add a decision; its number must be the next."""
        self._add(decisions, decision.number, readable(decision), first=1)

    def decisions(self) -> tuple[Decision, ...]:
        """All decisions, in order."""
        return self._contents(decisions, Decision)

    def add_rerun_plan(self, plan: RerunPlan) -> None:
        """Add a plan of reruns; its number must be the next."""
        self._add(rerun_plans, plan.number, readable(plan), first=1)

    def rerun_plans(self) -> tuple[RerunPlan, ...]:
        """All plans of reruns, in order."""
        return self._contents(rerun_plans, RerunPlan)

    def add_launch(self, launch: Launch) -> None:
        """Add a launch; its number must be the next."""
        self._add(launches, launch.number, readable(launch), first=0)

    def launches(self) -> tuple[Launch, ...]:
        """All launches, in order."""
        return self._contents(launches, Launch)

    def add_environment(self, environment: Environment) -> None:
        """Add what a round runs on; its number must be the next."""
        self._add(environments, environment.number, readable(environment), first=1)

    def environments(self) -> tuple[Environment, ...]:
        """All that rounds ran on, in order."""
        return self._contents(environments, Environment)

    def add_seal(self, seal: Seal) -> None:
        """Add a sealed metric; its number must be the next."""
        self._add(seals, seal.number, readable(seal), first=1)

    def seals(self) -> tuple[Seal, ...]:
        """All sealed metrics, in order."""
        return self._contents(seals, Seal)

    def add_look(self, look: Look) -> None:
        """Add a look at a sealed metric; its number must be the next."""
        self._add(looks, look.number, readable(look), first=1)

    def looks(self) -> tuple[Look, ...]:
        """All looks, in order."""
        return self._contents(looks, Look)

    def close(self) -> None:
        """Give up the file; safe to call twice."""
        with self._turn:
            self._engine.dispose()

    def _add(self, table: sa.Table, number: int, content: str, *, first: int) -> None:
        with self._writing() as connection:
            count = connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
            if number != count + first:
                raise StoreError(
                    f"each {table.name} gets the next number, {count + first}; got {number}",
                    next_step="read the book again: someone else may have added one",
                )
            connection.execute(sa.insert(table).values(number=number, content=content))

    def _contents(self, table: sa.Table, kind: type[N]) -> tuple[N, ...]:
        with self._reading() as connection:
            query = sa.select(table.c.content).order_by(table.c.number)
            return tuple(from_json(kind, text) for text in connection.execute(query).scalars())

    def _current_attempt(self, connection: sa.Connection, key: TrialKey) -> int | None:
        return connection.execute(sa.select(trials.c.attempt).where(_trial(key))).scalar()


def _trial(key: TrialKey) -> sa.ColumnElement[bool]:
    return sa.and_(trials.c.round == key.round, trials.c.number == key.number)


def _attempt(key: TrialKey, attempt: int) -> sa.ColumnElement[bool]:
    return sa.and_(
        attempts.c.round == key.round,
        attempts.c.number == key.number,
        attempts.c.attempt == attempt,
    )


def _filled(known: Setting, more: Setting) -> Setting:
    return known.with_unsaid(chance=more.chance, training_objective=more.training_objective)
