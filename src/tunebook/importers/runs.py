"""Runs that a tool recorded one by one, as the columns of a sweep (C11)."""

from __future__ import annotations

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunebook.domain.formats.names import spell
from tunebook.domain.origin import Kind
from tunebook.importers.csv.columns import TrialRows
from tunebook.importers.csv.known_tools import Stated
from tunebook.importers.csv.measurements import Measurements
from tunebook.importers.source import SweepSource

Points = tuple[Sequence[int] | NDArray[np.int64], Sequence[float] | NDArray[np.float64]]
"""Steps, rising and each once, and the value at each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One run as its tool recorded it.

    Attributes:
        name: as the tool shows it; the reader gives runs of the same name names of their own.
        config: values that were set before training, nested ones as `model.width`.
        results: the last value of each metric.
        curves: values of each metric during training.
        status: how it ended, in words that `statuses` knows: complete, failed, pruned.
        cause: why, where the tool says so.
        seconds: that it took, or None.
        start: ISO 8601, UTC where the tool says so; empty where it is not known.
        notes: what is neither, such as a group or a host.
        chosen: what chose its configuration, as `domain/origin.py` names it; empty: not known.
    """

    name: str
    config: Mapping[str, Any] = field(default_factory=dict)
    results: Mapping[str, float] = field(default_factory=dict)
    curves: Mapping[str, Points] = field(default_factory=dict)
    status: str = "complete"
    cause: str = ""
    seconds: float | None = None
    start: str = ""
    notes: Mapping[str, Any] = field(default_factory=dict)
    chosen: str = ""


_CONFIG, _RESULT, _NOTE = "config.", "result.", "note."


def sweep_of_runs(
    runs: Sequence[Run],
    *,
    tool: str,
    source: str,
    sampler: str = "",
    pruner: str = "",
    notes: Sequence[str] = (),
    left_out: Sequence[str] = (),
    reduce: Mapping[str, str] | None = None,
    **more: Any,
) -> SweepSource:
    """The inner form of runs; what each column is, is stated and not told from its name.

    Args:
        runs: in the order in which they began.
        tool: name of what recorded them.
        source: name of the place, for errors and findings.
        sampler, pruner: what chose and what stopped runs, where the tool says so.
        notes: on how the place was read, a sentence each.
        left_out: "name: reason" for runs that can't be read.
        reduce: how the tool makes a value of a curve, by metric. If left out, "last" where runs
            have a result of that metric, since that is the last value.
        more: further fields of a `SweepSource`.

    Example:
        >>> found = sweep_of_runs([Run(name="a", config={"lr": 0.1}, results={"loss": 2.0})],
        ...     tool="W&B", source="wandb")
        >>> found.rows.cells["config.lr"], found.rows.cells["result.loss"]
        (['0.1'], ['2.0'])
    """
    cells: dict[str, list[str]] = {"trial": [run.name for run in runs]}
    kinds: dict[str, tuple[Kind, str]] = {"trial": (Kind.TRIAL, "trial")}
    for column, kind in (
        ("status", Kind.STATUS), ("cause", Kind.CAUSE), ("start", Kind.START)
    ):  # fmt: skip
        own = [str(getattr(run, column)) for run in runs]
        if any(own):
            cells[column], kinds[column] = own, (kind, column)
    if any(run.seconds is not None for run in runs):
        cells["seconds"] = ["" if run.seconds is None else repr(run.seconds) for run in runs]
        kinds["seconds"] = (Kind.SECONDS, "seconds")
    for prefix, part, kind in (
        (_CONFIG, "config", Kind.HYPERPARAMETER),
        (_RESULT, "results", Kind.RESULT),
        (_NOTE, "notes", Kind.BOOKKEEPING),
    ):
        for name in _names(getattr(run, part) for run in runs):
            cells[prefix + name] = [_text(getattr(run, part), name) for run in runs]
            kinds[prefix + name] = (kind, name)
    return SweepSource(
        rows=TrialRows(
            source=source,
            header=tuple(cells),
            lines=tuple(range(1, len(runs) + 1)),
            cells=cells,
            notes=tuple(notes),
            left_out=tuple(left_out),
            stated=Stated(tool=tool, kinds=kinds, sampler=sampler, pruner=pruner),
        ),
        curves=_measurements(runs),
        reduce=_last_of(runs) if reduce is None else reduce,
        chosen=tuple(run.chosen for run in runs) if any(run.chosen for run in runs) else (),
        **more,
    )


def without_single_points(runs: Sequence[Run]) -> list[Run]:
    """The runs, where a metric that no run has at two steps is a result and no curve."""
    several = {metric for run in runs for metric, c in run.curves.items() if len(c[0]) > 1}
    return [
        replace(run, curves={metric: c for metric, c in run.curves.items() if metric in several})
        for run in runs
    ]


def _last_of(runs: Sequence[Run]) -> dict[str, str]:
    results = set(_names(run.results for run in runs))
    return {metric: "last" for metric in _names(run.curves for run in runs) if metric in results}


def _names(parts: Any) -> list[str]:
    return list(dict.fromkeys(itertools.chain.from_iterable(parts)))


def _text(values: Mapping[str, Any], name: str) -> str:
    """A cell: empty where the run has no such value, `null` where its value is None."""
    if name not in values:
        return ""
    value = values[name]
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return repr(value)
    return spell(value) if isinstance(value, bool) else json.dumps(value)


def _measurements(runs: Sequence[Run]) -> Measurements | None:
    metrics = _names(run.curves for run in runs)
    place = {metric: i for i, metric in enumerate(metrics)}
    parts = [
        (i, place[metric], np.asarray(steps, np.int64), np.asarray(values, np.float64))
        for i, run in enumerate(runs)
        for metric, (steps, values) in run.curves.items()
    ]
    if not parts:
        return None
    sizes = [len(steps) for _, _, steps, _ in parts]
    return Measurements(
        trials=tuple(run.name for run in runs),
        metrics=tuple(metrics),
        trial=np.repeat(np.array([i for i, *_ in parts], np.int64), sizes),
        metric=np.repeat(np.array([m for _, m, _, _ in parts], np.int64), sizes),
        step=np.concatenate([steps for _, _, steps, _ in parts]),
        value=np.concatenate([values for *_, values in parts]),
    )
