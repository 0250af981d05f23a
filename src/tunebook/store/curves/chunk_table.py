"""Curves in and out of the chunk table. Time grows with the points that are asked for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import sqlalchemy as sa

from tunebook.domain.trial import Measurement, Status, TrialKey
from tunebook.store.curves.chunks import Points, join, merge, pack, unpack_all
from tunebook.store.database.statements import (
    ATTEMPTS,
    CHUNKS,
    CHUNKS_AND_METRICS,
    CHUNKS_OF_ATTEMPT,
    of,
)
from tunebook.store.rows import storable
from tunebook.store.schema import chunk
from tunebook.training.log_reading import Report


def write_chunks(
    connection: sa.Connection, key: TrialKey, number: int, measurements: Sequence[Measurement]
) -> None:
    """Store measurements of attempt `number`, one chunk a metric."""
    reports = [(m.step, m.time_s, {m.metric: m.value}) for m in measurements]
    rows = [chunk_row(key, number, name, own) for name, own in by_metric(reports).items()]
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
    parts: dict[str, list[Points]] = {}
    for metric, _, points in _unpacked(connection, key, number):
        parts.setdefault(metric, []).append(points)
    mine = (chunk.c.round == key.round) & (chunk.c.number == key.number)
    connection.execute(sa.delete(chunk).where(mine, chunk.c.attempt == number))
    joined = [chunk_row(key, number, m, join(own)) for m, own in parts.items()]
    connection.execute(sa.insert(chunk), joined)


def read_curves(connection: sa.Connection, key: TrialKey) -> dict[str, Points]:
    """One trial's curves by metric, with attempts merged."""
    parts: dict[str, dict[int, list[Points]]] = {}
    for metric, attempt, points in _unpacked(connection, key):
        parts.setdefault(metric, {}).setdefault(attempt, []).append(points)
    begun = connection.execute(ATTEMPTS, of(key)).all()
    first_steps = {attempt: first_step for attempt, first_step, _ in begun}
    return {
        metric: merge(
            {a: join(own_parts) for a, own_parts in attempts.items()},
            first_steps,
            complete=any(status == Status.COMPLETE.value for _, _, status in begun),
        )
        for metric, attempts in parts.items()
    }


Point = tuple[str, int, str]
"""Metric, step, and value as text, so that each NaN equals the other."""


def all_points(connection: sa.Connection, key: TrialKey) -> frozenset[Point]:
    """Every point that is stored of a trial, those that a later attempt replaced included."""
    return points_of((metric, points) for metric, _, points in _unpacked(connection, key))


def points_of(columns: Iterable[tuple[str, Points]]) -> frozenset[Point]:
    """Points as they can be compared."""
    return frozenset(
        (storable(metric), step, repr(value))
        for metric, points in columns
        for step, value in zip(points.steps.tolist(), points.values.tolist(), strict=True)
    )


def _unpacked(
    connection: sa.Connection, key: TrialKey, number: int | None = None
) -> Iterator[tuple[str, int, Points]]:
    """Metric, attempt and points of chunks, of an attempt in the order of writing.

    Args:
        number: of one attempt; all of the trial's if left out.
    """
    which = CHUNKS if number is None else CHUNKS_OF_ATTEMPT
    rows = connection.execute(which, of(key, number)).all()
    points = unpack_all(
        [content for _, _, _, content, _ in rows],
        [crc32 for _, _, _, _, crc32 in rows],
        [count for _, _, count, _, _ in rows],
        lambda _: key.name,
    )
    return ((row[0], row[1], own) for row, own in zip(rows, points, strict=True))
