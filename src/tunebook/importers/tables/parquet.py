"""A Parquet file of trials; needs `pip install "tunebook[parquet]"` (C11)."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from tunebook.domain.errors import TableError
from tunebook.importers.csv.dialect import Grid, grid_of_columns, no_rows
from tunebook.importers.source import SweepSource
from tunebook.importers.tables.cell_text import cell_text
from tunebook.importers.tables.table_source import source_of_grid

_INDEX = "__index_level_"  # what pandas calls an index without a name


def read_parquet(place: Path, study: str = "") -> SweepSource:
    """Read one row a trial.

    Args:
        place: the file.
        study: not used: a file holds one.

    Raises:
        TableError: it is damaged or cut, or pyarrow is not installed.
    """
    del study
    return source_of_grid(parquet_grid(place), place.name)


def parquet_grid(place: Path) -> Grid:
    """The rows of a file; columns within columns follow their name after a point."""
    table = _table(place)
    if not table.num_rows:
        raise no_rows(place.name)
    flat = table
    while any(str(field.type).startswith("struct") for field in flat.schema):
        flat = flat.flatten()
    header = ["" if n.startswith(_INDEX) else str(n) for n in flat.column_names]
    cells = [list(map(cell_text, column.to_pylist())) for column in flat.columns]
    if "" in header:  # an index comes last in the file and first in every other form
        at = header.index("")
        header.insert(0, header.pop(at))
        cells.insert(0, cells.pop(at))
    return grid_of_columns(header, cells, list(range(1, table.num_rows + 1)), place.name)


def _table(place: Path) -> Any:
    try:
        parquet = importlib.import_module("pyarrow.parquet")
    except ModuleNotFoundError:
        raise TableError(
            f"{place.name} is a Parquet file, which pyarrow reads, and pyarrow is not installed",
            next_step='pip install "tunebook[parquet]"',
        ) from None
    arrow = importlib.import_module("pyarrow")
    try:
        return parquet.ParquetFile(place).read()
    except (arrow.ArrowException, OSError, ValueError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise TableError(
            f"{place.name} is no whole Parquet file: {first}",
            next_step="copy it anew: the end of such a file says where its columns are",
        ) from None
