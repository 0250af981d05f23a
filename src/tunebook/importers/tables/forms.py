"""In which form a table is stored, told by its first bytes; curves of every form (C11)."""

from __future__ import annotations

import gzip
import os
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from tunebook.domain.errors import TableError
from tunebook.domain.formats.numbers import listed
from tunebook.importers.csv.curves import curves_of, read_curves
from tunebook.importers.csv.dialect import Grid
from tunebook.importers.csv.measurements import Measurements
from tunebook.importers.tables.json_values import begins_as_json

_SNIFFED = 4096

TABLES = (".csv", ".tsv", ".txt", ".json", ".jsonl", ".ndjson", ".parquet", ".xlsx", ".xlsm")
"""Names of files that may be a table end so, or so and with .gz."""


def is_json(place: Path | str) -> bool:
    """Whether a file begins as JSON does."""
    return begins_as_json(first_bytes(place).decode("utf-8", "replace").lstrip("\ufeff"))


def is_parquet(place: Path | str) -> bool:
    """Whether a file is a Parquet file."""
    return first_bytes(place).startswith(b"PAR1")


def is_workbook(place: Path | str) -> bool:
    """Whether a file is an Excel workbook."""
    if not first_bytes(place).startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(place) as archive:
            return any(name.startswith("xl/") for name in archive.namelist())
    except (zipfile.BadZipFile, OSError):
        return str(place).lower().endswith((".xlsx", ".xlsm"))


def first_bytes(place: Path | str) -> bytes:
    """The first bytes of a file, unpacked; none of what is no file that can be read."""
    if isinstance(place, str):
        return b""
    try:
        with open(place, "rb") as file:
            start = file.read(_SNIFFED)
        if start[:2] == b"\x1f\x8b":
            with gzip.open(place, "rb") as packed:
                return packed.read(_SNIFFED)
        return start
    except (OSError, EOFError, zlib.error):
        return b""


def read_curves_of(path: str | os.PathLike[str]) -> Measurements:
    """Read the curves in a table of any form; shapes and errors as `read_curves`.

    Raises:
        TableError: it is no curves file.
    """
    place = Path(path)
    grid = _grid_reader(place)
    return read_curves(path) if grid is None else curves_of(grid(place), place.name)


def _grid_reader(place: Path) -> Callable[[Path], Grid] | None:
    """What reads the file into rows; None for text with columns."""
    if is_json(place):
        from tunebook.importers.tables.json_table import json_grid

        return json_grid
    if is_parquet(place):
        from tunebook.importers.tables.parquet import parquet_grid

        return parquet_grid
    if is_workbook(place):
        from tunebook.importers.tables.workbook import workbook_grid

        return workbook_grid
    return None


def table_in(folder: Path) -> Path | None:
    """The one table in a folder, or None where there is none.

    Raises:
        TableError: there are several; names them.
    """
    try:
        files = sorted(f for f in folder.iterdir() if _may_be_table(f))
    except OSError:
        return None
    if len(files) > 1:
        names = listed([f.name for f in files], 6)
        raise TableError(
            f"{folder.name or folder} has {len(files)} tables: {names}",
            next_step="name the one with a row a trial; another may have the curves: "
            "--curves-from FILE",
        )
    return files[0] if files else None


def _may_be_table(file: Path) -> bool:
    name = file.name.lower().removesuffix(".gz")
    return file.is_file() and not name.startswith(".") and name.endswith(TABLES)
