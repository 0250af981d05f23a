"""Versions of Lightning's CSVLogger as a sweep: tables of metrics and their YAML (C11)."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePath
from typing import Any

from tunebook.domain.errors import TableError, nearest
from tunebook.domain.formats.numbers import listed, plural
from tunebook.importers.lightning.folders import HPARAMS, METRICS, version_folders
from tunebook.importers.lightning.metrics import Metrics, read_metrics
from tunebook.importers.runs import Run, sweep_of_runs, without_single_points
from tunebook.importers.source import SweepSource, shown
from tunebook.importers.tensorboard.configuration import from_file, from_name


@dataclass(slots=True, kw_only=True)
class _Version:
    """A folder with its configuration and metrics."""

    at: PurePath
    config: Mapping[str, Any]
    metrics: Metrics


@dataclass(slots=True, kw_only=True)
class _Read:
    """Versions in their order; what was not read; tags of YAML that were dropped."""

    versions: list[_Version] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    dropped: dict[str, None] = field(default_factory=dict)


def read_lightning(place: str | Path, study: str = "") -> SweepSource:
    """Read versions without Lightning.

    Args:
        place: a version's folder, the logger's, or one above it.
        study: a folder below it, where it holds several sweeps.

    Raises:
        TableError: there is no table of metrics that can be read, or there are several sweeps
            and none is named.
    """
    top = Path(place)
    folder = top / study
    found = version_folders(folder) if folder.is_dir() else []
    if not found:
        raise _nothing(top, study)
    read = _read(folder, found)
    if not read.versions:
        raise TableError(
            f"{folder.name}: no version has metrics; the first: {read.left_out[0]}",
            next_step="name a folder in which CSVLogger wrote rows",
        )
    _refuse_several(folder, read.versions)
    versions, notes = _resumed(folder, read.versions)
    cut = sum(version.metrics.cut for version in versions)
    unread = sum(version.metrics.unread for version in versions)
    if cut:
        notes.append(f"{plural(cut, 'file')} had a half-written last line, which was left out.")
    if unread:
        notes.append(f"Rows without a step, or cells without a number, were skipped: {unread}.")
    if read.dropped:
        notes.append(f"Tags in {HPARAMS} were dropped: {listed(sorted(read.dropped), 4)}.")
    return sweep_of_runs(
        without_single_points([_run(folder, version) for version in versions]),
        tool="Lightning",
        source=shown(top),
        notes=notes,
        left_out=read.left_out,
    )


def _nothing(top: Path, study: str) -> TableError:
    if not top.is_dir():
        return TableError(f"there is no folder {top}", next_step="correct the path")
    below = sorted({at.parts[0] for at in version_folders(top) if at.parts})
    if study and below:
        return TableError(
            f'{top.name} has no versions below "{study}".{nearest(study, below)}',
            next_step=f"name one of {listed(below, 6)}",
        )
    return TableError(
        f"{top.name} holds no {METRICS} of Lightning",
        next_step="name the folder lightning_logs, or one of its version_N",
    )


def _read(folder: Path, found: list[PurePath]) -> _Read:
    read = _Read()
    for at in found:
        name = _name(folder, at)
        try:
            metrics = read_metrics(folder / at / METRICS)
        except FileNotFoundError:
            read.left_out.append(f"{name}: it has no {METRICS}")
            continue
        except (OSError, csv.Error) as error:
            read.left_out.append(f"{name}: {METRICS} can't be read: {error}")
            continue
        if not metrics.curves:
            read.left_out.append(f"{name}: {METRICS} has no row with a number")
            continue
        try:
            config = from_file(folder / at, read.dropped)
        except TableError as error:
            read.left_out.append(f"{name}: {str(error).splitlines()[0]}")
            continue
        config = config or from_name(at)
        read.versions.append(_Version(at=at, config=config, metrics=metrics))
    return read


def _name(folder: Path, at: PurePath) -> str:
    return at.as_posix() if at.parts else folder.resolve().name


def _refuse_several(folder: Path, versions: list[_Version]) -> None:
    """Loggers whose versions have other hyperparameters are several sweeps."""
    names: dict[PurePath, set[frozenset[str]]] = {}
    counts: dict[PurePath, int] = {}
    for version in versions:
        above = version.at.parent
        names.setdefault(above, set()).add(frozenset(version.config))
        counts[above] = counts.get(above, 0) + 1
    several = [above for above, count in counts.items() if count > 1]
    disjoint = [
        a for a in several if any(names[a].isdisjoint(names[b]) for b in several if b != a)
    ]
    if disjoint:
        raise TableError(
            f"{folder.name} holds {len(several)} sweeps with other hyperparameters: "
            f"{listed([above.as_posix() for above in several], 6)}",
            next_step="name one: --study FOLDER",
        )


def _resumed(folder: Path, versions: list[_Version]) -> tuple[list[_Version], list[str]]:
    """Versions, where one that begins at a later epoch continues an earlier one.

    A resumed run is written to a new folder: it has the same configuration, and its first epoch
    is at most the one after the earlier version's last.
    """
    found: list[_Version] = []
    notes = []
    for version in versions:
        first = version.metrics.first_epoch
        before = next(
            (
                other
                for other in reversed(found)
                if first
                and other.metrics.last_epoch is not None
                and other.at.parent == version.at.parent
                and other.metrics.last_epoch + 1 >= first
                and repr(other.config) == repr(version.config)
            ),
            None,
        )
        if before is None:
            found.append(version)
            continue
        before.metrics.continue_with(version.metrics)
        notes.append(
            f"{_name(folder, version.at)} continues {_name(folder, before.at)} from epoch "
            f"{first}; both are one run."
        )
    return found, notes


def _run(folder: Path, version: _Version) -> Run:
    curves = version.metrics.points()
    return Run(
        name=_name(folder, version.at),
        config=version.config,
        results={metric: float(values[-1]) for metric, (_, values) in curves.items()},
        curves=curves,
    )
