"""Runs of an export of Neptune as a sweep; needs `pip install "tunebook[parquet]"` (C11)."""

from __future__ import annotations

import importlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunebook.domain.errors import TableError, nearest
from tunebook.domain.formats.numbers import listed, plural
from tunebook.importers.neptune.attributes import (
    NOT_READ,
    OWN,
    parted,
    seconds_of,
    setting_of,
    start_of,
    status_of,
)
from tunebook.importers.neptune.folders import Exported, project_folders, runs_of
from tunebook.importers.runs import Points, Run, sweep_of_runs
from tunebook.importers.source import SweepSource

_VALUES = {
    "float": "float_value", "int": "int_value", "string": "string_value", "bool": "bool_value",
    "datetime": "datetime_value", "string_set": "string_set_value",
}  # fmt: skip
_SERIES = "float_series"
_COLUMNS = ("project_id", "run_id", "attribute_path", "attribute_type", "step", *_VALUES.values())
_MICRO = 1_000_000
"""Steps have six decimals."""


@dataclass(slots=True)
class _Recorded:
    """One run as its files have it; the steps of its curves in millionths."""

    id: str = ""
    single: dict[str, Any] = field(default_factory=dict)
    series: dict[str, list[tuple[NDArray[np.int64], NDArray[np.float64]]]] = field(
        default_factory=dict
    )
    skipped: int = 0


def read_neptune(place: Path, study: str = "") -> SweepSource:
    """Read an export.

    Args:
        place: the folder of exports, or of one project in it.
        study: the project; may be empty where there is one.

    Raises:
        TableError: pyarrow is not installed, there are several projects and none is named, or no
            run is whole.
    """
    _arrow("pyarrow", place)
    folder = _project(place, study)
    found, left_out = [], []
    for exported in runs_of(folder):
        if exported.missing:
            left_out.append(f"{exported.name}: {exported.missing}")
            continue
        try:
            found.append(_read(exported))
        except TableError as error:
            left_out.append(f"{exported.name}: {error.rule}")
    trashed = [run for run in found if run.single.get("sys/trashed") is True]
    runs = [run for run in found if run.single.get("sys/trashed") is not True]
    if not runs:
        first = f"; the first: {left_out[0]}" if left_out else ""
        raise TableError(
            f"no run of {place.name} can be read{first}", next_step="export the project anew"
        )
    scale = _scale(runs)
    settings = any(setting_of(path) for run in runs for path in run.single)
    notes = _notes(runs, trashed, scale)
    made = sorted((_run(run, scale, settings) for run in runs), key=lambda run: run.start)
    return sweep_of_runs(
        made, tool="Neptune", source=place.name or str(place), notes=notes, left_out=left_out
    )


def _project(place: Path, study: str) -> Path:
    folders = project_folders(place) if place.is_dir() else []
    if not folders:
        raise TableError(
            f"{place.name} is no export of Neptune",
            next_step="name the folder that --data-path of neptune-exporter had",
        )
    ids = [_project_id(folder) for folder in folders]
    named = {
        own if own and ids.count(own) == 1 else folder.name: folder
        for own, folder in zip(ids, folders, strict=True)
    }
    if study:
        wanted = [own for name, own in named.items() if study in (name, own.name)]
        if wanted:
            return wanted[0]
        raise TableError(
            f'{place.name} has no project "{study}".{nearest(study, named)} It has '
            f"{listed([*named], 6)}",
            next_step="name one: --study NAME",
        )
    if len(folders) > 1:
        raise TableError(
            f"{place.name} holds {len(folders)} projects: {listed([*named], 6)}",
            next_step="name one: --study NAME",
        )
    return folders[0]


def _project_id(folder: Path) -> str:
    """The project's own name, from the first run that can be read."""
    for run in runs_of(folder):
        try:
            rows = _table(run.parts[0], ("project_id",)).slice(0, 1)
            return str(rows.column("project_id").to_pylist()[0])
        except (TableError, KeyError, IndexError):
            continue
    return ""


def _arrow(module: str, place: Path) -> Any:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError:
        raise TableError(
            f"{place.name} holds Parquet files, which pyarrow reads, and pyarrow is not installed",
            next_step='pip install "tunebook[parquet]"',
        ) from None


def _table(file: Path, columns: Sequence[str]) -> Any:
    arrow, parquet = _arrow("pyarrow", file), _arrow("pyarrow.parquet", file)
    try:
        with parquet.ParquetFile(file) as opened:
            absent = [c for c in columns if c not in opened.schema_arrow.names]
            if absent:
                raise TableError(
                    f"{file.name} has no column {absent[0]}",
                    next_step="is it of another exporter? Export it as a table of trials",
                )
            return opened.read(columns=list(columns))
    except (arrow.ArrowException, OSError, ValueError) as error:
        first = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise TableError(
            f"{file.name} is no whole Parquet file: {first}", next_step="export the run anew"
        ) from None


def _read(exported: Exported) -> _Recorded:
    """Every part of a run, in order."""
    run = _Recorded()
    for _, file in sorted(exported.parts.items()):
        table = _table(file, _COLUMNS)
        if not table.num_rows:
            continue
        run.id = run.id or str(table.column("run_id").slice(0, 1).to_pylist()[0])
        codes, kinds = _coded(table, "attribute_type")
        paths, names = _coded(table, "attribute_path")
        for code, kind in enumerate(kinds):
            rows = np.flatnonzero(codes == code)
            if kind in _VALUES:
                taken = table.column(_VALUES[kind]).take(_indices(rows))
                # Moments as text: pyarrow's own would import pandas.
                values = (taken.cast("string") if kind == "datetime" else taken).to_pylist()
                run.single.update(zip((names[i] for i in paths[rows]), values, strict=True))
            elif kind == _SERIES:
                _take_series(run, table, rows, paths, names)
            else:
                run.skipped += len(np.unique(paths[rows]))
    run.id = run.id or exported.name
    return run


