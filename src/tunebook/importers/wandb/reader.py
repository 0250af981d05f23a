"""Runs of W&B as a sweep, from folders of offline and online runs (C11)."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tunebook.domain.errors import TableError
from tunebook.importers.runs import Run, sweep_of_runs
from tunebook.importers.source import SweepSource
from tunebook.importers.wandb.folders import run_places
from tunebook.importers.wandb.items import flat, number_of
from tunebook.importers.wandb.joining import JoinedRun, join_runs
from tunebook.importers.wandb.log import NewerLog
from tunebook.importers.wandb.notes import notes_on
from tunebook.importers.wandb.objectives import objectives_of, reduce_of
from tunebook.importers.wandb.own_files import read_own_files
from tunebook.importers.wandb.run_file import Column, RunFile, read_run_file
from tunebook.importers.wandb.step_axes import curves_of
from tunebook.importers.wandb.studies import chosen_runs

TOOL = "W&B"
SILENT_S = 3600.0
"""Without a word of a run for so long, its process is gone: a living one writes every 15 s."""
_INTERRUPTED = 255
"""Exit code of a script that Ctrl-C stopped."""
_NOTED = ("id", "group", "job_type", "sweep", "host")


def read_wandb(place: Path | str, study: str = "") -> SweepSource:
    """Read runs where they lie, without W&B.

    Args:
        place: a `wandb` folder or one that holds it, the folder of one run, a `.wandb` file.
        study: PROJECT/SWEEP, a project, a sweep or a group; may be empty where there is only one.

    Raises:
        TableError: there are no runs, or several projects or sweeps and none is named.
    """
    if isinstance(place, str):
        raise TableError(
            f"{place} is on a server of W&B, where runs are not read",
            next_step="export the table of runs as CSV on the project's page, or name the wandb "
            "folder of the machine that ran them",
        )
    if not place.exists():
        raise TableError(f"there is nothing at {place}", next_step="correct the path")
    source = place.resolve().name
    files, left_out = _read_all(run_places(place))
    if not files:
        told = f"; {left_out[0]}" if left_out else ""
        raise TableError(
            f"{source} holds no run of W&B{told}",
            next_step="name a wandb folder, the folder of a run, or a run-ID.wandb file",
        )
    runs = chosen_runs(join_runs(files), study, source)
    return as_source(runs, source, left_out=left_out, now=time.time())


def _read_all(places: Sequence[Path]) -> tuple[list[RunFile], list[str]]:
    """Every file that has a run, and "name: reason" for the others."""
    found: list[RunFile] = []
    left_out = []
    for one in places:
        name = one.parent.name if one.name == "files" else one.name
        try:
            if one.is_dir():
                found.append(read_own_files(one))
                continue
            file = read_run_file(one.read_bytes(), one.name)
        except NewerLog as error:
            left_out.append(f"{name}: {error}, newer than what can be read")
        except TableError as error:
            left_out.append(f"{name}: {error}")
        except (OSError, ValueError) as error:
            said = error.strerror if isinstance(error, OSError) else ""
            left_out.append(f"{name}: it can't be read: {said or error}")
        else:
            if file.id:
                found.append(file)
            else:
                left_out.append(f"{name}: its file has no record of the run yet")
    return found, left_out


def as_source(
    runs: Sequence[JoinedRun], source: str, *, left_out: Sequence[str] = (), now: float
) -> SweepSource:
    """Runs as the inner form of a sweep.

    Args:
        runs: of one study, in the order in which they began.
        source: name of the place, for errors.
        left_out: "name: reason" for files that can't be read.
        now: seconds since 1970, which tell a run that is still written from one that was killed.
    """
    curves, notes, axes = curves_of(runs)
    names = _names(runs)
    statuses = [_status(run, now) for run in runs]
    found = [
        _run(run, name, own, status, axes)
        for run, name, own, status in zip(runs, names, curves, statuses, strict=True)
    ]
    ended = [
        (own, run.results)
        for own, run in zip(curves, found, strict=True)
        if run.status == "finished"
    ]
    metrics = list(dict.fromkeys(name for own in curves for name in own))
    reduce, neither = reduce_of(metrics, ended)
    notes += [
        f"The summary of {name} is not the last value of its curve in every run; the curve's "
        f"counts, and --objective WAY:result.{name} takes the summary."
        for name in neither
    ]
    return sweep_of_runs(
        found,
        tool=TOOL,
        source=source,
        notes=(*notes_on(runs, names, statuses), *notes),
        left_out=left_out,
        objectives=objectives_of(runs),
        reduce=reduce,
    )


def _run(
    run: JoinedRun, name: str, curves: Mapping[str, Column], status: str, axes: frozenset[str]
) -> Run:
    notes: dict[str, Any] = {k: v for k in _NOTED if (v := run.text(k))}
    tags = list(dict.fromkeys(tag for file in run.files for tag in file.tags))
    if tags:
        notes["tags"] = tags
    results: dict[str, float] = {}
    media = tuple(f"{name}." for name in run.other)
    for key, value in run.summary.items():
        number = number_of(value)
        if key.startswith(("_", *media)):
            continue
        if number is not None and key not in axes:
            results[key] = number
        elif isinstance(value, str | bool) or key in axes:
            notes[f"summary.{key}"] = value
    config = {k: v for k, v in run.config.items() if k not in ("_wandb", "wandb_version")}
    start = run.files[0].start
    return Run(
        name=name,
        config=dict(flat(config)),
        results=results,
        curves={metric: (own.steps, own.values) for metric, own in curves.items()},
        status=status,
        seconds=run.seconds,
        start="" if start is None else datetime.fromtimestamp(start, UTC).isoformat(),
        notes=notes,
    )


def _names(runs: Sequence[JoinedRun]) -> list[str]:
    """The shown name where no other run has it, else with the id; the id where there is none."""
    shown = [run.text("display_name") for run in runs]
    names = [
        name if name and shown.count(name) == 1 else f"{name} ({run.id})" if name else run.id
        for run, name in zip(runs, shown, strict=True)
    ]
    found: dict[str, int] = {}
    for i, name in enumerate(names):  # an id is a project's own, and a name may look like one
        found[name] = found.get(name, 0) + 1
        if found[name] > 1:
            names[i] = f"{name} ({found[name]})"
    return names


def _status(run: JoinedRun, now: float) -> str:
    """How a run ended, in words of W&B; empty where its files do not say."""
    last = run.last
    if last.only_ends:
        return ""
    if last.exit_code is None:
        heard = max(last.seen, last.start or 0.0)
        return "running" if now - heard < SILENT_S else "crashed"
    if last.exit_code == 0:
        return "finished"
    if last.preempting:
        return "preempted"
    return "killed" if last.exit_code == _INTERRUPTED else "failed"
