"""All curves of a round as columns, by as few passes as there are layouts of chunks (C11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import sqlalchemy as sa

from tunebook.domain.curves import Curves
from tunebook.domain.trial import Status, TrialKey
from tunebook.store.curves.chunks import Points, join, merge, unpack_blocks
from tunebook.store.schema import attempt, chunk, trial

Attempts = dict[int, tuple[dict[int, int], bool]]
"""Of trials that were begun more than once: their attempts' first steps; are they complete?"""


@dataclass(slots=True)
class _Chunks:
    """The chunks of one metric: of each its trial, its attempt, and its content."""

    numbers: list[int] = field(default_factory=list)
    attempts: list[int] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)
    contents: list[bytes] = field(default_factory=list)
    crc32s: list[int] = field(default_factory=list)


def read_columns(
    connection: sa.Connection, round_: int, numbers: Sequence[int]
) -> dict[str, Curves]:
    """The curves of a round's trials by metric, with attempts merged.

    Args:
        round_: number of the round.
        numbers: of the trials that are asked for, rising.

    Returns:
        by metric that these reported, a curve for each trial, empty where it reported nothing.
    """
    if not numbers:
        return {}
    again = _begun_again(connection, round_)
    wanted = np.asarray(numbers, np.int64)
    return {
        metric: _curves(chunks, wanted, round_, again)
        for metric, chunks in _chunks(connection, round_, numbers).items()
        if not set(chunks.numbers).isdisjoint(numbers)
    }


def _chunks(connection: sa.Connection, round_: int, numbers: Sequence[int]) -> dict[str, _Chunks]:
    asked = (chunk.c.round == round_) & chunk.c.number.between(numbers[0], numbers[-1])
    own = (chunk.c.metric, chunk.c.number, chunk.c.attempt, chunk.c.count)
    query = sa.select(*own, chunk.c.points, chunk.c.crc32).where(asked)
    # In the order of the index, so that nothing is sorted: an attempt's chunks as they came.
    query = query.order_by(chunk.c.number, chunk.c.attempt, chunk.c.id)
    found: dict[str, _Chunks] = {}
    for metric, number, attempt_, count, content, crc32 in connection.execute(query):
        held = found.get(metric)
        if held is None:
            held = found[metric] = _Chunks()
        held.numbers.append(number)
        held.attempts.append(attempt_)
        held.counts.append(count)
        held.contents.append(content)
        held.crc32s.append(crc32)
    return found


def _begun_again(connection: sa.Connection, round_: int) -> Attempts:
    several = (
        sa.select(attempt.c.number)
        .where(attempt.c.round == round_)
        .group_by(attempt.c.number)
        .having(sa.func.count() > 1)
        .scalar_subquery()
    )
    query = (
        sa.select(attempt.c.number, attempt.c.attempt, attempt.c.first_step, trial.c.status)
        .join(trial, (trial.c.round == attempt.c.round) & (trial.c.number == attempt.c.number))
        .where(attempt.c.round == round_, attempt.c.number.in_(several))
    )
    found: Attempts = {}
    for number, attempt_, first_step, status in connection.execute(query):
        first_steps, _ = found.setdefault(number, ({}, status == Status.COMPLETE.value))
        first_steps[attempt_] = first_step
    return found


def _curves(chunks: _Chunks, wanted: np.ndarray, round_: int, again: Attempts) -> Curves:
    """A curve for each of the trials that are wanted."""
    blocks = unpack_blocks(
        chunks.contents,
        chunks.crc32s,
        chunks.counts,
        lambda i: TrialKey(round_, chunks.numbers[i]).name,
        times=False,
    )
    numbers = np.asarray(chunks.numbers, np.int64)
    _, which, times = np.unique(numbers, return_inverse=True, return_counts=True)
    alone = (times[which] == 1) & ~np.isin(numbers, list(again))
    # Where a trial has one chunk alone, whose steps rise, that is its curve.
    whole: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    parts: dict[int, dict[int, list[tuple[int, Points]]]] = {}
    for block in blocks:
        places = np.asarray(block.places)
        simple = alone[places] & (block.steps[:, 1:] > block.steps[:, :-1]).all(axis=1)
        whole.append((numbers[places[simple]], block.steps[simple], block.values[simple]))
        for row in np.flatnonzero(~simple):
            i = block.places[row]
            points = Points(block.steps[row], block.values[row], np.zeros(chunks.counts[i]))
            trial_ = parts.setdefault(chunks.numbers[i], {})
            trial_.setdefault(chunks.attempts[i], []).append((i, points))
    for number, attempts in parts.items():
        ordered = {a: [p for _, p in sorted(own, key=_place)] for a, own in attempts.items()}
        first_steps, complete = again.get(number, ({}, False))
        merged = merge({a: join(p) for a, p in ordered.items()}, first_steps, complete=complete)
        whole.append((np.array([number]), merged.steps[None], merged.values[None]))
    return _laid_out(wanted, whole)


def _place(part: tuple[int, Points]) -> int:
    return part[0]


def _laid_out(
    wanted: np.ndarray, whole: list[tuple[np.ndarray, np.ndarray, np.ndarray]]
) -> Curves:
    """Curves in the order wanted, from blocks of (trials, steps, values)."""
    lengths = np.zeros(len(wanted), np.int64)
    placed = []
    for numbers, steps, values in whole:
        at = np.minimum(np.searchsorted(wanted, numbers), len(wanted) - 1)
        there = wanted[at] == numbers
        placed.append((at[there], steps[there], values[there]))
        lengths[at[there]] = steps.shape[1]
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    all_steps, all_values = np.empty(offsets[-1], np.int64), np.empty(offsets[-1], np.float64)
    for at, steps, values in placed:
        to = offsets[at][:, None] + np.arange(steps.shape[1])
        all_steps[to], all_values[to] = steps, values
    return Curves(offsets, all_steps, all_values)
