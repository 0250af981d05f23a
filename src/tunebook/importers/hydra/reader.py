"""Jobs of Hydra as a sweep: configurations from `.hydra`, numbers by another reader (C11)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePath
from typing import Any

from tunebook.domain.doing import doing
from tunebook.domain.errors import TableError, nearest
from tunebook.domain.formats.numbers import listed, plural
from tunebook.importers.hydra.configuration import read_configuration
from tunebook.importers.hydra.folders import BEST, HYDRA, INNER, MULTIRUN, job_folders
from tunebook.importers.hydra.sweeper import Sweeper, range_of, read_sweeper
from tunebook.importers.run_records import Record, record_in
from tunebook.importers.runs import Run, sweep_of_runs, without_single_points
from tunebook.importers.source import SweepSource, shown
from tunebook.importers.yaml_text import read_yaml

_SAME = 1e-9


@dataclass(slots=True, kw_only=True)
class _Job:
    """A job's name, configuration and numbers."""

    name: str
    config: dict[str, Any]
    record: Record


def read_hydra(place: str | Path, study: str = "") -> SweepSource:
    """Read the jobs of a sweep, or jobs that were started one by one, without Hydra.

    Args:
        place: the folder of a sweep, of several, of a job, or of `outputs`.
        study: the folder of one sweep below it, such as `2026-12-01/09-30-00`.

    Raises:
        TableError: there is no job that can be read, or there are several sweeps and none is
            named.
    """
    top = Path(place)
    folder = top / study
    sweeps = job_folders(folder) if folder.is_dir() else {}
    if not sweeps:
        raise _nothing(top, study)
    settings = {home: _yaml(folder / jobs[0] / INNER / HYDRA) for home, jobs in sweeps.items()}
    multi = [home for home in sweeps if _is_multirun(settings[home])]
    if len(multi) > 1:
        names = [home.as_posix() for home in multi]
        raise TableError(
            f"{folder.name} holds {len(names)} sweeps: {listed(names, 6)}",
            next_step="name one: --study FOLDER",
        )
    left_out = []
    home = multi[0] if multi else PurePath()
    if multi:
        others = [job for own, jobs in sweeps.items() if own != home for job in jobs]
        left_out = [f"{job.as_posix()}: it is no job of the sweep" for job in others]
        jobs = sweeps[home]
    else:
        jobs = [job for own in sweeps.values() for job in own]
    found, refused = _jobs(folder, home, jobs)
    setting = settings[home] if multi else {}
    whole = _yaml(folder / home / MULTIRUN)
    tasks = (whole.get("hydra") or {}).get("overrides") or {}
    sweeper = read_sweeper(setting, tasks.get("task") or () if isinstance(tasks, Mapping) else ())
    best = _yaml(folder / home / BEST)
    return _source(found, sweeper, best, shown(top), [*left_out, *refused])


def _nothing(top: Path, study: str) -> TableError:
    if not top.is_dir():
        return TableError(f"there is no folder {top}", next_step="correct the path")
    below = [home.as_posix() for home in job_folders(top)]
    if study and below:
        return TableError(
            f'{top.name} has no jobs below "{study}".{nearest(study, below)}',
            next_step=f"name one of {listed(below, 6)}",
        )
    return TableError(
        f"{top.name} holds no job of Hydra",
        next_step="name a folder such as multirun/DATE/TIME, whose jobs have a folder .hydra",
    )


def _yaml(file: Path) -> dict[str, Any]:
    """A file's table; empty where it is not there or is no YAML."""
    try:
        read = read_yaml(file.read_bytes(), file.name).value
    except (OSError, TableError):
        return {}
    return read if isinstance(read, dict) else {}


def _is_multirun(hydra: Mapping[str, Any]) -> bool:
    """Whether a job was one of a sweep: it has a number, as one that runs alone has not."""
    own = hydra.get("hydra")
    job = own.get("job") if isinstance(own, Mapping) else None
    number = job.get("num") if isinstance(job, Mapping) else None
    return isinstance(number, int) and not isinstance(number, bool)


