"""CSV files of trials and curves as columns of text and packed numbers (C11).

The one module that opens a file on behalf of `TrialTable.from_csv`.
"""

from __future__ import annotations

import csv
import gzip
import io
import math
import os
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tunebook.words.errors import TableError, nearest

ABSENT = frozenset({"", "none", "null", "na", "n/a", "<na>"})
"""Cells, in lower case, that say "not there"."""

_CURVE_COLUMNS = ("trial", "step", "metric", "value")

PackedCurves = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]
"""Offsets (one more than trials), steps, values; see `Curves`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRows:
    """The usable rows of a trials file, as text.

    Attributes:
        source: name of the file.
        header: names of the columns.
        names: of the trials, in the file's order; their row numbers where no column has them.
        lines: line of each trial in the file, for errors.
        cells: by column, one text a trial, without blanks around it.
        left_out: "name: reason" for rows that can't be read.
    """

    source: str
    header: tuple[str, ...]
    names: tuple[str, ...]
    lines: tuple[int, ...]
    cells: dict[str, list[str]]
    left_out: tuple[str, ...]


def read_trials(path: str | os.PathLike[str]) -> TrialRows:
    """Read a trials file: one row a trial, under a header line.

    Raises:
        TableError: there is no such file, it is no CSV, it has no rows, a column's name stands
            twice, or two rows have one trial's name.
    """
    source = _source(path)
    header, rows, lines = _read(path)
    good = [i for i, row in enumerate(rows) if len(row) == len(header)]
    left_out = [
        f"line {lines[i]}: {len(row)} cells, where the header has {len(header)}"
        for i, row in enumerate(rows)
        if len(row) != len(header)
    ]
    if not good:
        raise TableError(
            f"{source} has no row that can be read: {left_out[0]}",
            next_step="give every row a cell for each column; a cell that is not there is empty",
        )
    columns = list(zip(*(rows[i] for i in good), strict=True))
    cells = {
        name: [cell.strip() for cell in column]
        for name, column in zip(header, columns, strict=True)
    }
    names = cells.get("trial", [str(i + 1) for i in range(len(good))])
    seen: dict[str, int] = {}
    for i, name in enumerate(names):
        if name in seen:
            raise TableError(
                f'{source}: a trial has one row; "{name}" stands in lines {seen[name]} and '
                f"{lines[good[i]]}",
                next_step="give each run a name of its own in the column trial",
            )
        seen[name] = lines[good[i]]
    return TrialRows(
        source=source,
        header=header,
        names=tuple(names),
        lines=tuple(lines[i] for i in good),
        cells=cells,
        left_out=tuple(left_out),
    )


def read_curves(
    path: str | os.PathLike[str], names: Sequence[str]
) -> tuple[dict[str, PackedCurves], tuple[str, ...]]:
    """Read a curves file: one row a measurement, `trial,step,metric,value`.

    Empty values are left out; where one (trial, metric, step) stands twice, the later row holds.

    Args:
        path: of the file.
        names: of the trials, in the table's order.

    Returns:
        Packed curves by metric, and the trials that `names` does not know.

    Raises:
        TableError: there is no such file, a column is missing, or a step or value is no number.
    """
    source = _source(path)
    header, rows, lines = _read(path)
    for column in _CURVE_COLUMNS:
        if column not in header:
            raise TableError(
                f'{source}: a curves file has the columns {", ".join(_CURVE_COLUMNS)}; "{column}" '
                f"is not among {', '.join(header)}",
                next_step="write one row a measurement, under trial,step,metric,value",
            )
    for row, line in zip(rows, lines, strict=True):
        if len(row) != len(header):
            raise TableError(
                f"{source}, line {line}: {len(row)} cells, where the header has {len(header)}",
                next_step="is the file cut off? Write it anew, or drop that line",
            )
    at = {name: header.index(name) for name in _CURVE_COLUMNS}
    rows_there = [
        (row, line)
        for row, line in zip(rows, lines, strict=True)
        if row[at["value"]].strip().lower() not in ABSENT
    ]
    there = [row for row, _ in rows_there]
    there_lines = [line for _, line in rows_there]
    trial_code = {name: i for i, name in enumerate(names)}
    trials = [row[at["trial"]].strip() for row in there]
    unknown = tuple(dict.fromkeys(t for t in trials if t not in trial_code))
    metrics = [row[at["metric"]].strip() for row in there]
    metric_code = {name: i for i, name in enumerate(dict.fromkeys(metrics))}
    steps = _steps([row[at["step"]] for row in there], there_lines, source)
    values = numbers([row[at["value"]] for row in there], there_lines, source, "value")
    packed = _pack(
        np.array([trial_code.get(t, -1) for t in trials], dtype=np.int64),
        np.array([metric_code[m] for m in metrics], dtype=np.int64),
        steps,
        values,
        len(names),
        len(metric_code),
    )
    return dict(zip(metric_code, packed, strict=True)), unknown


def numbers(
    cells: Sequence[str], lines: Sequence[int], source: str, column: str
) -> NDArray[np.float64]:
    """A column of numbers; NaN where a cell is empty.

    Raises:
        TableError: a cell is no number; names its line.
    """
    try:
        return np.array(cells, dtype=np.str_).astype(np.float64)
    except ValueError:
        pass
    found = np.full(len(cells), np.nan)
    for i, cell in enumerate(cells):
        number = number_of(cell)
        if number is None and cell.strip().lower() not in ABSENT:
            raise TableError(
                f'{source}, line {lines[i]}: "{column}" is a number; got "{cell}"',
                next_step=_way_out(cell),
            )
        found[i] = math.nan if number is None else number
    return found


def _way_out(cell: str) -> str:
    bare = cell.strip().replace(",", "").replace(" ", "").replace("_", "").replace("'", "")
    if number_of(bare) is not None:
        return "write numbers without separators of thousands, with a point: 2000.5"
    return "correct the cell; one that is not there is left empty, one that diverged says nan"


def number_of(cell: str) -> float | None:
    """The number in a cell, NaN and infinities included, or None where there is none."""
    try:
        return float(cell) if "_" not in cell else None
    except ValueError:
        return None


def _read(path: str | os.PathLike[str]) -> tuple[tuple[str, ...], list[list[str]], list[int]]:
    """Header, rows and the line on which each row ends; empty lines are skipped."""
    source = _source(path)
    rows: list[list[str]] = []
    lines: list[int] = []
    reader = csv.reader(io.StringIO(_text(path), newline=""))
    try:
        for row in reader:
            if row:
                rows.append(row)
                lines.append(reader.line_num)
    except csv.Error as error:
        raise TableError(f"{source}, line {reader.line_num}: this is no CSV: {error}") from None
    if not rows:
        raise TableError(
            f"{source} is empty", next_step="it needs a header line and a row a trial"
        )
    header = tuple(name.strip() for name in rows[0])
    if len(rows) == 1:
        raise TableError(
            f"{source} has a header and no rows: there is nothing to read",
            next_step="add a row a trial",
        )
    parted = next((sign for sign in (";", "\t") if len(header) == 1 and sign in header[0]), "")
    if parted:
        raise TableError(
            f"{source}: cells stand between commas; the header has {parted!r} between them",
            next_step="save it with commas between cells, and a point in numbers",
        )
    twice = [name for i, name in enumerate(header) if name in header[:i]]
    if twice:
        raise TableError(
            f'{source}: a column has one name; "{twice[0]}" stands twice',
            next_step="rename one of the two, or drop it",
        )
    return header, rows[1:], lines[1:]


def _source(path: str | os.PathLike[str]) -> str:
    """The file's name, for errors."""
    if not isinstance(path, str | os.PathLike):
        raise TableError(f"a table is named by its file; got {path!r}", next_step="give a path")
    return Path(path).name


