"""The packed form of a curve: what its numbers have in common is written once, to the last bit.

A packed chunk is one byte that names this form, then raw deflate of

    kinds of steps, values and times (a byte each), one byte of 0,
    denominator (uint32), first step and stride (int64), then the three columns,

little-endian, each column by planes: the first bytes of all its numbers, then the second ones.
A column is written as the first of these that gives back every bit of it:

    steps    first + stride * i; differences (int32); int64
    values   float32; whole numbers over one denominator, as differences; float64
    times    ten-thousandths of a second, as differences (int32); float64

Numbers that are of none of these kinds are kept as they are.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from tunebook.store.curves.layout import (
    FLOAT32,
    FLOAT64,
    FORM,
    HEAD,
    INT64,
    LINE,
    RATIO,
    STEP_DIFFERENCES,
    TICKS,
    TICKS_OF_TIME,
    TIMES,
    WIDTH,
)

if TYPE_CHECKING:
    from jaxtyping import Float, Int

_LARGEST = 2**30
_LARGEST_DENOMINATOR = 1_000_000
MOST_FACTORS = 4
"""Numbers that are asked for their denominator, each one that those before did not explain."""


def pack_columns(
    steps: Int[np.ndarray, "points"],
    values: Float[np.ndarray, "points"],
    times: Float[np.ndarray, "points"],
) -> bytes:
    """A chunk in the packed form; it may be longer than the numbers themselves."""
    of_steps, first, stride, packed_steps = _of_steps(steps)
    of_values, denominator, packed_values = _of_values(values)
    of_times, packed_times = _of_times(times)
    head = HEAD.pack(of_steps, of_values, of_times, denominator, first, stride)
    deflate = zlib.compressobj(6, zlib.DEFLATED, -15)
    body = deflate.compress(b"".join((head, packed_steps, packed_values, packed_times)))
    return b"".join((FORM, body, deflate.flush()))


def layout_of(body: bytes) -> bytes:
    """What chunks have in common that are unpacked together: their kinds."""
    return body[:3]


def unpack_columns(
    bodies: Sequence[bytes], n: int, *, times: bool = True
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Steps, values and times of chunks of one layout and of `n` points each.

    Args:
        bodies: inflated chunks, all of the same `layout_of`.
        n: points in each, at least 1.
        times: False leaves them packed.

    Returns:
        arrays of shape (chunks, n); of the times (chunks, 0) where they were not asked for.

    Raises:
        ValueError: a chunk is of unknown kinds, or not of this length.
    """
    kinds = tuple(bodies[0][:3])
    try:
        widths = [of[kind] for of, kind in zip(WIDTH, kinds, strict=True)]
    except IndexError:
        raise ValueError(f"unknown kinds of numbers {kinds}") from None
    size = HEAD.size + n * sum(widths)
    whole = np.frombuffer(b"".join(bodies), np.uint8)
    if whole.size != size * len(bodies) or any(len(b) != size for b in bodies):
        raise ValueError("not the length that it should have")
    rows = whole.reshape(len(bodies), size)
    denominators = _field(rows, 4, 4, "<u4")
    first, stride = _field(rows, 8, 8, "<i8"), _field(rows, 16, 8, "<i8")
    ends = HEAD.size + n * np.cumsum([0, *widths])
    columns = [rows[:, a:b] for a, b in pairwise(ends)]
    return (
        _steps(kinds[0], columns[0], n, first, stride),
        _values(kinds[1], columns[1], n, denominators),
        _unpacked_times(kinds[2], columns[2], n) if times else np.empty((len(bodies), 0)),
    )


def _of_steps(steps: Int[np.ndarray, "points"]) -> tuple[int, int, int, bytes]:
    differences = np.diff(steps)
    stride = int(differences[0]) if differences.size else 0
    if (differences == stride).all():
        return LINE, int(steps[0]), stride, b""
    if differences.min() >= 0 and differences.max() < _LARGEST:
        # The first is 0, so that all columns have the same number of entries.
        return STEP_DIFFERENCES, int(steps[0]), 0, _planes(_differences(steps - steps[0]), "<i4")
    return INT64, 0, 0, _planes(steps, "<i8")


def _steps(kind: int, column: Any, n: int, first: Any, stride: Any) -> np.ndarray:
    if kind == LINE:
        return np.asarray(first + stride * np.arange(n))
    if kind == STEP_DIFFERENCES:
        return np.asarray(first + np.cumsum(_joined(column, n, "<i4"), axis=1, dtype=np.int64))
    return _joined(column, n, "<i8").astype(np.int64)


