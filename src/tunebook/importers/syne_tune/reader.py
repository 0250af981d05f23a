"""A tuning of Syne Tune as a sweep: `results.csv.zip` and `metadata.json` (C11)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tunebook.domain.errors import TableError
from tunebook.domain.formats.numbers import plural
from tunebook.domain.origin import steered
from tunebook.importers.folders import folders_in, sweep_in
from tunebook.importers.runs import Points, Run, sweep_of_runs
from tunebook.importers.source import SweepSource
from tunebook.importers.syne_tune.folders import METADATA, RESULTS, is_tuning
from tunebook.importers.syne_tune.metadata import Tuning, read_metadata
from tunebook.importers.syne_tune.table import TRIAL, Reports, read_reports

_CONFIG, _OWN = "config_", "st_"
_STEPS = ("epoch", "step", "iteration", "training_iteration", "st_worker_iter")
_ABSENT = "Syne Tune records reports alone: a trial that crashed looks like one that is running."


def read_syne_tune(place: str | Path, study: str = "") -> SweepSource:
    """Read a tuning without Syne Tune; its `tuner.dill` is never loaded.

    Args:
        place: its folder, `~/syne-tune/NAME`, or the folder of several tunings.
        study: name of one of several.

    Raises:
        TableError: it can't be read, it has no trials, or there are several and none is named.
    """
    wanted = f"no {RESULTS[0]} with {METADATA}"
    folder = sweep_in(Path(place), study, is_tuning, noun="tuning", wanted=wanted)
    reports, tuning = read_reports(folder), read_metadata(folder)
    if not reports.of:
        raise TableError(f"{folder.name} has no reports", next_step="wait until a trial reports")
    step = next((s for s in (tuning.step, *_STEPS) if s and s in reports.cells), "")
    metrics = _metrics(reports, step)
    steps = reports.numbers(step) if step else None
    if steps is None or not np.isfinite(steps).all():
        steps = _counted(reports)
    trials = sorted(reports.of, key=lambda name: (0, int(name)) if name.isdecimal() else (1, 0))
    longest = tuning.longest or float(steps.max())
    runs = [_run(reports, name, steps, metrics, tuning, longest) for name in trials]
    notes = [*tuning.notes, _ABSENT, *_notes(reports, tuning)]
    return sweep_of_runs(
        runs,
        tool="Syne Tune",
        source=folder.name,
        sampler=tuning.chosen if tuning.chosen and steered(tuning.chosen) else "",
        pruner=tuning.pruner,
        notes=notes,
        left_out=[
            f"{own.name}: it has a folder, and reported nothing"
            for own in folders_in(folder)
            if own.name not in reports.of and (own / "config.json").is_file()
        ],
        declared=tuning.declared,
        objectives=tuple(o for o in tuning.objectives if o.partition(":")[2] in metrics),
        adaptive=steered(tuning.chosen) if tuning.chosen else None,
    )


def _metrics(reports: Reports, step: str) -> dict[str, NDArray[np.float64]]:
    """Columns of numbers that are neither configuration nor bookkeeping."""
    names = [
        name
        for name in reports.cells
        if not name.startswith((_CONFIG, _OWN)) and name not in (TRIAL, step)
    ]
    read = {name: reports.numbers(name) for name in names}
    return {
        name: values
        for name, values in read.items()
        if values is not None and any(reports.cells[name])
    }


def _counted(reports: Reports) -> NDArray[np.float64]:
    """The number of each report within its trial, from 1."""
    steps = np.zeros(len(reports.cells[TRIAL]))
    for rows in reports.of.values():
        steps[rows] = np.arange(1, len(rows) + 1)
    return steps


def _number(cell: str) -> float | None:
    try:
        return float(cell)
    except ValueError:
        return None


def _run(
    reports: Reports,
    trial: str,
    steps: NDArray[np.float64],
    metrics: Mapping[str, NDArray[np.float64]],
    tuning: Tuning,
    longest: float,
) -> Run:
    rows = reports.of[trial]
    last = {name: cells[rows[-1]] for name, cells in reports.cells.items()}
    first = {name: cells[rows[0]] for name, cells in reports.cells.items()}
    kept = rows[_standing(steps[rows])]
    curves: dict[str, Points] = {}
    for metric, values in metrics.items():
        there = kept[[bool(reports.cells[metric][row]) for row in kept]]
        if len(there):
            curves[metric] = steps[there].astype(np.int64), values[there]
    ended = steps[rows].max() >= longest
    stopped = last.get("st_decision", "") in ("STOP", "PAUSE")
    status = "complete" if ended else "pruned" if stopped else "running"
    if last.get("st_status", "").lower() == "completed":
        status = "complete" if ended or not tuning.pruner else "pruned"
    begun = _number(first.get("st_worker_timestamp", ""))
    return Run(
        name=trial,
        config={
            name.removeprefix(_CONFIG): cell
            for name, cell in last.items()
            if name.startswith(_CONFIG) and cell
        },
        results={metric: float(points[1][-1]) for metric, points in curves.items()},
        curves=curves,
        status=status,
        seconds=_number(last.get("st_worker_time", "")),
        start=datetime.fromtimestamp(begun, UTC).replace(tzinfo=None).isoformat()
        if begun is not None and 0 < begun < 4e9
        else "",
        notes={name: last[name] for name in ("st_decision", "st_status") if name in last},
        chosen=tuning.chosen,
    )


def _standing(steps: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which reports are part of the training: a later one of an earlier step ends what was."""
    after = np.minimum.accumulate(steps[::-1])[::-1]
    standing = np.ones(len(steps), dtype=bool)
    standing[:-1] = steps[:-1] < after[1:]
    return standing


def _notes(reports: Reports, tuning: Tuning) -> list[str]:
    said = []
    if reports.cut:
        said.append("The last row of the table is half written and was left out.")
    trials, found = reports.cells[TRIAL], set[str]()
    for name, cells in reports.cells.items():
        if name.startswith(_CONFIG):
            values = Counter(trial for trial, _ in set(zip(trials, cells, strict=True)))
            found |= {trial for trial, count in values.items() if count > 1}
    changed = len(found)
    if changed or tuning.population:
        said.append(
            f"The configuration of {plural(changed, 'trial')} changed during training; the table "
            "has the last one."
        )
    return said
