"""Records of an event file: a length, its checksum, the content, its checksum."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import BinaryIO

HEAD, TAIL = 12, 4
LARGEST = 1 << 20
"""Bytes of a content that is read: larger ones are pictures or graphs."""
_BLOCK = 1 << 20


class End(StrEnum):
    """How a file ends."""

    WHOLE = "whole"
    CUT = "cut"  # within a record: it is still written, or was when the writer was stopped
    DAMAGED = "damaged"  # a length that its checksum contradicts


def records(file: Path) -> Iterator[bytes | End]:
    """The content of each whole record, and last how the file ends.

    Raises:
        OSError: it can't be read.
    """
    with file.open("rb", buffering=_BLOCK) as opened:
        yield from _records(opened, file.stat().st_size)


def _records(opened: BinaryIO, size: int) -> Iterator[bytes | End]:
    """As `records`, of a file that has this size by now."""
    at, unpack = 0, struct.Struct("<Q").unpack
    while at < size:
        head = opened.read(HEAD)
        if len(head) < HEAD:
            yield End.CUT
            return
        if _masked_crc(head[:8]) != head[8:]:
            yield End.DAMAGED
            return
        (length,) = unpack(head[:8])
        at += HEAD + length + TAIL
        if at > size:
            yield End.CUT
            return
        if length > LARGEST:
            opened.seek(length + TAIL, 1)
            continue
        content = opened.read(length + TAIL)
        if len(content) < length + TAIL:
            yield End.CUT
            return
        yield content[:length]
    yield End.WHOLE


def is_event_file(content: bytes) -> bool:
    """Whether a file that begins so is one: its first length agrees with its checksum."""
    return len(content) >= HEAD and _masked_crc(content[:8]) == content[8:HEAD]


def _table() -> tuple[int, ...]:
    found = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (0x82F63B78 if byte & 1 else 0)
        found.append(byte)
    return tuple(found)


_CRC32C = _table()
_KNOWN: dict[bytes, bytes] = {}
_MOST_KNOWN = 10_000


def _masked_crc(length: bytes) -> bytes:
    """The checksum that stands behind these bytes; lengths are few, so each is worked out once."""
    found = _KNOWN.get(length)
    if found is None:
        crc = 0xFFFFFFFF
        for byte in length:
            crc = _CRC32C[(crc ^ byte) & 0xFF] ^ crc >> 8
        crc ^= 0xFFFFFFFF
        masked = ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF
        found = masked.to_bytes(4, "little")
        if len(_KNOWN) < _MOST_KNOWN:
            _KNOWN[length] = found
    return found
