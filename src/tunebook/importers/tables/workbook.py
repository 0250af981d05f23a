"""A sheet of an Excel workbook as trials; needs `pip install "tunebook[excel]"` (C11)."""

from __future__ import annotations

import importlib
import warnings
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunebook.domain.errors import TableError, nearest
from tunebook.domain.formats.numbers import listed
from tunebook.importers.csv.dialect import Grid, grid_of
from tunebook.importers.source import SweepSource
from tunebook.importers.tables.cell_text import cell_text
from tunebook.importers.tables.table_source import source_of_grid


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheet:
    """The rows of a sheet that have a cell, and where they stand."""

    name: str
    rows: list[list[str]]
    lines: list[int]

    @property
    def is_table(self) -> bool:
        """A header of two names at least, and a row below that has a number."""
        wide = [row for row in self.rows if sum(map(bool, row)) > 1]
        return len(wide) > 1 and any(_is_number(cell) for row in wide[1:] for cell in row)


def read_workbook(place: Path, study: str = "") -> SweepSource:
    """Read the sheet with trials, as the workbook was last calculated.

    Args:
        place: an .xlsx or .xlsm file.
        study: name of the sheet; may be empty where one alone is a table.

    Raises:
        TableError: it is damaged, no sheet or several are tables, or openpyxl is not installed.
    """
    sheet, notes = _chosen(place, study)
    return source_of_grid(_grid(place, sheet), place.name, notes)


def workbook_grid(place: Path) -> Grid:
    """The rows of the one sheet that is a table."""
    return _grid(place, _chosen(place, "")[0])


def _grid(place: Path, sheet: _Sheet) -> Grid:
    try:
        return grid_of(sheet.rows, sheet.lines, place.name, commas_part=True)
    except TableError as error:
        if any(_formulas(place, sheet.name)):
            raise TableError(
                f'{place.name}: the formulas of sheet "{sheet.name}" have no values',
                next_step="open it in a spreadsheet program and save it: that calculates them",
            ) from None
        raise error


def _chosen(place: Path, study: str) -> tuple[_Sheet, list[str]]:
    sheets = _sheets(place)
    names = [sheet.name for sheet in sheets]
    if study:
        found = next((sheet for sheet in sheets if sheet.name == study), None)
        if found is None:
            raise TableError(
                f'{place.name} has no sheet "{study}".{nearest(study, names)}',
                next_step=f"name one of {listed(names, 6)}",
            )
        return found, []
    tables = [sheet for sheet in sheets if sheet.is_table] or sheets[:1]
    if not tables:
        raise TableError(f"{place.name} has no sheet", next_step="name another workbook")
    if len(tables) > 1:
        raise TableError(
            f"{place.name} has {len(tables)} sheets with tables: "
            f"{listed([sheet.name for sheet in tables], 6)}",
            next_step="name the one with trials: --study SHEET",
        )
    others = [name for name in names if name != tables[0].name]
    notes = [f'Sheet "{tables[0].name}" was read; not {listed(others, 6)}.'] if others else []
    return tables[0], notes


def _sheets(place: Path) -> list[_Sheet]:
    book = _open(place, values=True)
    try:
        return [_sheet(sheet) for sheet in book.worksheets]
    except (KeyError, ValueError, TypeError, SyntaxError, OSError, zipfile.BadZipFile) as error:
        raise _damaged(place, error) from None
    finally:
        book.close()


def _sheet(sheet: Any) -> _Sheet:
    sheet.reset_dimensions()  # what a file says of them may be wrong
    rows, lines = [], []
    for line, cells in enumerate(sheet.iter_rows(values_only=True), 1):
        row = [cell_text(cell) for cell in cells]
        if any(row):
            rows.append(row)
            lines.append(line)
    width = max(map(len, rows), default=0)
    filled = [at for at in range(width) if any(len(row) > at and row[at] for row in rows)]
    last = filled[-1] + 1 if filled else 0
    first = filled[0] if filled else 0
    rows = [(row + [""] * (last - len(row)))[first:last] for row in rows]
    return _Sheet(name=str(sheet.title), rows=rows, lines=lines)


def _formulas(place: Path, name: str) -> list[str]:
    """The formulas of a sheet, as far as it has some."""
    book = _open(place, values=False)
    try:
        cells = (c for row in book[name].iter_rows(values_only=True) for c in row)
        return [c for c in cells if isinstance(c, str) and c.startswith("=")]
    finally:
        book.close()


def _open(place: Path, *, values: bool) -> Any:
    try:
        library = importlib.import_module("openpyxl")
    except ModuleNotFoundError:
        raise TableError(
            f"{place.name} is an Excel workbook, which openpyxl reads, and openpyxl is not "
            "installed",
            next_step='pip install "tunebook[excel]"; or save the sheet as CSV UTF-8',
        ) from None
    try:
        with warnings.catch_warnings():  # of styles and extensions, which carry no number
            warnings.simplefilter("ignore")
            return library.load_workbook(place, read_only=True, data_only=values)
    except Exception as error:  # a damaged file ends in many ways
        raise _damaged(place, error) from None


def _damaged(place: Path, error: Exception) -> TableError:
    return TableError(
        f"{place.name} is no whole workbook: {str(error) or type(error).__name__}",
        next_step="copy it anew, or save the sheet as CSV UTF-8",
    )


def _is_number(cell: str) -> bool:
    try:
        float(cell.rstrip("%").replace(",", "."))
    except ValueError:
        return False
    return True