def _of_values(values: Float[np.ndarray, "points"]) -> tuple[int, int, bytes]:
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        single = values.astype("<f4")
        if _same_bits(single.astype(np.float64), values):
            return FLOAT32, 0, _planes(single, "<f4")
    found = _over_one_denominator(values)
    if found is not None:
        denominator, counts = found
        return RATIO, denominator, _planes(_folded(_differences(counts)), "<i4")
    return FLOAT64, 0, _planes(values, "<f8")


def _values(kind: int, column: Any, n: int, denominators: Any) -> np.ndarray:
    if kind == FLOAT32:
        with np.errstate(invalid="ignore"):
            return _joined(column, n, "<f4").astype(np.float64)
    if kind == RATIO:
        counts = np.cumsum(_unfolded(_joined(column, n, "<i4")), axis=1, dtype=np.int64)
        return np.asarray(counts / denominators)
    return _joined(column, n, "<f8").astype(np.float64)


def _of_times(times: Float[np.ndarray, "points"]) -> tuple[int, bytes]:
    if np.isfinite(times).all() and np.abs(times).max() < 2**40:
        ticks = np.rint(times * TICKS).astype(np.int64)
        differences = _differences(ticks)
        if np.abs(differences).max() < _LARGEST and _same_bits(ticks / TICKS, times):
            return TICKS_OF_TIME, _planes(_folded(differences), "<i4")
    return TIMES, _planes(times, "<f8")


def _unpacked_times(kind: int, column: Any, n: int) -> np.ndarray:
    if kind == TICKS_OF_TIME:
        ticks = np.cumsum(_unfolded(_joined(column, n, "<i4")), axis=1, dtype=np.int64)
        return np.asarray(ticks / TICKS)
    return _joined(column, n, "<f8").astype(np.float64)


def _over_one_denominator(
    values: Float[np.ndarray, "points"],
) -> tuple[int, Int[np.ndarray, "points"]] | None:
    """Numbers as whole ones over their least common denominator; None where there is no such."""
    if not np.isfinite(values).all() or np.abs(values).max() > _LARGEST:
        return None
    denominator = 1
    odd = values[:1]
    for _ in range(MOST_FACTORS):
        own = Fraction(float(odd[0])).limit_denominator(_LARGEST_DENOMINATOR)
        denominator = math.lcm(denominator, own.denominator)
        if float(own) != odd[0] or denominator > _LARGEST_DENOMINATOR:
            return None
        counts = np.rint(values * denominator)
        agree = counts / denominator == values
        if agree.all():
            whole = counts.astype(np.int64)  # without the sign that a zero may have
            sound = np.abs(counts).max() < _LARGEST and _same_bits(whole / denominator, values)
            return (denominator, whole) if sound else None
        odd = values[~agree]
    return None


def _differences(numbers: np.ndarray) -> np.ndarray:
    """Each number less the one before it; the first as it is."""
    found = np.empty_like(numbers)
    found[:1] = numbers[:1]
    np.subtract(numbers[1:], numbers[:-1], out=found[1:])
    return found


def _same_bits(a: np.ndarray, b: np.ndarray) -> bool:
    return a.tobytes() == b.tobytes()


def _folded(numbers: Int[np.ndarray, "points"]) -> Int[np.ndarray, "points"]:
    """Small numbers of either sign as small ones without: 0, -1, 1, -2 as 0, 1, 2, 3."""
    return np.asarray((numbers << 1) ^ (numbers >> 63))


def _unfolded(numbers: np.ndarray) -> np.ndarray:
    found = numbers.astype(np.int64) & 0xFFFFFFFF
    return np.asarray((found >> 1) ^ -(found & 1))


def _planes(numbers: np.ndarray, kind: str) -> bytes:
    """Numbers by planes of bytes."""
    as_kind = np.ascontiguousarray(numbers, kind)
    return as_kind.view(np.uint8).reshape(-1, as_kind.itemsize).T.tobytes()


def _joined(column: np.ndarray, n: int, kind: str) -> np.ndarray:
    """Numbers from their planes: of shape (chunks, n)."""
    width = np.dtype(kind).itemsize
    together = np.ascontiguousarray(column.reshape(len(column), width, n).transpose(0, 2, 1))
    return together.reshape(len(column), n * width).view(kind)


def _field(rows: np.ndarray, at: int, width: int, kind: str) -> np.ndarray:
    """A number of each row's head, of shape (chunks, 1)."""
    return np.ascontiguousarray(rows[:, at : at + width]).view(kind).astype(np.int64)
