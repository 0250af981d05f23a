"""Columns whose cells are whole configurations or summaries, as columns of their own (C11).

`{"lr": 0.1}` in a column `config` is a column `config/lr`. Cells are JSON, or a literal of Python
that is read as data and never run.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Mapping
from typing import Any

from tunebook.importers.csv.column_profile import is_missing
from tunebook.importers.csv.known_tools import words

SUMMARIES = frozenset({"summary", "metrics", "results", "result", "scores", "summary_metrics"})

_LONGEST = 100_000  # characters of a cell that is read
_MOST = 500  # keys: more are no configuration
_DEEP = 6


def spread_nested(cells: Mapping[str, list[str]]) -> tuple[dict[str, list[str]], list[str]]:
    """The columns with each nested one in the place of itself, and a note for each of those.

    A column whose keys are columns already is kept as it is: the same in other words.
    """
    found = dict(cells)
    notes = []
    for column, own in cells.items():
        what = column.strip().lower()
        if what not in (*words()["configurations"], *SUMMARIES):
            continue
        is_config = what in words()["configurations"]
        rows = _rows(own, "null" if is_config else "")
        if rows is None:
            continue
        keys = list(dict.fromkeys(key for row in rows for key in row))
        others = {name.lower().split("/")[-1] for name in cells}
        others |= {name.lower().removeprefix("params_").removeprefix("param_") for name in cells}
        if not keys or len(keys) > _MOST or any(key.lower() in others for key in keys):
            continue
        prefix = "config" if is_config else "summary"
        del found[column]
        for key in keys:
            found.setdefault(f"{prefix}/{key}", [row.get(key, "") for row in rows])
        notes.append(f'Column "{column}" holds {len(keys)} columns, which were read from it.')
    return found, notes


def _rows(cells: list[str], none: str) -> list[dict[str, str]] | None:
    """Each cell's keys and values, or None where one is no table."""
    rows: list[dict[str, str]] = []
    for cell in cells:
        if is_missing(cell):
            rows.append({})
            continue
        if cell[:1] != "{" or len(cell) > _LONGEST:
            return None
        read = _read(cell)
        if not isinstance(read, dict):
            return None
        rows.append(dict(_flat(read, "", 0, none)))
    return rows if any(rows) else None


def _read(cell: str) -> object:
    try:
        return json.loads(cell)
    except (ValueError, RecursionError):
        pass
    try:
        return ast.literal_eval(cell)
    except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
        return None


def _flat(table: Mapping[Any, Any], above: str, depth: int, none: str) -> list[tuple[str, str]]:
    found = []
    for key, value in table.items():
        name = f"{above}{key}"
        if isinstance(value, Mapping) and set(value) == {"value", "desc"}:
            value = value["value"]  # as older files of W&B have it
        if isinstance(value, Mapping) and depth < _DEEP:
            found += _flat(value, f"{name}.", depth + 1, none)
        else:
            found.append((name, none if value is None else _spell(value)))
    return found


def _spell(value: object) -> str:
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool | int | float):
        return repr(value)
    return json.dumps(value, default=str)
