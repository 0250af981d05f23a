"""What one run left in its own folder: a tool's record, or tables that its program wrote.

For readers that know configurations alone: another reader finds the numbers.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tunebook.domain.errors import TableError
from tunebook.importers.csv.curves import STEPS, step_column
from tunebook.importers.folders import folders_in
from tunebook.importers.json_files import flat, number, parsed
from tunebook.importers.runs import Points
from tunebook.importers.source import SweepSource
from tunebook.importers.sources import FORMATS, TABLES

_LOGS = (".csv", ".tsv", ".jsonl", ".ndjson", ".json")
_OF_NUMBERS = frozenset({
    "metrics", "metric", "log", "logs", "history", "progress", "loss", "losses", "train",
    "training", "val", "valid", "validation", "eval", "test", "results", "result", "scores",
})  # fmt: skip
"""Words in names of files whose rows are measurements, even without a step."""
_OF_CONFIGURATION = frozenset({
    "config", "configs", "configuration", "args", "arguments", "params", "parameters", "hparams",
    "hyperparameters", "options", "settings", "overrides",
})  # fmt: skip
_MOST_FILES = 20
_LARGEST = 200_000_000


@dataclass(slots=True, kw_only=True)
class Record:
    """Numbers of one run.

    Attributes:
        results, curves: as a `Run` has them.
        form: what wrote them: a name of FORMATS, or "tables".
        reason: why there are none, where something was there.
        notes: on how it was read.
    """

    results: dict[str, float] = field(default_factory=dict)
    curves: dict[str, Points] = field(default_factory=dict)
    form: str = ""
    reason: str = ""
    notes: tuple[str, ...] = ()


def record_in(folder: Path, but: str) -> Record:
    """The record in a folder, by every reader but one; empty where there is none.

    A tool's record comes before tables. Of several tools the first that FORMATS has is read.
    """
    reason = ""
    for name, form in FORMATS.items():
        if name == but or name in TABLES or not form.recognises(folder):
            continue
        try:
            found = form.read(folder, "")
        except TableError as error:
            reason = reason or str(error).splitlines()[0]
            continue
        if len(found.rows) > 1:
            reason = reason or f"{len(found.rows)} runs of {name} in one folder"
            continue
        results, curves = _results(found), _curves(found)
        if results or curves:
            return Record(results=results, curves=curves, form=name, notes=found.rows.notes)
    record = _tables(folder)
    record.reason = "" if record.results else reason
    return record


def _results(found: SweepSource) -> dict[str, float]:
    prefix = "result."
    read = {c.removeprefix(prefix): number_in(found.rows.cells[c][0])
            for c in found.rows.header if c.startswith(prefix)}  # fmt: skip
    return {name: value for name, value in read.items() if value is not None}


def number_in(cell: str) -> float | None:
    """The number in a cell, or None."""
    try:
        return float(cell) if "_" not in cell else None
    except ValueError:
        return None


def _curves(found: SweepSource) -> dict[str, Points]:
    read = found.curves
    if read is None:
        return {}
    own = {}
    for i, metric in enumerate(read.metrics):
        at = read.metric == i
        own[metric] = read.step[at], read.value[at]
    return own


def _tables(folder: Path) -> Record:
    """CSV, TSV and JSON files in a folder and the folders in it."""
    series: dict[str, dict[str, dict[int, float]]] = {}
    half = 0
    for file in _log_files(folder):
        words = set(re.split(r"[^a-z]+", file.stem.lower()))
        if words & _OF_CONFIGURATION:
            continue
        rows, cut = _rows(file)
        own = _series(rows, numbered=bool(words & _OF_NUMBERS))
        half += cut and bool(own)
        if own:
            series[file.stem if file.stem not in series else file.name] = own
    names = [metric for own in series.values() for metric in own]
    record = Record(form="tables" if series else "")
    for stem, own in series.items():
        for metric, points in own.items():
            name = f"{stem}/{metric}" if names.count(metric) > 1 else metric
            steps = np.fromiter(points, np.int64, len(points))
            values = np.fromiter(points.values(), np.float64, len(points))
            order = np.argsort(steps, kind="stable")
            record.curves[name] = steps[order], values[order]
            record.results[name] = float(values[order][-1])
    if half:
        record.notes = ("A last line without its end, perhaps half-written, was left out.",)
    return record


def _log_files(folder: Path) -> list[Path]:
    found: list[Path] = []
    for own in (folder, *folders_in(folder)):
        try:
            names = sorted(f for f in own.iterdir() if f.suffix.lower() in _LOGS)
        except OSError:
            continue
        found += [f for f in names if f.is_file() and f.stat().st_size <= _LARGEST]
    return found[:_MOST_FILES]


def _rows(file: Path) -> tuple[list[dict[str, Any]], bool]:
    """The rows of a file up to its last whole line, and whether the last is half-written."""
    try:
        text = file.read_text("utf-8", errors="replace")
    except OSError:
        return [], False
    if file.suffix.lower() == ".json":
        whole = parsed(text)
        rows = whole if isinstance(whole, list) else [whole]
        return [flat(row, "/") for row in rows if isinstance(row, dict)], False
    lines, _, rest = text.rpartition("\n")
    if file.suffix.lower() in (".jsonl", ".ndjson"):
        last = parsed(rest)
        read = [parsed(line) for line in lines.split("\n")] + [last]
        found = [flat(row, "/") for row in read if isinstance(row, dict)]
        return found, bool(rest.strip()) and not isinstance(last, dict)
    sign = "\t" if file.suffix.lower() == ".tsv" else ","
    try:
        cells = list(csv.reader(lines.split("\n"), delimiter=sign))
        tail = next(csv.reader([rest], delimiter=sign), []) if rest else []
    except csv.Error:
        return [], False
    header = cells[0] if cells else []
    # The last line of a file without a newline at its end may be half a number.
    return [_row(header, row) for row in cells[1:] if len(row) == len(header)], bool(tail)


def _row(header: Iterable[str], row: Iterable[str]) -> dict[str, Any]:
    return {name: number_in(cell) for name, cell in zip(header, row, strict=True) if cell}


def _series(rows: list[dict[str, Any]], *, numbered: bool) -> dict[str, dict[int, float]]:
    """Points by metric; several rows without a step column are numbered, or are none of a log."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    step = step_column(names)
    found: dict[str, dict[int, float]] = {}
    if step is None and len(rows) > 1 and not numbered:
        return found
    for i, row in enumerate(rows):
        at = _step(row, step, i)
        if at is None:
            continue
        for name, value in row.items():
            read = number(value)
            if read is not None and name.lower() not in STEPS and not name.startswith("_"):
                found.setdefault(name, {})[at] = read
    return found


def _step(row: Mapping[str, Any], column: str | None, line: int) -> int | None:
    if column is None:
        return line
    read = number(row.get(column))
    whole = read is not None and abs(read) < 2**53 and float(read).is_integer()
    return int(read) if whole and read is not None else None
