"""Fields of a protobuf message, walked without its schema (C11)."""

from __future__ import annotations

from collections.abc import Iterator

Field = int | bytes


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A number, and the place behind it.

    Raises:
        ValueError: it has more than ten bytes.
        IndexError: the data ends within it.
    """
    found = shift = 0
    while True:
        byte = data[at]
        at += 1
        found |= (byte & 127) << shift
        if byte < 128:
            return found, at
        shift += 7
        if shift > 63:
            raise ValueError("a number of more than ten bytes")


def spans(data: bytes, at: int, stop: int) -> Iterator[tuple[int, int, int, int]]:
    """Of each field between two places its number, value, and the bytes' begin and end.

    The value is that of a plain number, whose begin is -1.

    Raises:
        ValueError, IndexError: the bytes are no message.
    """
    while at < stop:
        tag, at = varint(data, at)
        wire = tag & 7
        if wire == 0:
            value, at = varint(data, at)
            yield tag >> 3, value, -1, -1
            continue
        if wire == 2:
            size, at = varint(data, at)
        elif wire in (1, 5):
            size = 8 if wire == 1 else 4
        else:
            raise ValueError(f"a field of kind {wire}")
        if at + size > stop:
            raise ValueError("a field that is longer than its message")
        yield tag >> 3, 0, at, at + size
        at += size


def fields(data: bytes) -> Iterator[tuple[int, Field]]:
    """Number and value of each field of a message: a plain number, else bytes."""
    for number, value, begin, end in spans(data, 0, len(data)):
        yield number, value if begin < 0 else data[begin:end]


def signed(value: Field) -> int:
    """A number that may be negative, as protobuf has it; 0 for bytes."""
    if isinstance(value, bytes):
        return 0
    return value - (1 << 64) if value >= 1 << 63 else value