def _indices(rows: NDArray[np.int64]) -> Any:
    """Places of rows; `pyarrow.array` would import pandas."""
    arrow = importlib.import_module("pyarrow")
    held = arrow.py_buffer(np.ascontiguousarray(rows, np.int64))
    return arrow.Array.from_buffers(arrow.int64(), len(rows), [None, held])


def _coded(table: Any, column: str) -> tuple[NDArray[np.int64], list[str]]:
    """A column of texts as numbers, and the text of each number."""
    coded = table.column(column).combine_chunks().dictionary_encode()
    numbers = _numbers(coded.indices, np.int32).astype(np.int64)
    return numbers, [str(t) for t in coded.dictionary.to_pylist()]


def _numbers(array: Any, kind: type[np.number[Any]]) -> NDArray[Any]:
    """The numbers of a column, NaN where one is absent; its `to_numpy` would import pandas."""
    if not len(array):
        return np.empty(0, kind)
    start = array.offset * np.dtype(kind).itemsize
    numbers = np.frombuffer(array.buffers()[1], kind, count=len(array), offset=start)
    if not array.null_count:
        return numbers
    valid = array.is_valid()
    bits = np.unpackbits(np.frombuffer(valid.buffers()[1], np.uint8), bitorder="little")
    there = bits[valid.offset : valid.offset + len(array)].astype(bool)
    return np.where(there, numbers, math.nan)


def _take_series(
    run: _Recorded,
    table: Any,
    rows: NDArray[np.int64],
    paths: NDArray[np.int64],
    names: Sequence[str],
) -> None:
    taken = table.select(["step", "float_value"]).take(_indices(rows))
    columns = (taken.column("step").cast("float64"), taken.column("float_value"))
    steps, values = (_numbers(c.combine_chunks(), np.float64) for c in columns)
    there = np.isfinite(steps)
    micro = np.round(np.where(there, steps, 0) * _MICRO).astype(np.int64)
    for code in np.unique(paths[rows]):
        name = names[code]
        if name.startswith(NOT_READ):
            run.skipped += 1
            continue
        own = there & (paths[rows] == code)
        run.series.setdefault(name, []).append((micro[own], values[own].astype(np.float64)))


def _scale(runs: Sequence[_Recorded]) -> int:
    """What steps are multiplied by, so that all are whole: 1, 10, up to a million."""
    steps = [own for run in runs for parts in run.series.values() for own, _ in parts if len(own)]
    scale = 1
    while scale < _MICRO and any((own % (_MICRO // scale)).any() for own in steps):
        scale *= 10
    return scale


def _run(run: _Recorded, scale: int, settings: bool) -> Run:
    own = {path: v for path, v in run.single.items() if path.startswith(OWN)}
    rest = {
        path: _plain(v)
        for path, v in run.single.items()
        if not path.startswith((OWN, *NOT_READ)) and v is not None
    }
    parts = parted(rest, settings=settings)
    curves = {path: _points(own_parts, scale) for path, own_parts in run.series.items()}
    curves = {path: points for path, points in curves.items() if len(points[0])}
    last = {path: float(values[-1]) for path, (_, values) in curves.items()}
    kept = ("sys/name", "sys/id", "sys/tags", "sys/description", "sys/forking/parent")
    return Run(
        name=run.id,
        config=parts.config,
        results={**parts.results, **last},
        curves={path: points for path, points in curves.items() if len(points[0]) > 1},
        status=status_of(own),
        seconds=seconds_of(own),
        start=start_of(own),
        notes={**parts.notes, **{p: _plain(own[p]) for p in kept if own.get(p) is not None}},
    )


def _points(parts: Sequence[tuple[NDArray[np.int64], NDArray[np.float64]]], scale: int) -> Points:
    """By rising step, of one step the later value."""
    steps = np.concatenate([s for s, _ in parts]) // (_MICRO // scale)
    values = np.concatenate([v for _, v in parts])
    order = np.argsort(steps, kind="stable")
    steps, values = steps[order], values[order]
    last = np.append(steps[1:] != steps[:-1], True)[: len(steps)]
    return steps[last], values[last]


def _plain(value: Any) -> Any:
    """A value that JSON has."""
    if isinstance(value, list | tuple | set):
        return [_plain(v) for v in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _notes(runs: Sequence[_Recorded], trashed: Sequence[_Recorded], scale: int) -> list[str]:
    notes = []
    if trashed:
        notes.append(f"Not read: {plural(len(trashed), 'run')} in the trash.")
    if scale > 1:
        notes.append(f"Steps have decimals: they are shown times {scale}.")
    if skipped := sum(run.skipped for run in runs):
        notes.append(
            f"Not read: {plural(skipped, 'attribute')}, which are files, texts and histograms "
            "during training, or what Neptune measures of the machine."
        )
    forks = sum(bool(_forked(run.single)) for run in runs)
    if forks:
        notes.append(f"Forks of other runs, which may hold only what came after: {forks}.")
    return notes


def _forked(single: Mapping[str, Any]) -> Any:
    return single.get("sys/forking/parent")
