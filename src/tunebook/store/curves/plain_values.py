"""The objective of a round's trials without NumPy, for what says little of a whole book.

Only curves that are one chunk whose steps rise; of others nothing is said.
"""

from __future__ import annotations

import math
import sys
import zlib
from array import array
from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Any

import sqlalchemy as sa

from tunebook.domain.design import Objective, Reduce
from tunebook.store.curves import layout
from tunebook.store.schema import attempt, chunk


def read_plain_values(
    connection: sa.Connection, round_: int, numbers: Sequence[int], objective: Objective
) -> dict[int, float] | None:
    """The objective's value of each trial that reported it; None where that is not quickly read.

    Args:
        round_: number of the round.
        numbers: of complete trials, rising.
        objective: which metric, and how its curve is reduced.
    """
    if objective.reduce is Reduce.MEAN_LAST:
        return None
    wanted = set(numbers)
    begun = sa.select(attempt.c.number).where(attempt.c.round == round_)
    several = begun.group_by(attempt.c.number).having(sa.func.count() > 1)
    if not wanted.isdisjoint(connection.execute(several).scalars()):
        return None
    query = sa.select(chunk.c.number, chunk.c.count, chunk.c.points, chunk.c.crc32)
    query = query.where(chunk.c.round == round_, chunk.c.metric == objective.metric)
    found: dict[int, float] = {}
    for number, count, content, crc32 in connection.execute(query):
        if number not in wanted:
            continue
        values = _values(content, count) if zlib.crc32(content) == crc32 else None
        if values is None or number in found:
            return None
        found[number] = _reduced(values, objective)
    return found


def _reduced(values: Sequence[float], objective: Objective) -> float:
    """As `reduce_curve`."""
    if not values or not math.isfinite(values[-1]):
        return math.nan
    if objective.reduce is Reduce.LAST:
        return values[-1]
    best = max if objective.sign < 0 else min
    return best(filter(math.isfinite, values))


def _values(content: bytes, n: int) -> Sequence[float] | None:
    """The values of a chunk; None where its steps do not rise, or it is not what it should be."""
    if len(content) == layout.PLAIN * n:
        steps, values = _array("q", content[: 8 * n]), _array("d", content[8 * n : 16 * n])
        return values if all(a < b for a, b in pairwise(steps)) else None
    try:
        body = layout.inflated(content, n)
        kinds = body[:3]
        widths = [of[kind] for of, kind in zip(layout.WIDTH, kinds, strict=True)]
    except (ValueError, IndexError):
        return None
    *_, denominator, _first, stride = layout.HEAD.unpack_from(body)
    if len(body) != layout.HEAD.size + n * sum(widths) or n < 1:
        return None
    of_values = layout.HEAD.size + n * widths[0]
    planes = body[of_values : of_values + n * widths[1]]
    if not _rise(kinds[0], body[layout.HEAD.size : of_values], n, stride):
        return None
    if kinds[1] == layout.FLOAT64:
        return _array("d", _joined(planes, n))
    if kinds[1] == layout.FLOAT32:
        return _array("f", _joined(planes, n))
    folded = _array("I", _joined(planes, n))
    counts = accumulate((x >> 1) ^ -(x & 1) for x in folded)
    return [c / denominator for c in counts]


def _rise(kind: int, column: bytes, n: int, stride: int) -> bool:
    if kind == layout.LINE:
        return n == 1 or stride > 0
    if kind == layout.STEP_DIFFERENCES:
        return min(_array("i", _joined(column, n))[1:], default=1) > 0
    return all(a < b for a, b in pairwise(_array("q", _joined(column, n))))


def _joined(column: bytes, n: int) -> bytes:
    """Numbers from their planes of bytes."""
    width = len(column) // n
    whole = bytearray(len(column))
    for plane in range(width):
        whole[plane::width] = column[plane * n : (plane + 1) * n]
    return bytes(whole)


def _array(kind: str, content: bytes) -> array[Any]:
    """Little-endian numbers."""
    found: array[Any] = array(kind, content)
    if sys.byteorder == "big":
        found.byteswap()
    return found
