"""The records in a `.wandb` file: blocks of 32 KiB, each record with its checksum (C11).

The layout is that of LevelDB's log under a header of seven bytes; the checksum is zlib's.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass

MAGIC = b":W&B"
_FILE_HEADER = struct.Struct("<4sHB")
_MAGIC_NUMBER, _VERSION = 0xBEE1, 0
_HEADER = struct.Struct("<IHB")
_BLOCK = 32768
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4
_BEGUN = {kind: zlib.crc32(bytes([kind])) for kind in (_FULL, _FIRST, _MIDDLE, _LAST)}


class NewerLog(ValueError):
    """The file is of a version that is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What a file holds.

    Attributes:
        records: the bytes of each whole record.
        cut: the file ends within a record, as one that is being written does.
        damaged: number of places where bytes were skipped, up to the next block.
    """

    records: list[bytes]
    cut: bool
    damaged: int


def read_log(content: bytes) -> Log:
    """Every whole record of a file's bytes.

    Raises:
        NewerLog: the file has another version.
        ValueError: it is no such file.
    """
    if len(content) < _FILE_HEADER.size:
        if not MAGIC.startswith(content[: len(MAGIC)]):
            raise ValueError("it is no file of W&B")
        return Log(records=[], cut=True, damaged=0)
    magic, number, version = _FILE_HEADER.unpack_from(content)
    if magic != MAGIC or number != _MAGIC_NUMBER:
        raise ValueError("it is no file of W&B")
    if version != _VERSION:
        raise NewerLog(f"its format has version {version}")
    return _records(content)


def _records(content: bytes) -> Log:
    records: list[bytes] = []
    parts: list[bytes] = []
    size, at, damaged, cut = len(content), _FILE_HEADER.size, 0, False
    crc32, header = zlib.crc32, _HEADER.unpack_from
    while at < size:
        left = _BLOCK - at % _BLOCK
        if left < 7:
            at += left
            continue
        if size - at < 7:
            cut = True
            break
        check, length, kind = header(content, at)
        if check == length == kind == 0:  # room that was not written yet
            cut, at = True, at + left
            continue
        end = at + 7 + length
        whole = kind in _BEGUN and length + 7 <= left
        if whole and end > size:
            cut = True
            break
        data = content[at + 7 : end]
        if not whole or crc32(data, _BEGUN[kind]) != check:
            damaged, at = damaged + 1, at + left
            parts.clear()
            continue
        at, cut = end, False
        if kind == _FULL:
            records.append(data)
        elif kind == _FIRST:
            parts = [data]
        elif parts:
            parts.append(data)
            if kind == _LAST:
                records.append(b"".join(parts))
                parts = []
    return Log(records=records, cut=cut or bool(parts), damaged=damaged)
