"""A JSON file of trials: a list of objects, one object a line, or objects by name (C11)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tunebook.importers.csv.columns import TrialRows, content_of, source_of, text_of
from tunebook.importers.csv.dialect import Grid, grid_of_columns
from tunebook.importers.csv.known_tools import words
from tunebook.importers.csv.nested import SUMMARIES
from tunebook.importers.source import SweepSource
from tunebook.importers.tables.cell_text import cell_text
from tunebook.importers.tables.histories import take_curves
from tunebook.importers.tables.json_records import Records, records_of
from tunebook.importers.tables.json_values import values_of

_DEEP = 8


def read_json(place: Path, study: str = "") -> SweepSource:
    """Read the trials of a JSON file, nested configurations and lists of curves included.

    Args:
        place: the file; gzip or not.
        study: not used: a file holds one.

    Raises:
        TableError: it is no JSON, or holds no list of objects.
    """
    del study
    source = source_of(place)
    return sweep_of_records(json_records(place), source)


def json_records(place: Path) -> Records:
    """The objects of a JSON file."""
    source = source_of(place)
    text = text_of(content_of(place, of_any_kind=True), source)
    return records_of(values_of(text, source), source)


def json_grid(place: Path) -> Grid:
    """The objects of a JSON file as rows under a header."""
    found = json_records(place)
    return grid_of_records(found, source_of(place))


def sweep_of_records(found: Records, source: str) -> SweepSource:
    """Objects, one a trial, as a sweep; lists of a metric's values become its curve."""
    found.rows, curves = take_curves(found.rows)
    grid = grid_of_records(found, source)
    return SweepSource(
        rows=TrialRows(
            source=source,
            header=grid.header,
            lines=tuple(grid.lines),
            cells=grid.columns,
            left_out=grid.left_out,
            notes=grid.notes,
        ),
        curves=curves,
    )


def grid_of_records(found: Records, source: str) -> Grid:
    """Objects as rows; a key that one of them lacks is an empty cell there."""
    flat = [dict(_flat(row)) for row in found.rows]
    header = list(dict.fromkeys(key for row in flat for key in row))
    return grid_of_columns(
        header,
        [[row.get(key, "") for row in flat] for key in header],
        found.lines,
        source,
        left_out=found.left_out,
        notes=found.notes,
    )


def _flat(row: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Keys and cells of a record; what is within a key follows it after a point.

    Below `config`, `params` and the like it is stated to be a hyperparameter, below `summary` a
    result.
    """
    cells: list[tuple[str, str]] = []
    for key, value in row.items():
        plain = key.strip().lower()
        if isinstance(value, Mapping) and value:
            if plain in words()["configurations"]:
                cells += _within(value, "config/", 0, none="null")
            elif plain in SUMMARIES:
                cells += _within(value, "summary/", 0)
            else:
                cells += _within(value, f"{key}.", 0)
        else:
            cells.append((key, cell_text(value)))
    return cells


def _within(
    table: Mapping[str, Any], above: str, depth: int, none: str = ""
) -> list[tuple[str, str]]:
    cells: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, Mapping) and set(value) == {"value", "desc"}:
            value = value["value"]  # as older files of W&B have it
        if isinstance(value, Mapping) and value and depth < _DEEP:
            cells += _within(value, f"{above}{key}.", depth + 1, none)
        else:
            cells.append((f"{above}{key}", none if value is None else cell_text(value)))
    return cells
