"""What W&B wrote, stored here, and how to make files with other contents of it."""

from __future__ import annotations

import json
import struct
import tarfile
import zlib
from pathlib import Path

from written_by_tools import Written

STORED = Path(__file__).parent / "stored/wandb-0.31.0.tar.xz"
BLOCK = 32768


def unpack(folder):
    """The stored sample."""
    with tarfile.open(STORED) as archive:
        archive.extractall(folder, filter="data")
    runs = json.loads((folder / "truth.json").read_text("utf-8"))["runs"]
    return Written(folder=folder, runs=runs)


def file_of(records):
    """A `.wandb` file of these records."""
    out = bytearray(struct.pack("<4sHB", b":W&B", 0xBEE1, 0))
    for record in records:
        begin = 0
        while True:
            left = BLOCK - len(out) % BLOCK
            if left < 7:
                out += bytes(left)
                left = BLOCK
            part = record[begin : begin + left - 7]
            first, last = begin == 0, begin + len(part) == len(record)
            kind = 1 if first and last else 2 if first else 4 if last else 3
            out += struct.pack("<IHB", zlib.crc32(bytes([kind]) + part), len(part), kind) + part
            begin += len(part)
            if last:
                break
    return bytes(out)


def varint(value):
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def message(**parts):
    """A protobuf message: `f2=` is field 2, of bytes, text, whole number, or several of them."""
    out = b""
    for name, value in parts.items():
        number = int(name[1:])
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, int):
                out += varint(number << 3) + varint(one)
            else:
                one = one.encode() if isinstance(one, str) else one
                out += varint(number << 3 | 2) + varint(len(one)) + one
    return out


def history(row):
    """A record of the history, with keys as older versions write them."""
    return message(f2=message(f1=[message(f1=k, f16=json.dumps(v)) for k, v in row.items()]))


def run_record(id, config, **more):
    """A record of a run; `more` are further fields of it."""
    items = [message(f1=k, f16=json.dumps(v)) for k, v in config.items()]
    return message(f17=message(f1=id, f4=message(f1=items), f17=message(f1=1700000000), **more))


def ended(code=0):
    return message(f18=message(f1=code))
