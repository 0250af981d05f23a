"""Curves as the check of training length reads them: one a trial, and bands (C6 E3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tunebook.analysis.curve_ends import late_gain, saturated_at
from tunebook.words.finding import Interval
from tunebook.words.table import TrialTable

if TYPE_CHECKING:
    from jaxtyping import Float, Int

LATE = 0.75
"""[P]: where best checkpoints lie in the last quarter, try longer."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CurveReading:
    """One complete trial's curve.

    Attributes:
        trial, study: names.
        steps, values: the objective as reported, in its own units.
        best_step: step of its best value; best_fraction: of its training.
        improving: still, at the end.
        late_gain: improvement per tenth of training near the end, better is positive.
        saturated_at: step from which it was as good as its best; None where that is late.
        highlighted: the best of its study.
        training_steps, training_values: of the training-set metric; may be empty.
    """

    trial: str
    study: str
    steps: Int[np.ndarray, "points"]
    values: Float[np.ndarray, "points"]
    best_step: int
    best_fraction: float
    improving: bool
    late_gain: Interval
    saturated_at: int | None
    highlighted: bool
    training_steps: Int[np.ndarray, "training_points"]
    training_values: Float[np.ndarray, "training_points"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CurveBand:
    """Quantiles over a study's trials that are not highlighted, at common steps."""

    study: str
    steps: Int[np.ndarray, "grid"]
    q10: Float[np.ndarray, "grid"]
    q50: Float[np.ndarray, "grid"]
    q90: Float[np.ndarray, "grid"]


def length_of(table: TrialTable, i: int) -> int:
    """Steps that a trial trained: as asked, unless its own curve ends well before that."""
    own = int(table.curves[table.objective.metric].of(i)[0][-1]) + 1
    asked = table.max_train_steps
    return asked if asked is not None and own > 0.8 * asked else own


def read_curve(table: TrialTable, i: int, *, highlighted: bool) -> CurveReading:
    """The curve of one complete trial, which has at least one finite value."""
    steps, values = table.curves[table.objective.metric].of(i)
    finite = np.isfinite(values)
    known, losses = steps[finite], table.objective.sign * values[finite]
    length = length_of(table, i)
    best = int(known[np.argmin(losses)])
    gain = late_gain(known, losses, length)
    fraction = (best + 1) / length
    improving = gain.low > 0 and fraction > LATE
    training = table.curves.get(table.training_objective)
    t_steps, t_values = training.of(i) if training is not None else (steps[:0], values[:0])
    return CurveReading(
        trial=table.name[i],
        study=table.study[i],
        steps=steps,
        values=values,
        best_step=best,
        best_fraction=fraction,
        improving=improving,
        late_gain=gain,
        saturated_at=None if improving else saturated_at(known, losses, length),
        highlighted=highlighted,
        training_steps=t_steps,
        training_values=t_values,
    )


def bands_of(readings: Sequence[CurveReading]) -> tuple[CurveBand, ...]:
    """A band for each study in which three curves or more are not highlighted."""
    bands = []
    for study in dict.fromkeys(r.study for r in readings):
        own = [r for r in readings if r.study == study and not r.highlighted]
        if len(own) < 3:
            continue
        grid = np.unique(np.concatenate([r.steps for r in own]))
        if len(grid) > 200:
            grid = grid[np.linspace(0, len(grid) - 1, 200).astype(int)]
        # Where fewer than three curves are left, there is no band.
        rows = np.array([np.interp(grid, r.steps, r.values, right=np.nan) for r in own])
        there = np.isfinite(rows).sum(axis=0) >= 3
        if not there.any():
            continue
        q10, q50, q90 = np.nanquantile(rows[:, there], [0.1, 0.5, 0.9], axis=0)
        bands.append(CurveBand(study=study, steps=grid[there], q10=q10, q50=q50, q90=q90))
    return tuple(bands)
