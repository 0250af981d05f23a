"""Curves in and out of the chunk table. Time grows with the points that are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa

from tunebook.store.chunks import Points, join, merge, pack, unpack
from tunebook.store.rows import storable
from tunebook.store.schema import attempt, chunk, trial
from tunebook.store.statements import CHUNKS_AND_METRICS, of
from tunebook.words.trial import Measurement, Status, TrialKey

Curve = dict[str, dict[int, Points]]
"""Metric to trial number to its merged points."""


def write_chunks(
    connection: sa.Connection, key: TrialKey, number: int, measurements: Sequence[Measurement]
) -> None:
    """Store measurements of attempt `number`, one chunk a metric."""
    by_metric: dict[str, list[Measurement]] = {}
    for measurement in measurements:
        by_metric.setdefault(measurement.metric, []).append(measurement)
    rows = [
        chunk_row(
            key,
            number,
            metric,
            Points(
                np.array([m.step for m in own], np.int64),
                np.array([m.value for m in own], np.float64),
                np.array([m.time_s for m in own], np.float64),
            ),
        )
        for metric, own in by_metric.items()
    ]
    if rows:
        connection.execute(sa.insert(chunk), rows)


def chunk_row(key: TrialKey, number: int, metric: str, points: Points) -> dict[str, Any]:
    """One row of the chunk table."""
    content, crc32 = pack(points)
    return {
        "round": key.round,
        "number": key.number,
        "attempt": number,
        "metric": storable(metric),
        "count": len(points.steps),
        "points": content,
        "crc32": crc32,
    }


def compact(connection: sa.Connection, key: TrialKey, number: int) -> None:
    """Join the chunks of an ended attempt into one a metric."""
    chunks, metrics = connection.execute(CHUNKS_AND_METRICS, of(key, number)).one()
    if chunks == metrics:
        return
    mine = (chunk.c.round == key.round) & (chunk.c.number == key.number)
    mine &= chunk.c.attempt == number
    rows = connection.execute(sa.select(chunk).where(mine).order_by(chunk.c.id)).all()
    by_metric: dict[str, list[Points]] = {}
    for row in rows:
        by_metric.setdefault(row.metric, []).append(unpack(row.points, row.crc32, key.name))
    connection.execute(sa.delete(chunk).where(mine))
    joined = [chunk_row(key, number, m, join(parts)) for m, parts in by_metric.items()]
    connection.execute(sa.insert(chunk), joined)


def read_curves(connection: sa.Connection, round_: int, number: int | None = None) -> Curve:
    """Curves of a round's trials, or of one, with attempts merged."""
    own = [chunk.c.round == round_] + ([] if number is None else [chunk.c.number == number])
    parts: dict[tuple[str, int], dict[int, list[Points]]] = {}
    for row in connection.execute(sa.select(chunk).where(*own).order_by(chunk.c.id)):
        where = TrialKey(round_, row.number).name
        curve = parts.setdefault((row.metric, row.number), {})
        curve.setdefault(row.attempt, []).append(unpack(row.points, row.crc32, where))
    first_steps, complete = _attempts(connection, round_, number)
    found: Curve = {}
    for (metric, trial_number), attempts in parts.items():
        whole = {a: join(p) for a, p in attempts.items()}
        found.setdefault(metric, {})[trial_number] = merge(
            whole, first_steps.get(trial_number, {}), complete=trial_number in complete
        )
    return found


def _attempts(
    connection: sa.Connection, round_: int, number: int | None
) -> tuple[dict[int, dict[int, int]], set[int]]:
    """Each trial's attempts with their first steps, and the trials that are complete."""
    own = [attempt.c.round == round_] + ([] if number is None else [attempt.c.number == number])
    first_steps: dict[int, dict[int, int]] = {}
    for row in connection.execute(sa.select(attempt).where(*own)):
        first_steps.setdefault(row.number, {})[row.attempt] = row.first_step
    ended = sa.select(trial.c.number).where(
        trial.c.round == round_, trial.c.status == Status.COMPLETE.value
    )
    if number is not None:
        ended = ended.where(trial.c.number == number)
    return first_steps, set(connection.execute(ended).scalars())
