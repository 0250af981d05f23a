"""Curves as packed chunks: many points of one metric in one row, never a row a point.

A chunk is in the packed form (`packing.py`) where that is shorter, else its steps (int64), values
and times (float64) one after the other, little-endian: 24 bytes a point, which no packed one has.
Books of schema 0005 and before have plain ones alone. One CRC-32 is over the bytes as stored.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tunebook.domain.errors import BookDamagedError
from tunebook.store.curves.layout import PLAIN, inflated
from tunebook.store.curves.packing import layout_of, pack_columns, unpack_columns

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
    content = b""
    if len(points.steps) > 1:
        content = pack_columns(points.steps, points.values, points.times)
    if not content or len(content) >= PLAIN * len(points.steps):
        content = (
            points.steps.astype("<i8").tobytes()
            + points.values.astype("<f8").tobytes()
            + points.times.astype("<f8").tobytes()
        )
    return content, zlib.crc32(content)


def unpack(content: bytes, crc32: int, count: int, where: str) -> Points:
    """The points of a chunk.

    Raises:
        BookDamagedError: the bytes are not those that were stored.
    """
    return unpack_all([content], [crc32], [count], lambda _: where)[0]


def unpack_all(
    contents: Sequence[bytes],
    crc32s: Sequence[int],
    counts: Sequence[int],
    where: Callable[[int], str],
) -> list[Points]:
    """The points of many chunks, in their order.

    Args:
        where: the name of the trial of chunk i, for errors.

    Raises:
        BookDamagedError: some bytes are not those that were stored.
    """
    found: dict[int, Points] = {}
    for block in unpack_blocks(contents, crc32s, counts, where):
        for row, i in enumerate(block.places):
            found[i] = Points(block.steps[row], block.values[row], block.times[row])
    return [found[i] for i in range(len(contents))]


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Chunks that are of one length and layout.

    Attributes:
        places: which of those that were asked for.
        steps, values, times: of them; times are empty where they were not asked for.
    """

    places: list[int]
    steps: Int[np.ndarray, "chunks points"]
    values: Float[np.ndarray, "chunks points"]
    times: Float[np.ndarray, "chunks points"]


def unpack_blocks(
    contents: Sequence[bytes],
    crc32s: Sequence[int],
    counts: Sequence[int],
    where: Callable[[int], str],
    *,
    times: bool = True,
) -> list[Block]:
    """Many chunks by as few passes as there are lengths and layouts among them.

    Raises:
        BookDamagedError: some bytes are not those that were stored.
    """
    alike: dict[tuple[int, bytes], tuple[list[int], list[bytes]]] = {}
    for i, (content, crc32, n) in enumerate(zip(contents, crc32s, counts, strict=True)):
        if zlib.crc32(content) != crc32:
            raise _damaged(where(i))
        if len(content) == PLAIN * n:
            kind, body = b"", content
        else:
            try:
                body = inflated(content, n)
            except ValueError:
                raise _damaged(where(i)) from None
            kind = layout_of(body)
        group = alike.get((n, kind))
        if group is None:
            group = alike[n, kind] = ([], [])
        group[0].append(i)
        group[1].append(body)
    blocks = []
    for (n, kind), (places, bodies) in alike.items():
        try:
            columns = unpack_columns(bodies, n, times=times) if kind else _plain(bodies, n)
        except ValueError:
            raise _damaged(where(places[0])) from None
        blocks.append(Block(places, *columns))
    return blocks


def _plain(contents: Sequence[bytes], n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    whole = b"".join(contents)
    steps, times = (np.frombuffer(whole, k).reshape(len(contents), 3, n) for k in ("<i8", "<f8"))
    return steps[:, 0], times[:, 1], times[:, 2]


def _damaged(where: str) -> BookDamagedError:
    return BookDamagedError(
        f"a part of the curves of {where} is damaged: its checksum does not hold",
        next_step="restore the book from a copy; every other trial can still be read",
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
