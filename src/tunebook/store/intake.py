"""Many attempts' logs and ends by one transaction, with as few statements as for one (I2).

Each attempt is looked at before anything of it is written, so that one that was superseded spoils
none of the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from tunebook.domain.errors import TrialBusyError
from tunebook.domain.trial import Measurement, Outcome, Status, TrialKey
from tunebook.store.database import statements as sql
from tunebook.store.database.transactions import Transactions
from tunebook.store.records import Attempt, Logged, Taken

AT_A_TIME = 500
"""Trials that are named in one statement."""


class Intake(Transactions):
    """What attempts have logged, and how they ended."""

    def append(
        self,
        key: TrialKey,
        attempt: int,
        first_step: int,
        measurements: Sequence[Measurement],
        lines: int,
    ) -> None:
        """Store measurements of an attempt, idempotently.

        `lines` is the number of log lines that were ingested with this call included, so that
        lines delivered twice are stored once (see `ingested_lines`). `first_step` is the step
        from which the attempt started. Measurements of an attempt that another claim has
        superseded are refused with TrialBusyError.
        """
        from tunebook.store.curves.chunk_table import write_chunks

        with self._writing() as connection:
            current, _ = _held(connection, [key]).get(key, (None, ""))
            if current != attempt:
                raise TrialBusyError(
                    f"attempt {attempt} at trial {key.name} was superseded by attempt {current}",
                    next_step="nothing: the later attempt's measurements stand",
                )
            note = sql.note_new_lines(connection.dialect.name)
            row = _attempt_row(key, attempt, first_step, lines)
            if connection.execute(note, row).first() is not None:
                write_chunks(connection, key, attempt, measurements)

    def finish(self, key: TrialKey, attempt: int, outcome: Outcome) -> bool:
        """Record how an attempt ended. False, and no change, where it was superseded or ended.

        Repeated after a BookAwayError, False may mean that the first call took place: the trial's
        record then has this outcome.
        """
        from tunebook.store.curves.chunk_table import compact

        with self._writing() as connection:
            changed = connection.execute(
                sql.FINISH, {**sql.of(key, attempt), **sql.ended_as(outcome)}
            )
            if changed.rowcount:
                compact(connection, key, attempt)
            return bool(changed.rowcount)

    def ingested_lines(self, key: TrialKey, attempt: int) -> int:
        """Log lines of this attempt that are stored already."""
        return self.lines_of([(key, attempt)]).get((key, attempt), 0)

    def lines_of(self, attempts: Sequence[Attempt]) -> dict[Attempt, int]:
        """`ingested_lines` of many attempts; one that has not begun is not among them."""
        with self._reading() as connection:
            return _lines_of(connection, attempts)

    def take_in(self, logged: Sequence[Logged]) -> tuple[Taken, ...]:
        """Store what many attempts have logged, idempotently, and how those ended that did.

        Each key at most once. An attempt that was superseded is left out, and spoils no other.

        Returns:
            what came of each, in their order.
        """
        from tunebook.store.curves.chunk_table import chunk_row, compact

        with self._writing() as connection:
            held = _held(connection, [one.key for one in logged])
            stored = _lines_of(connection, [(one.key, one.attempt) for one in logged])
            fates: list[Taken] = []
            noted: list[dict[str, Any]] = []
            chunks: list[dict[str, Any]] = []
            ends: list[dict[str, Any]] = []
            joined: list[Logged] = []
            for one in logged:
                attempt, status = held.get(one.key, (-1, ""))
                if attempt != one.attempt:
                    fates.append(Taken(stored=False, finished=False))
                    continue
                known = stored.get((one.key, one.attempt), -1)
                if one.lines > max(known, 0):
                    noted.append(_attempt_row(one.key, attempt, one.first_step, one.lines))
                    chunks += [chunk_row(one.key, attempt, m, p) for m, p in one.points.items()]
                finished = one.outcome is not None and status == Status.RUNNING.value
                if one.outcome is not None and finished:
                    ends.append({**sql.of(one.key, attempt), **sql.ended_as(one.outcome)})
                    if known >= 0:  # what it logged before lies in chunks of their own
                        joined.append(one)
                fates.append(Taken(stored=True, finished=finished))
            for statement, rows in (
                (sql.note_lines(connection.dialect.name), noted),
                (sql.ADD_CHUNKS, chunks),
                (sql.FINISH, ends),
            ):
                if rows:
                    connection.execute(statement, rows)
            for one in joined:
                compact(connection, one.key, one.attempt)
            return tuple(fates)


def _lines_of(connection: sa.Connection, asked: Sequence[Attempt]) -> dict[Attempt, int]:
    """Lines that are stored of each attempt, in so far as it has begun."""
    found: dict[Attempt, int] = {}
    for round_, numbers in _by_round([key for key, _ in asked]):
        named = {"of_round": round_, "of_numbers": numbers}
        for number, attempt, lines in connection.execute(sql.LINES_OF_MANY, named):
            found[TrialKey(round_, number), attempt] = lines
    return found


def _attempt_row(key: TrialKey, attempt: int, first_step: int, lines: int) -> dict[str, Any]:
    return {
        "round": key.round,
        "number": key.number,
        "attempt": attempt,
        "first_step": first_step,
        "lines": lines,
    }


def _held(connection: sa.Connection, keys: Sequence[TrialKey]) -> dict[TrialKey, tuple[int, str]]:
    """Attempt and status of trials, which until the commit nobody else may claim or end."""
    found: dict[TrialKey, tuple[int, str]] = {}
    for round_, numbers in _by_round(keys):
        named = {"of_round": round_, "of_numbers": numbers}
        for number, attempt, status in connection.execute(sql.HOLD_MANY, named):
            found[TrialKey(round_, number)] = (attempt, status)
    return found


def _by_round(keys: Sequence[TrialKey]) -> Iterator[tuple[int, list[int]]]:
    for round_, own in groupby(sorted(set(keys)), key=lambda key: key.round):
        numbers = [key.number for key in own]
        for first in range(0, len(numbers), AT_A_TIME):
            yield round_, numbers[first : first + AT_A_TIME]
