"""Statements that every trial needs, made once: making one takes longer than running it.

Each is run with a dict of `of_round` and `of_number`, and `of_attempt` where an attempt is meant.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import sqlalchemy as sa

from tunebook.domain.trial import Outcome, Status, TrialKey
from tunebook.store.rows import OUTCOME_COLUMNS, outcome_columns
from tunebook.store.schema import attempt as attempts
from tunebook.store.schema import chunk
from tunebook.store.schema import trial as trials

_ROUND: sa.BindParameter[int] = sa.bindparam("of_round")
_NUMBER: sa.BindParameter[int] = sa.bindparam("of_number")
_ATTEMPT: sa.BindParameter[int] = sa.bindparam("of_attempt")

ONE_TRIAL = sa.select(trials).where(trials.c.round == _ROUND, trials.c.number == _NUMBER)

_NUMBERS: sa.BindParameter[list[int]] = sa.bindparam("of_numbers", expanding=True)

LINES_OF_MANY = sa.select(attempts.c.number, attempts.c.attempt, attempts.c.lines).where(
    attempts.c.round == _ROUND, attempts.c.number.in_(_NUMBERS)
)

HOLD_MANY = (
    sa.select(trials.c.number, trials.c.attempt, trials.c.status)
    .where(trials.c.round == _ROUND, trials.c.number.in_(_NUMBERS))
    .order_by(trials.c.number)
    .with_for_update(key_share=True)
)
"""Until the commit nobody else may claim these trials, end them or report to them. They are locked
in one order, so that two that ask for the same do not block each other."""

ADD_CHUNKS = sa.insert(chunk)

CHUNKS = (
    sa.select(chunk.c.metric, chunk.c.attempt, chunk.c.count, chunk.c.points, chunk.c.crc32)
    .where(chunk.c.round == _ROUND, chunk.c.number == _NUMBER)
    .order_by(chunk.c.attempt, chunk.c.id)
)

CHUNKS_OF_ATTEMPT = CHUNKS.where(chunk.c.attempt == _ATTEMPT)

ATTEMPTS = (
    sa.select(attempts.c.attempt, attempts.c.first_step, trials.c.status)
    .join(trials, (trials.c.round == attempts.c.round) & (trials.c.number == attempts.c.number))
    .where(attempts.c.round == _ROUND, attempts.c.number == _NUMBER)
)

CHUNKS_AND_METRICS = sa.select(
    sa.func.count(chunk.c.id), sa.func.count(sa.distinct(chunk.c.metric))
).where(chunk.c.round == _ROUND, chunk.c.number == _NUMBER, chunk.c.attempt == _ATTEMPT)

FINISH = (
    sa.update(trials)
    .where(trials.c.round == _ROUND, trials.c.number == _NUMBER, trials.c.attempt == _ATTEMPT)
    .where(trials.c.status == Status.RUNNING.value)
    .values(
        seconds=trials.c.seconds + sa.bindparam("more_seconds"),
        host=sa.null(),
        lease_until=sa.null(),
        **{name: sa.bindparam(f"new_{name}") for name in OUTCOME_COLUMNS},
    )
)


def ended_as(outcome: Outcome) -> dict[str, object]:
    """The parameters of FINISH that tell an outcome."""
    columns = {f"new_{name}": value for name, value in outcome_columns(outcome).items()}
    return {**columns, "more_seconds": outcome.seconds}


@cache
def note_lines(dialect: str) -> Any:
    """Note how many lines of an attempt's log are stored, where they are more than before.

    Run with the columns of an attempt's row.
    """
    insert = inserting(dialect, attempts)
    return insert.on_conflict_do_update(
        index_elements=list(attempts.primary_key),
        set_={"lines": insert.excluded.lines, "first_step": insert.excluded.first_step},
        where=attempts.c.lines < insert.excluded.lines,
    )


@cache
def note_new_lines(dialect: str) -> Any:
    """`note_lines`, which returns a row where there were more."""
    return note_lines(dialect).returning(attempts.c.lines)


def inserting(dialect: str, table: sa.Table) -> Any:
    """An INSERT that knows ON CONFLICT, which both databases have in their own dialects."""
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)
    from sqlalchemy.dialects import sqlite

    return sqlite.insert(table)


def of(key: TrialKey, attempt: int | None = None) -> dict[str, object]:
    """The parameters that name a trial, or an attempt at it."""
    named: dict[str, object] = {"of_round": key.round, "of_number": key.number}
    return named if attempt is None else {**named, "of_attempt": attempt}
