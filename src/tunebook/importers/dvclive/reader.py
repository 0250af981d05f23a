"""Runs of DVCLive as a sweep: parameters, last values, and curves, a folder a run (C11)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tunebook.domain.errors import TableError
from tunebook.domain.formats.numbers import listed, plural
from tunebook.importers.dvclive.folders import CURVES, METRICS, OWN, PARAMS, run_folders
from tunebook.importers.json_files import flat as flat_json
from tunebook.importers.json_files import number, read_object
from tunebook.importers.runs import Points, Run, sweep_of_runs
from tunebook.importers.source import SweepSource
from tunebook.importers.yaml_text import flat, read_yaml

_STEP = "step"
_NO_VALUE = frozenset({_STEP, "timestamp"})
_MOST_STEPS = 2**53


def read_dvclive(place: Path, study: str = "") -> SweepSource:
    """Read every run below a folder.

    Args:
        place: the folder that holds the folders of runs.
        study: a folder below it; empty for all.

    Raises:
        TableError: there is no run, or only one.
    """
    top = place / study if study else place
    folders = run_folders(top) if top.is_dir() else []
    if not folders:
        raise TableError(
            f"{top.name} holds no run of DVCLive",
            next_step="name the folder above the folders that Live(...) wrote",
        )
    if len(folders) == 1:
        raise TableError(
            f"{top.name or top} holds one run of DVCLive, and an audit compares several",
            next_step="name the folder above all runs; experiments that DVC keeps in git are "
            "written by: dvc exp show --csv > trials.csv",
        )
    reading = _Reading(top)
    for folder in folders:
        reading.take(folder)
    if not reading.runs:
        raise TableError(
            f"no run of {top.name} can be read; the first: {reading.left_out[0]}",
            next_step="is the folder copied whole? Copy it anew",
        )
    return sweep_of_runs(
        reading.runs,
        tool="DVCLive",
        source=place.name or str(place),
        notes=(*reading.notes, *_ends(reading.runs)),
        left_out=reading.left_out,
    )


class _Reading:
    """The runs so far, and what in their folders can't be read."""

    def __init__(self, top: Path) -> None:
        self._top = top
        self.runs: list[Run] = []
        self.left_out: list[str] = []
        self._half = self._broken = 0
        self._tags: dict[str, None] = {}
        self._beside = False

    def take(self, folder: Path) -> None:
        """Read one run."""
        own = folder.parent if folder.name == OWN and folder != self._top else folder
        name = str(own.relative_to(self._top)) if own != self._top else folder.name
        try:
            config = self._config(folder)
            curves = dict(self._curves(folder / CURVES))
            results, notes = self._results(folder / METRICS)
        except TableError as error:
            self.left_out.append(f"{name}: {error.rule}")
            return
        except OSError as error:
            self.left_out.append(f"{name}: a file can't be read: {error.strerror}")
            return
        last = {metric: float(values[-1]) for metric, (_, values) in curves.items()}
        self.runs.append(
            Run(
                name=name,
                config=config,
                results={**last, **results},
                curves=curves,
                status="",
                notes=notes,
            )
        )

    def _config(self, folder: Path) -> dict[str, Any]:
        """What was logged as parameters, else the file of the project beside the folder."""
        file = folder / PARAMS
        if not file.is_file():
            file = folder.parent / PARAMS
            self._beside = self._beside or file.is_file()
        if not file.is_file():
            return {}
        read = read_yaml(file.read_bytes(), PARAMS)
        self._tags.update(dict.fromkeys(read.dropped))
        return flat(read.value)

    def _results(self, file: Path) -> tuple[dict[str, float], dict[str, Any]]:
        """The last value of each metric, and what is no number."""
        if not file.is_file():
            return {}, {}
        try:
            values = flat_json(read_object(file), "/")
        except TableError:
            self._half += 1
            return {}, {}
        results = {m: v for m, own in values.items() if (v := number(own)) is not None}
        notes = {m: own for m, own in values.items() if m not in results or m == _STEP}
        results.pop(_STEP, None)
        return results, notes

    def _curves(self, folder: Path) -> Iterator[tuple[str, Points]]:
        for name, path in _files(folder, ""):
            with open(path, "rb") as opened:
                content = opened.read()
            lines = content[: content.rfind(b"\n") + 1].decode("utf-8", "replace").splitlines()
            self._half += not content.endswith(b"\n") and bool(content)
            points, broken = _points([line.split("\t") for line in lines])
            self._broken += broken
            if points:
                steps = sorted(points)
                yield name, (np.array(steps, np.int64), np.array([points[s] for s in steps]))

    @property
    def notes(self) -> list[str]:
        """On how the folders were read, a sentence each."""
        said = []
        if self._half:
            said.append(f"{plural(self._half, 'file')}: half written, and read up to there.")
        if self._broken:
            said.append(f"{plural(self._broken, 'row')} of curves can't be read.")
        if self._tags:
            said.append(f"Tags of YAML were ignored: {listed([*self._tags], 6)}.")
        if self._beside:
            said.append(f"Parameters come from the {PARAMS} beside the run's folder.")
        return said


def _files(folder: Path, prefix: str) -> Iterator[tuple[str, str]]:
    """Names and paths of the curves below a folder; a `/` in a name is a subfolder."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False):
            yield from _files(Path(entry.path), f"{prefix}{entry.name}/")
        elif entry.name.endswith(".tsv") and entry.is_file():
            yield prefix + entry.name.removesuffix(".tsv"), entry.path


def _points(rows: Sequence[Sequence[str]]) -> tuple[dict[int, float], int]:
    """Step to value, of one step the later; and how many rows are none."""
    if not rows or _STEP not in rows[0]:
        return {}, max(len(rows) - 1, 0)
    step = rows[0].index(_STEP)
    value = next((i for i, name in enumerate(rows[0]) if name not in _NO_VALUE), len(rows[0]))
    points: dict[int, float] = {}
    broken = 0
    for row in rows[1:]:
        try:
            at = int(row[step])
            points[at] = float(row[value])
            if abs(at) >= _MOST_STEPS:
                del points[at]
                broken += 1
        except (ValueError, IndexError):
            broken += 1
    return points, broken


def _ends(runs: Sequence[Run]) -> list[str]:
    """That runs may have been stopped: no file says how a run ended."""
    ends = [max((int(steps[-1]) for steps, _ in run.curves.values()), default=-1) for run in runs]
    last = max(ends)
    early = sum(0 <= end < last for end in ends)
    if not early:
        return []
    return [
        "DVCLive does not keep how a run ended. Runs that ended before step "
        f"{last}, and count as complete: {early}."
    ]
