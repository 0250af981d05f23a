"""Which values of a JSON file are the trials: shapes that people and pandas write (C11).

One object a trial; in a list, one a line, under a key such as `runs`, by the trial's name, or as
columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tunebook.domain.errors import TableError
from tunebook.domain.formats.numbers import listed
from tunebook.importers.tables.json_values import Values

NAME = "trial"
_KEYS = ("trials", "runs", "results", "experiments", "records", "rows", "data", "configs")
"""Keys under which trials stand, the likeliest first."""
_DEEP = 4


@dataclass(slots=True, kw_only=True)
class Records:
    """One object a trial.

    Attributes:
        rows: the objects.
        lines: line of each, or its number where they are one document.
        left_out: "line 3: reason".
        notes: a sentence each.
    """

    rows: list[dict[str, Any]]
    lines: list[int]
    left_out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def records_of(values: Values, source: str) -> Records:
    """The trials of a file.

    Raises:
        TableError: nothing in it is a list of objects; says what it is.
    """
    if values.whole:
        rows = _found(values.items[0], 0)
        if rows is None:
            raise _no_trials(values.items[0], source)
        found = Records(rows=[], lines=[], notes=[*values.notes])
        for i, row in enumerate(rows, 1):
            _add(found, row, i, f"record {i}")
        _say_others(found, values.items[0], rows)
    else:
        found = Records(rows=[], lines=[], left_out=[*values.left_out], notes=[*values.notes])
        for row, line in zip(values.items, values.lines, strict=True):
            _add(found, row, line, f"line {line}")
    if not found.rows:
        raise _no_trials(values.items[0], source)
    return found


def _add(found: Records, row: Any, line: int, where: str) -> None:
    if isinstance(row, dict):
        found.rows.append(row)
        found.lines.append(line)
    elif not isinstance(row, list) or row:
        found.left_out.append(f"{where}: it is {_what(row)}, not an object")


def _found(value: Any, depth: int) -> list[Any] | None:
    """The trials in a document, or None where it has none."""
    if isinstance(value, list):
        if any(isinstance(row, dict) for row in value):
            return value
        return _with_header(value)
    if not isinstance(value, dict) or depth > _DEEP:
        return None
    for shape in (_split, _under_a_key, _columns, _named):
        found = shape(value, depth)
        if found is not None:
            return found
    return None


def _with_header(rows: list[Any]) -> list[Any] | None:
    """Lists of cells, the first of which names them."""
    if len(rows) < 2 or not all(isinstance(row, list) for row in rows):
        return None
    header = rows[0]
    if not header or not all(isinstance(name, str) for name in header):
        return None
    return [dict(zip(header, row, strict=False)) for row in rows[1:]]


def _split(value: dict[str, Any], depth: int) -> list[Any] | None:
    """As pandas writes with orient="split": names of columns apart from the cells."""
    del depth
    names, rows = value.get("columns"), value.get("data")
    if not isinstance(names, list) or not isinstance(rows, list):
        return None
    index = value.get("index")
    index = index if isinstance(index, list) and len(index) == len(rows) else None
    own = ["_".join(map(str, n)) if isinstance(n, list) else str(n) for n in names]
    cells = [dict(zip(own, row, strict=False)) for row in rows if isinstance(row, list)]
    if len(cells) < len(rows):
        return None
    return (
        cells if index is None else [_with_name(n, c) for n, c in zip(index, cells, strict=True)]
    )


def _under_a_key(value: dict[str, Any], depth: int) -> list[Any] | None:
    """A list of objects, or objects by name, under one key."""
    lists = [k for k, v in value.items() if isinstance(v, list) and _objects(v)]
    chosen = [k for k in _KEYS if k in lists] or lists
    if chosen and (len(lists) == 1 or len(value) > len(lists) or chosen[0] in _KEYS):
        return list(value[chosen[0]])
    for key in _KEYS:
        if isinstance(value.get(key), dict | list):
            found = _found(value[key], depth + 1)
            if found is not None:
                return found
    return None


def _columns(value: dict[str, Any], depth: int) -> list[Any] | None:
    """Lists of one length by the column's name, or pandas's own: cells by row, by column."""
    del depth
    own = list(value.values())
    if len(own) < 2:
        return None
    if all(isinstance(v, list) for v in own) and len({len(v) for v in own}) == 1 and own[0]:
        return [dict(zip(value, row, strict=True)) for row in zip(*own, strict=True)]
    if not all(isinstance(v, dict) and v for v in own) or len({tuple(v) for v in own}) > 1:
        return None
    index = list(own[0])
    if not _is_column_wise(own, index):
        return None
    return [
        _with_name(key, {name: column[key] for name, column in value.items()}) for key in index
    ]


def _is_column_wise(tables: Sequence[Mapping[str, Any]], keys: Sequence[str]) -> bool:
    """Whether each table is a column: of one type, while each of their keys has several."""
    across = all(len(_types(table.values())) == 1 for table in tables)
    along = all(len(_types(table[key] for table in tables)) == 1 for key in keys)
    if across is not along:
        return across
    return len(keys) > len(tables)


def _types(values: Iterable[Any]) -> set[type]:
    kinds = {float if type(v) is int else type(v) for v in values if v is not None}
    return kinds or {type(None)}


def _named(value: dict[str, Any], depth: int) -> list[Any] | None:
    """Objects by the name of their trial."""
    del depth
    if len(value) < 2 or not all(isinstance(v, dict) for v in value.values()):
        return None
    keys = [set(v) for v in value.values()]
    if not set.intersection(*keys):
        return None  # a configuration in parts, not trials
    return [_with_name(name, row) for name, row in value.items()]


def _with_name(name: Any, row: Mapping[str, Any]) -> dict[str, Any]:
    return {("" if NAME in row else NAME): str(name), **row}


def _objects(value: Sequence[Any]) -> bool:
    return bool(value) and all(isinstance(row, dict) for row in value)


def _say_others(found: Records, value: Any, rows: list[Any]) -> None:
    """Note what stands beside the trials."""
    if not isinstance(value, dict):
        return
    used = next((k for k, v in value.items() if v is rows or v == rows), None)
    others = [k for k in value if k != used]
    if used is not None and others:
        found.notes.append(f'Trials were read from "{used}"; not from {listed(others, 6)}.')


def _no_trials(value: Any, source: str) -> TableError:
    return TableError(
        f"{source} holds {_what(value)}, and no list of trials",
        next_step='write one object a trial, in a list or one a line: {"lr": 0.1, "loss": 0.5}',
    )


def _what(value: Any) -> str:
    if isinstance(value, dict):
        return f"one object with {listed(list(value), 6)}" if value else "an empty object"
    if isinstance(value, list):
        return "a list of plain values" if value else "an empty list"
    return "one value"