def _text(path: str | os.PathLike[str]) -> str:
    """The file's text; gzip is told by its first bytes, whatever the name."""
    file = Path(path)
    try:
        content = file.read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
        return content.decode("utf-8-sig")
    except FileNotFoundError:
        beside = [f.name for f in file.parent.glob("*.csv*")] if file.parent.is_dir() else []
        raise TableError(
            f"there is no file {file}.{nearest(file.name, beside)}",
            next_step=f"correct the path; it is taken from {os.getcwd()}",
        ) from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise TableError(
            f"{file.name} is damaged gzip: {error}", next_step="copy or compress it anew"
        ) from None
    except OSError as error:
        raise TableError(
            f"{file} can't be read: {error.strerror or error}",
            next_step="name a CSV file that you may read",
        ) from None
    except UnicodeDecodeError as error:
        raise TableError(
            f"{file.name} is not UTF-8 text: byte {error.start} is none",
            next_step="save it as UTF-8",
        ) from None


def _steps(cells: Sequence[str], lines: Sequence[int], source: str) -> NDArray[np.int64]:
    steps = numbers(cells, lines, source, "step")
    whole = np.isfinite(steps) & (np.abs(steps) < 2**53)
    whole[whole] = steps[whole] == np.floor(steps[whole])
    if not whole.all():
        i = int(np.argmin(whole))
        raise TableError(
            f'{source}, line {lines[i]}: "step" is a whole number; got "{cells[i]}"',
            next_step="number measurements by their training step, from 0",
        )
    return steps.astype(np.int64)


def _pack(
    trial: NDArray[np.int64],
    metric: NDArray[np.int64],
    steps: NDArray[np.int64],
    values: NDArray[np.float64],
    trials: int,
    metrics: int,
) -> list[PackedCurves]:
    """Group measurements by metric and trial, by rising step."""
    order = np.lexsort((steps, trial, metric))  # stable: a later row stays behind an earlier one
    trial, metric, steps, values = trial[order], metric[order], steps[order], values[order]
    last = np.ones(len(order), dtype=bool)
    last[:-1] = (metric[1:] != metric[:-1]) | (trial[1:] != trial[:-1]) | (steps[1:] != steps[:-1])
    keep = last & (trial >= 0)
    trial, metric, steps, values = trial[keep], metric[keep], steps[keep], values[keep]
    packed = []
    for m in range(metrics):
        a, b = np.searchsorted(metric, [m, m + 1])
        offsets = np.searchsorted(trial[a:b], np.arange(trials + 1))
        packed.append((offsets.astype(np.int64), steps[a:b], values[a:b]))
    return packed
