"""Curves as packed chunks: many points of one metric in one row, never a row a point.

A chunk holds its steps (int64), values and times (float64) one after the other, little-endian,
under one CRC-32. Packing and unpacking cost no more than copying the bytes.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tunebook.words.errors import BookDamagedError

if TYPE_CHECKING:
    from jaxtyping import Float, Int


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """Points of one metric in the order in which they were reported."""

    steps: Int[np.ndarray, "points"]
    values: Float[np.ndarray, "points"]
    times: Float[np.ndarray, "points"]


def pack(points: Points) -> tuple[bytes, int]:
    """Bytes of a chunk, and their CRC-32."""
    content = (
        points.steps.astype("<i8").tobytes()
        + points.values.astype("<f8").tobytes()
        + points.times.astype("<f8").tobytes()
    )
    return content, zlib.crc32(content)


def unpack(content: bytes, crc32: int, where: str) -> Points:
    """The points of a chunk.

    Raises:
        BookDamagedError: the bytes are not those that were stored.
    """
    if zlib.crc32(content) != crc32 or len(content) % 24:
        raise BookDamagedError(
            f"a part of the curves of {where} is damaged: its checksum does not hold",
            next_step="restore the book from a copy; every other trial can still be read",
        )
    n = len(content) // 24
    return Points(
        np.frombuffer(content, "<i8", n),
        np.frombuffer(content, "<f8", n, 8 * n),
        np.frombuffer(content, "<f8", n, 16 * n),
    )


def join(parts: Sequence[Points]) -> Points:
    """Chunks of one attempt and metric, in order, as one."""
    if len(parts) == 1:
        return parts[0]
    return Points(
        np.concatenate([p.steps for p in parts]),
        np.concatenate([p.values for p in parts]),
        np.concatenate([p.times for p in parts]),
    )


def merge(attempts: dict[int, Points], first_steps: dict[int, int], *, complete: bool) -> Points:
    """The curve that several attempts at one trial make together, by step.

    At a step that two reported the later attempt's value stands. Once the trial is complete, what
    earlier attempts reported from the last one's first step on is left out: no mixture of runs.
    """
    order = sorted(attempts)
    last_attempt = max(first_steps, default=order[-1])
    kept: list[Points] = []
    for number in order:
        points = attempts[number]
        if complete and number != last_attempt:
            before = points.steps < first_steps.get(last_attempt, 0)
            points = Points(points.steps[before], points.values[before], points.times[before])
        kept.append(points)
    whole = join(kept)
    # The last of equal steps is the latest attempt's: unique() finds the first, so turn it around.
    _, places = np.unique(whole.steps[::-1], return_index=True)
    chosen = len(whole.steps) - 1 - places
    return Points(whole.steps[chosen], whole.values[chosen], whole.times[chosen])
