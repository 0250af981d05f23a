"""Which runs of an experiment are trials, and their histories as curves (C11)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from tunebook.domain.formats.numbers import listed, plural
from tunebook.importers.mlflow.experiment import PARENT, History, Reading, Recorded
from tunebook.importers.mlflow.optuna_tags import Told, take_tags
from tunebook.importers.runs import Points, Run

_SHORT = 8
"""Digits of an id that tell runs of one name apart."""
_SEARCHED = "best_cv_score"
"""Metric of a run in which scikit-learn's search was logged by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trials:
    """The trials of an experiment.

    Attributes:
        runs: in the order in which they began.
        notes: on what was read and how, a sentence each.
        told: by tags of Optuna's callback.
    """

    runs: Sequence[Run]
    notes: tuple[str, ...]
    told: Told


def trials_of(reading: Reading) -> Trials:
    """Runs that trained something: neither deleted, nor the parent of others."""
    by_id = {run.id: run for run in reading.runs}
    parents = {run.tags[PARENT] for run in reading.runs if PARENT in run.tags}
    own = [run for run in reading.runs if not run.deleted and run.id not in parents]
    own.sort(key=lambda run: (run.started or 0, run.id))
    told = take_tags(own)
    handed = _hand_down(own, by_id)
    curves = _Curves(own)
    names = _names(own)
    runs = [
        Run(
            name=names[run.id],
            config=run.params,
            results={metric: float(values[-1]) for metric, (_, values) in points.items()},
            curves={m: found for m, found in points.items() if m in curves.of_many},
            status=run.status,
            seconds=_seconds(run),
            start=_start(run),
            notes={"run_id": run.id, **_tags(run)},
        )
        for run, points in zip(own, curves.points, strict=True)
    ]
    notes = [*reading.notes, *_about(reading.runs, by_id, parents), *handed, *curves.notes()]
    if told.differ:
        notes.append(f"Ranges that changed during the study, joined: {listed(told.differ)}.")
    return Trials(runs=runs, notes=tuple(notes), told=told)


def _names(runs: Sequence[Recorded]) -> dict[str, str]:
    """The name that MLflow shows; with the id's first digits where several have it."""
    counts: dict[str, int] = {}
    for run in runs:
        counts[run.name] = counts.get(run.name, 0) + 1
    named = {
        run.id: run.name
        if run.name and counts[run.name] == 1
        else f"{run.name} {run.id[:_SHORT]}".strip()
        for run in runs
    }
    if len(set(named.values())) < len(runs):
        return {run.id: run.id for run in runs}
    return named


def _about(
    every: Iterable[Recorded], by_id: Mapping[str, Recorded], parents: Iterable[str]
) -> list[str]:
    notes = []
    if deleted := sum(run.deleted for run in every):
        notes.append(
            f"Not read: {plural(deleted, 'run')} in the trash. Where runs were deleted for their "
            "results, the rest looks better than the search was."
        )
    there = [by_id[own] for own in parents if own in by_id and not by_id[own].deleted]
    if there:
        notes.append(f"No trials: {plural(len(there), 'run')} with nested runs.")
    if any(_SEARCHED in run.metrics for run in there):
        notes.append(
            "MLflow kept only the best runs of a search by scikit-learn; cv_results.csv among "
            "the artifacts of the run above them has all."
        )
    return notes


def _hand_down(runs: Sequence[Recorded], by_id: Mapping[str, Recorded]) -> list[str]:
    """Give nested runs the parameters of the runs above them; changes `runs`."""
    handed: dict[str, None] = {}
    for run in runs:
        above, seen = by_id.get(run.tags.get(PARENT, "")), {run.id}
        while above is not None and above.id not in seen:
            seen.add(above.id)
            missing = {n: v for n, v in above.params.items() if n not in run.params}
            run.params.update(missing)
            handed.update(dict.fromkeys(missing))
            above = by_id.get(above.tags.get(PARENT, ""))
    if not handed:
        return []
    return [f"Nested runs take from the run above them: {listed([*handed], 8)}."]


class _Curves:
    """Every metric of every run by rising step.

    Attributes:
        points: by run, the curve of each metric.
        of_many: metrics of which a run has several values; others are results alone.
    """

    def __init__(self, runs: Sequence[Recorded]) -> None:
        self._without: set[str] = set()
        self._repeated = 0
        self.points = [{m: self._curve(m, h) for m, h in run.metrics.items()} for run in runs]
        self.of_many = {
            m for own in self.points for m, (steps, _) in own.items() if len(steps) > 1
        }

    def _curve(self, metric: str, history: History) -> Points:
        """Of one step the last value, and of one moment the largest, as MLflow takes them."""
        order = np.lexsort((history.values, history.times, history.steps))
        steps, values = history.steps[order], history.values[order]
        if len(steps) > 1 and not steps.any():
            self._without.add(metric)
            return np.arange(len(steps)), values
        last = np.append(steps[1:] != steps[:-1], True)
        self._repeated += int(len(last) - last.sum())
        return steps[last], values[last]

    def notes(self) -> list[str]:
        notes = []
        if self._without:
            notes.append(
                "Logged without a step, so numbered in the order of their times: "
                f"{listed(sorted(self._without), 8)}."
            )
        if self._repeated:
            notes.append(f"Values that a later one at the same step replaces: {self._repeated}.")
        return notes


def _seconds(run: Recorded) -> float | None:
    if run.started is None or run.ended is None:
        return None
    return (run.ended - run.started) / 1000


def _start(run: Recorded) -> str:
    if run.started is None:
        return ""
    try:
        return datetime.fromtimestamp(run.started / 1000, UTC).isoformat()
    except (OverflowError, ValueError, OSError):
        return ""


def _tags(run: Recorded) -> dict[str, str]:
    return {f"tags.{name}": text for name, text in run.tags.items() if name != PARENT}
