"""Experiments in a folder of MLflow, `mlruns`: a folder a run, a file a metric (C11)."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from tunebook.domain.errors import TableError
from tunebook.domain.formats.numbers import plural
from tunebook.importers.mlflow.experiment import (
    DELETED,
    OWN_TAGS,
    PARENT,
    STATUSES,
    SYSTEM_METRICS,
    Experiment,
    History,
    Reading,
    Recorded,
)
from tunebook.importers.mlflow.meta import read_meta
from tunebook.importers.mlflow.place import META, kind_of

_NO_RUNS = frozenset({"tags", "datasets", "traces", "models", ".trash"})
_LONGEST = 1 << 16
"""Bytes of a parameter or a tag; MLflow keeps 8,000 letters at most."""


class FileStore:
    """A folder that holds experiments, or one of them.

    Args:
        folder: `mlruns`, or the folder of one experiment in it.

    Raises:
        TableError: it is the folder of one run.
    """

    def __init__(self, folder: Path) -> None:
        kind = kind_of(folder / META)
        if kind == "run":
            raise TableError(
                f"{folder.name} is the folder of one run of MLflow",
                next_step="name the folder above it, which holds all runs of the experiment",
            )
        self._folders: dict[str, Path] = {}
        self._single = folder if kind == "experiment" else None
        self._root = folder

    def experiments(self) -> list[Experiment]:
        """Those that are not deleted; a deleted one lies in `.trash`."""
        folders = [self._single] if self._single else sorted(_folders(self._root))
        found = []
        for folder in folders:
            if folder.name in _NO_RUNS or kind_of(folder / META) != "experiment":
                continue
            fields = _fields(folder / META)
            if fields.get("lifecycle_stage") == DELETED:
                continue
            own = fields.get("experiment_id") or folder.name
            self._folders[own] = folder
            runs = sum(os.path.isfile(run / META) for run in _folders(folder))
            found.append(Experiment(id=own, name=fields.get("name") or own, runs=runs))
        return found

    def read(self, experiment: Experiment) -> Reading:
        """Every run of one experiment."""
        read = _Runs()
        for folder in sorted(_folders(self._folders[experiment.id])):
            if folder.name not in _NO_RUNS:
                read.take(folder)
        return Reading(runs=read.runs, notes=tuple(read.notes()), left_out=tuple(read.left_out))


def _folders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return [Path(entry.path) for entry in entries if entry.is_dir()]
    except OSError as error:
        raise TableError(
            f"{folder} can't be read: {error.strerror or error}", next_step="make it readable"
        ) from None


def _fields(file: Path) -> dict[str, str]:
    return read_meta(file.read_text("utf-8", errors="replace"))


class _Runs:
    """The runs of an experiment, and what in their files can't be read."""

    def __init__(self) -> None:
        self.runs: list[Recorded] = []
        self.left_out: list[str] = []
        self._halves = self._broken = self._system = 0

    def take(self, folder: Path) -> None:
        try:
            fields = _fields(folder / META)
        except OSError as error:
            self.left_out.append(f"{folder.name}: its {META} can't be read: {error.strerror}")
            return
        if not (fields.get("status") or "").isdecimal():
            self.left_out.append(f"{folder.name}: its {META} has no status; it is half written")
            return
        run = Recorded(
            id=fields.get("run_id") or fields.get("run_uuid") or folder.name,
            name=fields.get("run_name") or fields.get("name") or "",
            status=STATUSES.get(int(fields["status"]), fields["status"]),
            started=_moment(fields.get("start_time", "")),
            ended=_moment(fields.get("end_time", "")),
            deleted=fields.get("lifecycle_stage") == DELETED,
        )
        try:
            self._fill(run, folder)
        except OSError as error:
            self.left_out.append(f"{run.name or run.id}: a file can't be read: {error.strerror}")
            return
        self.runs.append(run)

    def _fill(self, run: Recorded, folder: Path) -> None:
        for name, path in _files(folder / "tags"):
            if name == PARENT or not (name.startswith(OWN_TAGS) or run.deleted):
                run.tags[name] = _text(path)
        if run.deleted:
            return
        run.params.update((name, _text(path)) for name, path in _files(folder / "params"))
        for name, path in _files(folder / "metrics"):
            if name.startswith(SYSTEM_METRICS):
                self._system += 1
                continue
            with open(path, "rb") as opened:
                history, broken, half = read_history(opened.read())
            self._broken, self._halves = self._broken + broken, self._halves + half
            if len(history.steps):
                run.metrics[name] = history

    def notes(self) -> list[str]:
        said = []
        if self._halves:
            said.append(
                f"{plural(self._halves, 'metric file')}: the half-written last line was not read."
            )
        if self._broken:
            said.append(f"{plural(self._broken, 'line')} of metric files can't be read.")
        if self._system:
            said.append(f"Not read: {plural(self._system, 'curve')} of the machine (system/...).")
        return said


def _files(folder: Path, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Names and paths of the files below a folder; a `/` in a name is a subfolder."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    for entry in entries:
        if entry.is_file():
            yield prefix + entry.name, entry.path
        elif entry.is_dir(follow_symlinks=False):
            yield from _files(Path(entry.path), f"{prefix}{entry.name}/")


def _text(path: str) -> str:
    with open(path, "rb") as opened:
        return opened.read(_LONGEST).decode("utf-8", "replace")


def _moment(text: str) -> int | None:
    return int(text) if text.isdecimal() else None


def read_history(content: bytes) -> tuple[History, int, bool]:
    """The values in a metric's file, a line each: time, value, step.

    A line may go on with the name and the digest of a dataset; its step counts all the same,
    where MLflow's own reader takes 0. The first versions wrote no step.

    Returns:
        The values; how many lines are none; whether the last line is half written.
    """
    end = content.rfind(b"\n") + 1
    words, broken = content[:end].split(), 0
    try:
        if len(words) != 3 * content.count(b"\n"):
            raise ValueError
        history = _packed(words[2::3], words[::3], words[1::3])
    except (ValueError, OverflowError):
        lines = [line.split() for line in content[:end].split(b"\n") if line.strip()]
        kept = [line for line in lines if _is_value(line)]
        broken = len(lines) - len(kept)
        steps = [line[2] if len(line) > 2 else b"0" for line in kept]
        history = _packed(steps, [line[0] for line in kept], [line[1] for line in kept])
    return history, broken, end < len(content)


def _packed(steps: Sequence[bytes], times: Sequence[bytes], values: Sequence[bytes]) -> History:
    return History(
        np.array([*map(int, steps)], np.int64),
        np.array([*map(int, times)], np.int64),
        np.array([*map(float, values)], np.float64),
    )


def _is_value(words: Sequence[bytes]) -> bool:
    try:
        _packed(words[2:3], words[:1], words[1:2])
        return len(words) > 1
    except (ValueError, OverflowError):
        return False
