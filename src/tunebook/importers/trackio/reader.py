"""A project of trackio as a sweep (C11)."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from tunebook.domain.errors import TableError, nearest
from tunebook.domain.formats.numbers import listed, plural
from tunebook.importers.json_files import flat, number
from tunebook.importers.runs import Points, Run, sweep_of_runs
from tunebook.importers.source import SweepSource
from tunebook.importers.trackio.place import fragments_in, is_database, is_fragment
from tunebook.importers.trackio.records import Project, Recorded, read_database, read_fragments

RECENT_S = 600.0


def read_trackio(place: Path | str, study: str = "") -> SweepSource:
    """Read a project without changing its database, and without trackio.

    Args:
        place: a database, a fragment, or the folder that holds them, such as
            `~/.cache/huggingface/trackio`.
        study: name of the project; may be empty where there is only one.

    Raises:
        TableError: it can't be read, or there are several projects and none is named.
    """
    place = Path(place)
    source = place.resolve().name
    project = _project(place, source, study)
    runs = [run for run in project.runs.values() if run.rows or run.config]
    if not runs:
        raise TableError(
            f"project {project.name} of {source} has no runs", next_step="name another"
        )
    runs.sort(key=lambda run: (_start(run) is None, _start(run) or 0.0))
    names = _names(runs)
    other: dict[str, str] = {}
    found = [_run(run, name, other) for run, name in zip(runs, names, strict=True)]
    return sweep_of_runs(
        found,
        tool="trackio",
        source=source,
        notes=(*project.notes(), *_notes(runs, names, other)),
    )


def _project(place: Path, source: str, study: str) -> Project:
    """The one that was named, or the only one, with its database and fragments."""
    databases, fragments = _files(place)
    waiting: dict[str, Project] = {}
    read_fragments(fragments, waiting)
    names = list(dict.fromkeys([*(file.stem for file in databases), *waiting]))
    if not names:
        raise TableError(
            f"{source} has no database and no whole fragment of trackio",
            next_step="name PROJECT.db, or the folder that TRACKIO_DIR names",
        )
    if study not in names and (study or len(names) > 1):
        slip = f' It has no project "{study}".{nearest(study, names)}' if study else ""
        raise TableError(
            f"{source} holds {plural(len(names), 'project')}: {listed(names, 6)}.{slip}",
            next_step="name one: --study PROJECT",
        )
    project = Project(name=study or names[0])
    for file in databases:
        if file.stem == project.name:
            read_database(file, project)
    read_fragments(fragments, {project.name: project})
    return project


def _files(place: Path) -> tuple[list[Path], list[Path]]:
    if place.is_dir():
        return [f for f in sorted(place.glob("*.db")) if is_database(f)], [*fragments_in(place)]
    if is_fragment(place):
        return [], [place]
    if not place.is_file():
        raise TableError(f"there is no file {place}", next_step="correct the path")
    # Fragments of a network file system wait beside the database.
    beside = place.parent / "inbox"
    return [place], [*fragments_in(beside)] if beside.is_dir() else []


def _run(run: Recorded, name: str, other: dict[str, str]) -> Run:
    """A run as the inner form; names of values that are no numbers are added to `other`."""
    curves = _curves(run, other)
    start, last = _start(run), _last(run)
    group = run.config.get("_Group")
    notes: dict[str, Any] = {"id": run.id}
    if group:
        notes["group"] = group
    config = {key: value for key, value in flat(run.config).items() if not key.startswith("_")}
    return Run(
        name=name,
        config=config,
        results={metric: float(values[-1]) for metric, (_, values) in curves.items()},
        curves=curves,
        status="",
        seconds=None if start is None or last is None else max(last - start, 0.0),
        start="" if start is None else datetime.fromtimestamp(start, UTC).isoformat(),
        notes=notes,
    )


def _curves(run: Recorded, other: dict[str, str]) -> dict[str, Points]:
    """Each metric by rising step; of one step the value that was logged last."""
    points: dict[str, tuple[list[int], list[float]]] = {}
    highest = -1
    for said, _, metrics in run.rows:
        step = highest + 1 if said is None else said
        highest = max(highest, step)
        for name, value in metrics.items():
            if isinstance(value, dict) and "_type" in value:
                other.setdefault(name, str(value["_type"]))
                continue
            for metric, one in flat({name: value}).items():
                read = number(one)
                if read is None:
                    if one is not None:
                        other.setdefault(metric, type(one).__name__)
                    continue
                steps, values = points.setdefault(metric, ([], []))
                steps.append(step)
                values.append(read)
    return {metric: _sorted(*own) for metric, own in points.items()}


def _sorted(steps: Sequence[int], values: Sequence[float]) -> Points:
    at, read = np.array(steps, np.int64), np.array(values, np.float64)
    if (np.diff(at) > 0).all():
        return at, read
    order = np.argsort(at, kind="stable")
    at, read = at[order], read[order]
    last = np.append(at[1:] != at[:-1], True)
    return at[last], read[last]


def _start(run: Recorded) -> float | None:
    created = _moment(run.config.get("_Created"))
    return created if created is not None or not run.rows else _moment(run.rows[0][1])


def _last(run: Recorded) -> float | None:
    return _moment(run.rows[-1][1]) if run.rows else None


def _moment(text: object) -> float | None:
    try:
        said = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return None
    return (said if said.tzinfo else said.replace(tzinfo=UTC)).timestamp()


def _names(runs: Sequence[Recorded]) -> list[str]:
    """The name where no other run has it, else with the begin of the id."""
    pairs = [(run, run.name) for run in runs]
    shown = Counter(name for _, name in pairs)
    names = [name if shown[name] == 1 else f"{name} ({run.id[:8]})" for run, name in pairs]
    if len(set(names)) < len(names):
        names = [f"{name} ({run.id})" for run, name in pairs]
    return names


def _notes(runs: Sequence[Recorded], names: Sequence[str], other: dict[str, str]) -> list[str]:
    said = [
        "trackio does not record how runs end: one that stopped early counts with its last value."
    ]
    now = time.time()
    recent = [n for r, n in zip(runs, names, strict=True) if now - (_last(r) or 0.0) < RECENT_S]
    if recent:
        said.append(
            f"Runs that logged within the last 10 minutes may still go on: {listed(recent, 4)}."
        )
    if other:
        shown = listed([f"{name} ({kind})" for name, kind in other.items()], 6)
        said.append(f"Logged values that are no numbers were not read: {shown}.")
    return said
