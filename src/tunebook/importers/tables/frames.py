"""A data frame, or another table in memory, as a sweep: the index names its trials (C11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tunebook.domain.errors import TableError
from tunebook.importers.csv.curves import curves_of
from tunebook.importers.csv.dialect import Grid, grid_of_columns, no_rows
from tunebook.importers.csv.measurements import Measurements
from tunebook.importers.source import SweepSource
from tunebook.importers.tables.cell_text import cell_text
from tunebook.importers.tables.json_records import Records
from tunebook.importers.tables.json_table import sweep_of_records
from tunebook.importers.tables.table_source import source_of_grid

NAME = "the data frame"


def is_frame(value: Any) -> bool:
    """Whether a value is a table in memory that `read_frame` reads."""
    return _kind(value) is not None


def read_frame(frame: Any) -> SweepSource:
    """Read a pandas or polars frame, a pyarrow table, or a list of mappings; one row a trial.

    Args:
        frame: its columns keep their types: 0.1 is the same number here. An index of pandas
            names the trials, levels of a MultiIndex are columns. NaN of pandas is a missing
            value, as in the CSV that it would write.

    Raises:
        TableError: it is none of these, it has no rows, or a column's name stands twice.
    """
    kind = _kind(frame)
    if kind is None:
        raise TableError(
            f"a sweep is read from a path, a URL or a data frame; got {type(frame).__name__}",
            next_step="give a path, or a pandas or polars frame",
        )
    if kind == "records":
        rows = [dict(row) for row in frame]
        found = Records(rows=rows, lines=list(range(1, len(rows) + 1)))
        return sweep_of_records(found, "the list of trials")
    header, columns = {"pandas": _pandas, "polars": _polars, "pyarrow": _arrow}[kind](frame)
    if not columns or not columns[0]:
        raise no_rows(NAME)
    lines = list(range(1, len(columns[0]) + 1))
    cells = [list(map(cell_text, column)) for column in columns]
    return source_of_grid(grid_of_columns(header, cells, lines, NAME), NAME)


def curves_of_frame(frame: Any) -> Measurements:
    """The curves in a frame: trial, step, metric, value, or a column for each metric."""
    rows = read_frame(frame).rows
    grid = Grid(
        header=rows.header,
        columns=rows.cells,
        lines=list(rows.lines),
        left_out=rows.left_out,
        notes=rows.notes,
    )
    return curves_of(grid, NAME)


def _kind(value: Any) -> str | None:
    """The library that a frame belongs to; nothing is imported to tell it."""
    package = type(value).__module__.partition(".")[0]
    if type(value).__name__ == "DataFrame" and package in ("pandas", "polars"):
        return package
    if type(value).__name__ == "Table" and package == "pyarrow":
        return package
    if (
        isinstance(value, Sequence)
        and not isinstance(value, str | bytes)
        and value
        and all(isinstance(row, Mapping) for row in value)
    ):
        return "records"
    return None


def _pandas(frame: Any) -> tuple[list[str], list[list[Any]]]:
    header = [_joined(name) for name in frame.columns]
    columns = [_missing(frame.iloc[:, i]) for i in range(len(header))]
    names: list[str] = []
    levels: list[list[Any]] = []
    for i, name in enumerate(frame.index.names):
        own = "" if name is None else _joined(name)
        if own in header or own in names:
            own = "" if "" not in (*header, *names) else f"level_{i}"
        names.append(own)
        levels.append(list(frame.index.get_level_values(i)))
    return [*names, *header], [*levels, *columns]


def _missing(column: Any) -> list[Any]:
    """The values of a column, None for what pandas calls missing."""
    missing = column.isna().tolist()
    return [None if gone else v for v, gone in zip(column.tolist(), missing, strict=True)]


def _joined(name: Any) -> str:
    """A column's name; the levels of several with a `_` between, as Optuna's frame has them."""
    if isinstance(name, tuple):
        return "_".join(str(part) for part in name if str(part))
    return str(name)


def _polars(frame: Any) -> tuple[list[str], list[list[Any]]]:
    while any(str(kind).startswith("Struct") for kind in frame.dtypes):
        for name, kind in zip(frame.columns, frame.dtypes, strict=True):
            if str(kind).startswith("Struct"):
                inner = [f"{name}.{field.name}" for field in kind.fields]
                frame = frame.with_columns(frame[name].struct.rename_fields(inner))
                frame = frame.unnest(name)
    return list(frame.columns), [frame[name].to_list() for name in frame.columns]


def _arrow(table: Any) -> tuple[list[str], list[list[Any]]]:
    return list(table.column_names), [column.to_pylist() for column in table.columns]
