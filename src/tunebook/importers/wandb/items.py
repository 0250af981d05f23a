"""Items of history, summary and configuration: a key, or its parts, and a value as JSON (C11)."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunebook.importers.wandb.fields import fields, spans, varint

Path = tuple[str, ...]
Cells = tuple[list[int], list[bytes]]
"""Rows in which a column has a value, and the values as JSON."""

_KEY, _NESTED, _VALUE = 1, 2, 16
_VALUE_TAG = b"\x82\x01"
_ITEM_TAG, _STEP_TAG, _NUMBER_TAG = 0x0A, 0x12, 0x08
_WORDS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}


def add_row(data: bytes, at: int, stop: int, row: int, columns: dict[bytes, Cells]) -> int | None:
    """Add the items of a history record to columns, by the bytes of their keys.

    This walks most of the bytes of a file, so that the common case is written out.

    Returns:
        The step, where the record says so.
    """
    find = data.find
    step: int | None = None
    while at < stop:
        tag, size = data[at], data[at + 1]
        if tag not in (_ITEM_TAG, _STEP_TAG):
            return _add_slowly(data, at, stop, row, columns, step)
        at += 2
        if size > 127:
            size, at = varint(data, at - 1)
        end = at + size
        if tag == _STEP_TAG:
            step = _step(data, at, end)
            at = end
            continue
        split = find(_VALUE_TAG, at, end)
        begin = split + 3
        long = split >= 0 and data[begin - 1] > 127
        if split < 0 or long or begin + data[begin - 1] != end:
            key, value = _parted(data, at, end)
        else:
            key, value = data[at:split], data[begin:end]
        own = columns.get(key)
        if own is None:
            own = columns[key] = ([], [])
        own[0].append(row)
        own[1].append(value)
        at = end
    return step


def _add_slowly(
    data: bytes, at: int, stop: int, row: int, columns: dict[bytes, Cells], step: int | None
) -> int | None:
    for number, _, begin, end in spans(data, at, stop):
        if number == 1:
            key, value = _parted(data, begin, end)
            rows, values = columns.setdefault(key, ([], []))
            rows.append(row)
            values.append(value)
        elif number == 2:
            step = _step(data, begin, end)
    return step


def _step(data: bytes, at: int, stop: int) -> int:
    """The number in a step, which is 0 where it is not there."""
    if at == stop:
        return 0
    if data[at] == _NUMBER_TAG:
        return varint(data, at + 1)[0]
    return next((value for number, value, *_ in spans(data, at, stop) if number == 1), 0)


def _parted(data: bytes, at: int, stop: int) -> tuple[bytes, bytes]:
    """The bytes of an item's key, and its value."""
    for number, _, begin, end in spans(data, at, stop):
        if number == _VALUE:
            return data[at : data.rfind(_VALUE_TAG, at, begin)], data[begin:end]
    return data[at:stop], b"null"


def path_of(key: bytes) -> Path:
    """The parts of a key, from the bytes of its fields."""
    return tuple(
        value.decode("utf-8", "replace")
        for number, value in fields(key)
        if number in (_KEY, _NESTED) and isinstance(value, bytes)
    )


def items(data: bytes, at: int, stop: int) -> Iterator[tuple[Path, bytes, bool]]:
    """Path and value of each item of a summary or configuration, and whether it is removed."""
    for number, _, begin, end in spans(data, at, stop):
        if number in (1, 2):
            key, value = _parted(data, begin, end)
            yield path_of(key), value, number == 2


def value_of(text: bytes) -> Any:
    """A value from its JSON; text that is none stays text."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text.decode("utf-8", "replace")


def numbers_of(values: Sequence[bytes]) -> tuple[NDArray[np.float64], NDArray[np.bool_] | None]:
    """The values as numbers, and which of them are none; None where all are numbers."""
    try:
        return np.fromiter(map(float, values), np.float64, len(values)), None
    except ValueError:
        pass
    read = [number_of(value_of(v)) for v in values]
    other = np.array([v is None for v in read], dtype=bool)
    return np.array([math.nan if v is None else v for v in read], np.float64), other


def number_of(value: Any) -> float | None:
    """A number, also where it is written as the text "NaN" or "Infinity"; None for others."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        try:
            return float(value)
        except OverflowError:
            return math.copysign(math.inf, value)
    return _WORDS.get(value) if isinstance(value, str) else None


_DEEP = 6


def flat(values: Mapping[str, Any], above: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Nested values under names such as `model.width`.

    What older files wrap as {"desc": ..., "value": ...} is the value.
    """
    for key, value in values.items():
        name = f"{above}{key}"
        if isinstance(value, Mapping) and set(value) == {"desc", "value"}:
            value = value["value"]
        if isinstance(value, Mapping) and value and depth < _DEEP:
            yield from flat(value, f"{name}.", depth + 1)
        else:
            yield name, value


def put(tree: dict[str, Any], path: Path, value: Any) -> None:
    """Set a value of nested dictionaries; those above are made."""
    for part in path[:-1]:
        below = tree.get(part)
        if not isinstance(below, dict):
            below = tree[part] = {}
        tree = below
    if path:
        tree[path[-1]] = value


def drop(tree: dict[str, Any], path: Path) -> None:
    """Remove a value of nested dictionaries, if it is there."""
    for part in path[:-1]:
        below = tree.get(part)
        if not isinstance(below, dict):
            return
        tree = below
    if path:
        tree.pop(path[-1], None)
