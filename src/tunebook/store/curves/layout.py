"""The bytes of a chunk: its head, its kinds of numbers, their widths (see `packing`)."""

from __future__ import annotations

import struct
import zlib

PLAIN = 24
"""Bytes of a point in the plain form."""
FORM = b"\x01"
"""The byte that a packed chunk begins with."""
TICKS = 10_000
"""A log's times are rounded to this part of a second."""
HEAD = struct.Struct("<BBBxIqq")
LINE, STEP_DIFFERENCES, INT64 = 0, 1, 2
FLOAT64, FLOAT32, RATIO = 0, 1, 2
TIMES, TICKS_OF_TIME = 0, 1
WIDTH = ((0, 4, 8), (8, 4, 4), (8, 4))
"""Bytes a number of each kind: of steps, of values, of times."""


def inflated(content: bytes, n: int) -> bytes:
    """What a packed chunk of `n` points holds.

    Raises:
        ValueError: it is of another form, not whole, or more than so many points can be: a book
            of somebody else's must not fill the memory.
    """
    if content[:1] != FORM:
        raise ValueError("an unknown form")
    inflate = zlib.decompressobj(-15)
    try:
        body = inflate.decompress(content[1:], HEAD.size + n * sum(map(max, WIDTH)) + 1)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if not inflate.eof:
        raise ValueError("not the length that it should have")
    return body
