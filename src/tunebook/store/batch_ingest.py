"""Many attempts' logs and ends by one transaction, with as few statements as for one (I2).

Each attempt is looked at before anything of it is written, so that one that was superseded spoils
none of the others.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any

import sqlalchemy as sa

from tunebook.domain.trial import Status, TrialKey
from tunebook.store import Attempt, Logged, Taken
from tunebook.store.curves.chunk_table import chunk_row, compact
from tunebook.store.database.statements import (
    ADD_CHUNKS,
    FINISH,
    HOLD_MANY,
    LINES_OF_MANY,
    ended_as,
    note_lines,
    of,
)

AT_A_TIME = 500
"""Trials that are named in one statement."""


def lines_of(connection: sa.Connection, asked: Sequence[Attempt]) -> dict[Attempt, int]:
    """Lines that are stored of each attempt, in so far as it has begun."""
    found: dict[Attempt, int] = {}
    for round_, numbers in _by_round([key for key, _ in asked]):
        named = {"of_round": round_, "of_numbers": numbers}
        for number, attempt, lines in connection.execute(LINES_OF_MANY, named):
            found[TrialKey(round_, number), attempt] = lines
    return found


def take_in(connection: sa.Connection, logged: Sequence[Logged]) -> tuple[Taken, ...]:
    """Store what attempts have logged, and how they ended; see `Store.take_in`."""
    held = _held(connection, [one.key for one in logged])
    stored = lines_of(connection, [(one.key, one.attempt) for one in logged])
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
            noted.append(_noted(one))
            chunks += [chunk_row(one.key, attempt, m, p) for m, p in one.points.items()]
        finished = one.outcome is not None and status == Status.RUNNING.value
        if one.outcome is not None and finished:
            ends.append({**of(one.key, attempt), **ended_as(one.outcome)})
            if known >= 0:  # what it logged before lies in chunks of their own
                joined.append(one)
        fates.append(Taken(stored=True, finished=finished))
    for statement, rows in (
        (note_lines(connection.dialect.name), noted),
        (ADD_CHUNKS, chunks),
        (FINISH, ends),
    ):
        if rows:
            connection.execute(statement, rows)
    for one in joined:
        compact(connection, one.key, one.attempt)
    return tuple(fates)


def _noted(one: Logged) -> dict[str, Any]:
    return {
        "round": one.key.round,
        "number": one.key.number,
        "attempt": one.attempt,
        "lines": one.lines,
        "first_step": one.first_step,
    }


def _held(connection: sa.Connection, keys: Sequence[TrialKey]) -> dict[TrialKey, tuple[int, str]]:
    """Attempt and status of trials, which until the commit nobody else may claim or end."""
    found: dict[TrialKey, tuple[int, str]] = {}
    for round_, numbers in _by_round(keys):
        named = {"of_round": round_, "of_numbers": numbers}
        for number, attempt, status in connection.execute(HOLD_MANY, named):
            found[TrialKey(round_, number)] = (attempt, status)
    return found


def _by_round(keys: Sequence[TrialKey]) -> Iterator[tuple[int, list[int]]]:
    for round_, own in groupby(sorted(set(keys)), key=lambda key: key.round):
        numbers = [key.number for key in own]
        for first in range(0, len(numbers), AT_A_TIME):
            yield round_, numbers[first : first + AT_A_TIME]
