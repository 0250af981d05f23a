"""Messages of protocol buffers, field by field, without their classes."""

from __future__ import annotations

import struct
from collections.abc import Iterator

Value = int | bytes
"""A number, of fixed-width fields its bytes; of texts, messages and packed numbers their bytes."""


class Malformed(ValueError):
    """Bytes that are no message."""


def fields(message: bytes) -> Iterator[tuple[int, Value]]:
    """The number and the value of each field, in their order.

    Raises:
        Malformed: the message ends within a field, or has a kind of field that there is none of.

    Example:
        >>> list(fields(bytes([8, 150, 1, 18, 2, 104, 105])))
        [(1, 150), (2, b'hi')]
    """
    at, end = 0, len(message)
    while at < end:
        key, at = _varint(message, at)
        kind = key & 7
        value: Value
        if key < 8:
            raise Malformed("a field without a number")
        if kind == 0:
            value, at = _varint(message, at)
        else:
            if kind == 2:
                size, at = _varint(message, at)
            elif kind in (1, 5):
                size = 8 if kind == 1 else 4
            else:
                raise Malformed(f"a field of kind {kind}")
            value = message[at : at + size]
            at += size
            if at > end:
                raise Malformed("it ends within a field")
        yield key >> 3, value


def _varint(message: bytes, at: int) -> tuple[int, int]:
    """A number of variable length, and the place behind it."""
    found = shift = 0
    try:
        while True:
            byte = message[at]
            at += 1
            found |= (byte & 127) << shift
            if byte < 128:
                return found, at
            shift += 7
            if shift > 63:
                raise Malformed("a number of more than 64 bits")
    except IndexError:
        raise Malformed("it ends within a number") from None


def signed(value: Value) -> int:
    """A number of 64 bits with its sign; 0 where the field is no number."""
    if not isinstance(value, int):
        return 0
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value


def double(value: Value) -> float:
    """The number of a field of eight bytes."""
    if not isinstance(value, bytes) or len(value) != 8:
        raise Malformed("a number that has not eight bytes")
    return float(struct.unpack("<d", value)[0])


def inner(value: Value) -> bytes:
    """The bytes of a message, or of packed numbers."""
    if not isinstance(value, bytes):
        raise Malformed("a number where a message is due")
    return value


def text(value: Value) -> str:
    """The text of a field; bytes that are no UTF-8 are replaced."""
    return inner(value).decode("utf-8", "replace")
