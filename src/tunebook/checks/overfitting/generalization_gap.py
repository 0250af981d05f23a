"""Held-out curves beside the training curves of the same trials: what C4 reads and shows (C4)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tunebook.domain.table import TrialTable

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int

SHOWN = 10
"""Good trials of a study whose curves are kept for its picture, best first."""
STUDIES = 4
"""Studies that are shown: those that overfit, then those with the best trial."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MetricReading:
    """One held-out metric of every complete trial; NaN where its curve can't be read.

    Attributes:
        metric, sign: name, and 1 where lower is better, -1 where higher is.
        training_metric: its twin on the training set, or empty; same_kind: loss beside loss.
        rows: the complete trials, as rows of the table; good: the best tenth of each study.
        p_value: that the mean never rises while the twin falls, or that the rise is too small.
        rise, error: end minus lowest stretch, worse is positive, and its standard error.
        low, end: means of the lowest stretch and of the last quarter, in the metric's units.
        training_low, training_end: of the twin, over the same steps.
        best_step, best_value: of the best evaluation; -1 and NaN where there is none.
        overfits: trials that are said to overfit.
        studies: those most of whose good trials do; "" stands for all studies together.
    """

    metric: str
    sign: int
    training_metric: str
    same_kind: bool
    rows: Int[np.ndarray, "rows"]
    good: Bool[np.ndarray, "rows"]
    p_value: Float[np.ndarray, "rows"]
    rise: Float[np.ndarray, "rows"]
    error: Float[np.ndarray, "rows"]
    low: Float[np.ndarray, "rows"]
    end: Float[np.ndarray, "rows"]
    training_low: Float[np.ndarray, "rows"]
    training_end: Float[np.ndarray, "rows"]
    best_step: Int[np.ndarray, "rows"]
    best_value: Float[np.ndarray, "rows"]
    overfits: Bool[np.ndarray, "rows"]
    studies: tuple[str, ...]

    @property
    def readable(self) -> Bool[np.ndarray, "rows"]:
        """Trials whose curves could be read."""
        return np.asarray(np.isfinite(self.p_value))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GapCurve:
    """One good trial's held-out and training curves, finite points alone."""

    trial: str
    steps: Int[np.ndarray, "points"]
    values: Float[np.ndarray, "points"]
    best_step: int
    best_value: float
    training_steps: Int[np.ndarray, "training_points"]
    training_values: Float[np.ndarray, "training_points"]
    overfits: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainingGap:
    """The good trials of one study, best first, in the metric that overfits most.

    Attributes:
        study, metric, sign, training_metric, same_kind: as in MetricReading.
        overfits: most of this study's good trials do.
        curves: the best trial first.
    """

    study: str
    metric: str
    sign: int
    training_metric: str
    same_kind: bool
    overfits: bool
    curves: tuple[GapCurve, ...]


def gaps_of(table: TrialTable, readings: Sequence[MetricReading]) -> tuple[TrainingGap, ...]:
    """What is worth a picture: a study's good trials, in one metric that has a training twin."""
    rows = readings[0].rows
    losses = table.losses[rows]
    study = np.array([table.study[i] for i in rows], dtype=object)
    gaps: list[tuple[bool, float, int, TrainingGap]] = []
    for name in dict.fromkeys(table.study):
        here = study == name
        reading = _most_telling(readings, here, name)
        if reading is None:
            continue
        own = np.flatnonzero(reading.good & here)
        own = own[np.argsort(losses[own], kind="stable")]
        curves = [_curve(table, reading, int(i)) for i in own[:SHOWN]]
        kept = tuple(c for c in curves if len(c.steps) > 1 and len(c.training_steps) > 1)
        if kept:
            overfits = bool({name, ""} & set(reading.studies))
            gaps.append((not overfits, float(losses[own[0]]), len(gaps), TrainingGap(
                study=name, metric=reading.metric, sign=reading.sign,
                training_metric=reading.training_metric, same_kind=reading.same_kind,
                overfits=overfits, curves=kept,
            )))  # fmt: skip
    return tuple(g[3] for g in sorted(gaps, key=lambda g: g[:3])[:STUDIES])


def _most_telling(
    readings: Sequence[MetricReading], here: Bool[np.ndarray, "rows"], study: str
) -> MetricReading | None:
    """Of the metrics with a twin: one that overfits in this study, else the first."""
    paired = [r for r in readings if r.training_metric and (r.good & here).any()]
    if not paired:
        return None
    return max(
        paired,
        key=lambda r: (
            bool({study, ""} & set(r.studies)), int((r.overfits & r.good & here).sum())
        ),
    )  # fmt: skip


def _curve(table: TrialTable, reading: MetricReading, i: int) -> GapCurve:
    row = int(reading.rows[i])
    steps, values = table.curves[reading.metric].finite(row)
    training_steps, training_values = table.curves[reading.training_metric].finite(row)
    best = int(np.argmin(reading.sign * values)) if len(values) else 0
    return GapCurve(
        trial=table.name[row],
        steps=steps,
        values=values,
        best_step=int(steps[best]) if len(steps) else -1,
        best_value=float(values[best]) if len(values) else float("nan"),
        training_steps=training_steps,
        training_values=training_values,
        overfits=bool(reading.overfits[i]),
    )