def _jobs(folder: Path, home: PurePath, jobs: Sequence[PurePath]) -> tuple[list[_Job], list[str]]:
    found, refused = [], []
    doing(f"Reading {plural(len(jobs), 'job')} of Hydra")
    for at in jobs:
        try:
            name = at.relative_to(home).as_posix()
        except ValueError:
            name = at.as_posix()
        name = name if name not in ("", ".") else (folder / at).resolve().name
        try:
            config = read_configuration(folder / at, name)
        except TableError as error:
            refused.append(f"{name}: {str(error).splitlines()[0]}")
            continue
        record = record_in(folder / at, but="hydra")
        # A file that repeats the configuration is no measurement.
        for again in [n for n in record.results if n.replace("/", ".") in config]:
            del record.results[again]
            record.curves.pop(again, None)
        found.append(_Job(name=name, config=config, record=record))
    if not found:
        raise TableError(
            f"{folder.name}: no job can be read; the first: {refused[0]}",
            next_step="copy the folder again, with the hidden folders .hydra",
        )
    return found, refused


def _source(
    jobs: Sequence[_Job],
    sweeper: Sweeper,
    best: Mapping[str, Any],
    source: str,
    left_out: Sequence[str],
) -> SweepSource:
    last = max((i for i, job in enumerate(jobs) if job.record.results), default=len(jobs) - 1)
    runs = []
    for i, job in enumerate(jobs):
        there = bool(job.record.results)
        status = "complete" if there or (last == len(jobs) - 1 and not _any(jobs)) else "failed"
        runs.append(
            Run(
                name=job.name,
                config=job.config,
                results=job.record.results,
                curves=job.record.curves,
                status=status if i <= last else "running",
                cause=job.record.reason,
                chosen=sweeper.chosen(i),
            )
        )
    notes = _notes(jobs, sweeper, best)
    told = _objectives(jobs, sweeper, best)
    values = {n: [job.config[n] for job in jobs if n in job.config] for n in sweeper.params}
    ranges = {name: range_of(text, values[name]) for name, text in sweeper.params.items()}
    return sweep_of_runs(
        without_single_points(runs),
        tool="Hydra",
        source=source,
        sampler=sweeper.sampler,
        notes=notes,
        left_out=left_out,
        declared={name: axis for name, axis in ranges.items() if axis is not None},
        objectives=told,
        reduce={told[0].partition(":")[2]: "last"} if told else None,
    )


def _any(jobs: Sequence[_Job]) -> bool:
    return any(job.record.results for job in jobs)


def _objectives(
    jobs: Sequence[_Job], sweeper: Sweeper, best: Mapping[str, Any]
) -> tuple[str, ...]:
    """The metric whose last value at the best job is the value that the sweeper kept of it."""
    params, value = best.get("best_params"), best.get("best_value")
    if not isinstance(params, Mapping) or not isinstance(value, int | float):
        return ()
    if sweeper.direction not in ("minimize", "maximize"):
        return ()
    told: Counter[str] = Counter()
    for job in jobs:
        if all(job.config.get(name) == own for name, own in params.items()):
            told.update(
                metric
                for metric, last in job.record.results.items()
                if math.isclose(last, value, rel_tol=_SAME)
            )
    return (f"{sweeper.direction}:{next(iter(told))}",) if len(told) == 1 else ()


def _notes(jobs: Sequence[_Job], sweeper: Sweeper, best: Mapping[str, Any]) -> list[str]:
    forms = Counter(job.record.form for job in jobs if job.record.form)
    notes = [
        f"Results and curves were read from {form} in {plural(count, 'job')}."
        for form, count in forms.items()
    ]
    without = sum(not job.record.results for job in jobs)
    if without == len(jobs):
        notes.append(
            "No job's folder has metrics, and Hydra stores none; --curves-from names their place."
        )
    elif without:
        notes.append(f"{plural(without, 'job')} left no metrics: failed, or still running.")
    notes += [
        f"{note} ({plural(count, 'job')})"
        for note, count in Counter(note for job in jobs for note in job.record.notes).items()
    ]
    if sweeper.name and not sweeper.sampler:
        notes.append(f"What {sweeper.name} chose configurations by is not known.")
    if best and not _any(jobs):
        notes.append(f"{BEST} has the best job alone: it was not used.")
    return notes
