"""The table of results of Syne Tune: one row a report, in a CSV file that is zipped (C11)."""

from __future__ import annotations

import csv
import io
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tunebook.domain.errors import TableError
from tunebook.importers.syne_tune.folders import RESULTS

_LONGEST = 2_000_000_000
TRIAL = "trial_id"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reports:
    """Columns of all reports, and which rows are of which trial.

    Attributes:
        cells: of each column, in the order of the file.
        of: rows of each trial, in the order in which trials first reported.
        cut: the last row is half written and was left out.
    """

    cells: Mapping[str, Sequence[str]]
    of: Mapping[str, NDArray[np.int64]]
    cut: bool = False

    def numbers(self, name: str) -> NDArray[np.float64] | None:
        """A column as numbers, NaN where a cell is empty; None where a cell is no number."""
        cells = self.cells[name]
        try:
            return np.array([cell or "nan" for cell in cells], dtype=np.float64)
        except ValueError:
            return None


def read_reports(folder: Path) -> Reports:
    """Read the table.

    Raises:
        TableError: it can't be read, or has no column of trials.
    """
    file = next(folder / name for name in RESULTS if (folder / name).is_file())
    shown = f"{folder.name}/{file.name}"
    rows = csv.reader(io.StringIO(_text(file, shown)))
    try:
        header = next(rows, [])
        read = [row for row in rows if row]
    except csv.Error as error:
        raise TableError(
            f"{shown} is no whole CSV: {error}", next_step="take it from a backup"
        ) from None
    if TRIAL not in header:
        raise TableError(
            f"{shown} has no column {TRIAL}", next_step="name the folder of a tuning that has run"
        )
    cut = bool(read) and len(read[-1]) != len(header)
    whole = [row for row in read if len(row) == len(header)]
    columns = zip(*whole, strict=True) if whole else ([] for _ in header)
    cells = dict(zip(header, columns, strict=True))
    rows_of: dict[str, list[int]] = {}
    for i, trial in enumerate(cells[TRIAL]):
        rows_of.setdefault(trial, []).append(i)
    of = {trial: np.array(own, np.int64) for trial, own in rows_of.items()}
    return Reports(cells=cells, of=of, cut=cut)


def _text(file: Path, shown: str) -> str:
    try:
        if file.suffix != ".zip":
            return file.read_text("utf-8", errors="replace")
        with zipfile.ZipFile(file) as packed:
            inside = [i for i in packed.infolist() if i.filename.endswith(".csv")]
            if len(inside) != 1 or inside[0].file_size > _LONGEST:
                raise TableError(
                    f"{shown} holds {len(inside)} CSV files of at most 2 GB, not one",
                    next_step="name the folder of a tuning",
                )
            return packed.read(inside[0]).decode("utf-8", errors="replace")
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise TableError(
            f"{shown} is no whole zip file: {error}",
            next_step="Syne Tune writes it anew every few seconds: try again, or take a backup",
        ) from None
    except OSError as error:
        raise TableError(
            f"{shown} can't be read: {error.strerror or error}", next_step="make it readable"
        ) from None
