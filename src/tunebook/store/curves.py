"""Curves in and out of the chunk table. Time grows with the points that are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa

from tunebook.store.chunks import Points, join, merge, pack, unpack_all
from tunebook.store.rows import storable
from tunebook.store.schema import attempt, chunk, trial
from tunebook.store.statements import CHUNKS_AND_METRICS, of
from tunebook.training.log_reading import Report
from tunebook.words.trial import Measurement, Status, TrialKey


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


def by_metric(reports: Sequence[Report]) -> dict[str, Points]:
    """Reports as columns, a metric each."""
    if not reports:
        return {}
    names = reports[0][2].keys()
    if all(metrics.keys() == names for _, _, metrics in reports):
        steps = np.array([step for step, _, _ in reports], np.int64)
        times = np.array([at for _, at, _ in reports], np.float64)
        return {
            name: Points(steps, np.array([m[name] for _, _, m in reports], np.float64), times)
            for name in names
        }
    own: dict[str, list[tuple[int, float, float]]] = {}
    for step, at, metrics in reports:
        for name, value in metrics.items():
            own.setdefault(name, []).append((step, value, at))
    return {
        name: Points(
            np.array([step for step, _, _ in rows], np.int64),
            np.array([value for _, value, _ in rows], np.float64),
            np.array([at for _, _, at in rows], np.float64),
        )
        for name, rows in own.items()
    }


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
    parts: dict[str, list[Points]] = {}
    for row, points in _unpacked(connection, key.round, mine):
        parts.setdefault(row.metric, []).append(points)
    connection.execute(sa.delete(chunk).where(mine))
    joined = [chunk_row(key, number, m, join(own)) for m, own in parts.items()]
    connection.execute(sa.insert(chunk), joined)


def read_curves(connection: sa.Connection, round_: int, number: int) -> dict[str, Points]:
    """One trial's curves by metric, with attempts merged."""
    mine = (chunk.c.round == round_) & (chunk.c.number == number)
    parts: dict[str, dict[int, list[Points]]] = {}
    for row, points in _unpacked(connection, round_, mine):
        parts.setdefault(row.metric, {}).setdefault(row.attempt, []).append(points)
    own = (attempt.c.round == round_) & (attempt.c.number == number)
    query = sa.select(attempt.c.attempt, attempt.c.first_step).where(own)
    first_steps = {row.attempt: row.first_step for row in connection.execute(query)}
    this = (trial.c.round == round_) & (trial.c.number == number)
    status = connection.execute(sa.select(trial.c.status).where(this)).scalar()
    return {
        metric: merge(
            {a: join(own_parts) for a, own_parts in attempts.items()},
            first_steps,
            complete=status == Status.COMPLETE.value,
        )
        for metric, attempts in parts.items()
    }


def _unpacked(
    connection: sa.Connection, round_: int, which: sa.ColumnElement[bool]
) -> Iterator[tuple[Any, Points]]:
    """Rows of the chunk table in the order in which they were written, and their points."""
    query = sa.select(chunk).where(which).order_by(chunk.c.number, chunk.c.attempt, chunk.c.id)
    rows = connection.execute(query).all()
    points = unpack_all(
        [row.points for row in rows],
        [row.crc32 for row in rows],
        [row._mapping[chunk.c.count] for row in rows],
        lambda i: TrialKey(round_, rows[i].number).name,
    )
    return zip(rows, points, strict=True)
