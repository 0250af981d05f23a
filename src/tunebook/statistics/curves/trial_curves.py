"""Curves as the checks of training read them: one a trial, the good ones closely (C5 C6 C7 E3)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tunebook.domain.finding import Interval
from tunebook.domain.table import TrialTable
from tunebook.statistics.curves.block_means import points_of
from tunebook.statistics.curves.ends import late_gain, saturated_at
from tunebook.statistics.curves.lengths import trained_lengths

if TYPE_CHECKING:
    from jaxtyping import Float, Int

LATE = 0.75
"""[P]: where best checkpoints lie in the last quarter, try longer."""
EARLY = 0.1
"""[P]: where best checkpoints lie in the first tenth, training is far too long."""
FEWEST_TRIALS = 3
COARSE_POINTS = 4
"""Evaluations below which a curve has no last quarter."""
IN_A_BAND = 4000
"""Curves that a band is computed from: its quantiles are then good to half a percent."""
GRID = 200
"""Steps of a band."""
BINS = 20
"""Of the histogram of best checkpoints: the playbook's 10 % and 75 % fall between two of them."""
NOT_READ = Interval(0.0, -math.inf, math.inf)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CurveReading:
    """One complete trial's curve.

    Attributes:
        trial, study: names.
        steps, values: the objective as reported, in its own units.
        best_step: step of its best value; best_fraction: of its training.
        good: one of the best of its study, which alone are read for the next three.
        improving: still, at the end.
        late_gain: improvement per tenth of training near the end, better is positive; unbounded
            where it was not read, or could not be.
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
    good: bool = False

    @property
    def finite(self) -> tuple[Int[np.ndarray, "known"], Float[np.ndarray, "known"]]:
        """Steps and values, finite ones alone."""
        finite = np.isfinite(self.values)
        return self.steps[finite], self.values[finite]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CurveBand:
    """Quantiles over a study's trials that are not highlighted, at common steps."""

    study: str
    steps: Int[np.ndarray, "grid"]
    q10: Float[np.ndarray, "grid"]
    q50: Float[np.ndarray, "grid"]
    q90: Float[np.ndarray, "grid"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BestCheckpoints:
    """At which share of training the best checkpoint falls, over trials (E3).

    Attributes:
        counts, good_counts: of all trials, and of the good ones, in BINS equal parts of training.
        trials, good_trials: how many those are.
        early, late: shares of the good trials with their best checkpoint in the first tenth and
            in the last quarter.
        left_out: trials evaluated fewer than COARSE_POINTS times.
    """

    counts: Int[np.ndarray, "bins"]
    good_counts: Int[np.ndarray, "bins"]
    trials: int
    good_trials: int
    early: float
    late: float
    left_out: int


def rows_with_curves(table: TrialTable) -> Int[np.ndarray, "rows"]:
    """Complete trials that reported a finite value of the objective."""
    curves = table.curves.get(table.objective.metric)
    if curves is None or not len(table):
        return np.empty(0, np.int64)
    rows = np.flatnonzero(table.complete)
    return rows[points_of(curves, rows, 1).count > 0]


def ranked_by_study(
    table: TrialTable, rows: Int[np.ndarray, "rows"]
) -> dict[str, Int[np.ndarray, "of_study"]]:
    """Rows of each study, best first."""
    losses = table.losses
    groups: dict[str, list[int]] = {}
    for i in rows[np.argsort(losses[rows], kind="stable")].tolist():
        groups.setdefault(table.study[i], []).append(i)
    return {study: np.array(own) for study, own in groups.items()}


def good_rows(
    table: TrialTable, rows: Int[np.ndarray, "rows"], most: int | None = None
) -> Int[np.ndarray, "good"]:
    """The best tenth of each study's trials with curves, three at least; `most` of each study."""
    best = [
        own[: min(max(FEWEST_TRIALS, math.ceil(0.1 * len(own))), most or len(own))]
        for own in ranked_by_study(table, rows).values()
    ]
    return np.sort(np.concatenate(best)) if best else rows


def no_curve(table: TrialTable, metrics: Iterable[str]) -> str:
    """Why there is no curve, where no complete trial reports one of these twice; else empty."""
    rows = np.flatnonzero(table.complete)
    sizes = [table.curves[m].sizes[rows] for m in metrics if m in table.curves]
    most = max((int(own.max(initial=0)) for own in sizes), default=0)
    if most > 1:
        return ""
    return "each trial reports one value" if most else "no complete trial reports a curve"


def read_curves(
    table: TrialTable, rows: Int[np.ndarray, "rows"], good: Int[np.ndarray, "good"]
) -> list[CurveReading]:
    """The curves of complete trials, each with a finite value; the good ones read closely."""
    curves = table.curves[table.objective.metric]
    training = table.curves.get(table.training_objective)
    lengths = trained_lengths(table, rows).steps
    best_steps, _ = points_of(curves, rows, table.objective.sign).best()
    first = {int(own[0]) for own in ranked_by_study(table, rows).values()}
    close = set(good.tolist())
    none = (curves.steps[:0], curves.values[:0])
    readings = []
    for i, length, best in zip(rows.tolist(), lengths.tolist(), best_steps.tolist(), strict=True):
        steps, values = curves.of(i)
        t_steps, t_values = training.of(i) if training is not None else none
        fraction = min(1.0, (best + 1) / length) if length > 0 else 1.0
        gain, improving, saturated = NOT_READ, False, None
        if i in close:
            known, finite = curves.finite(i)
            losses = table.objective.sign * finite
            gain = late_gain(known, losses, length)
            improving = gain.low > 0 and fraction > LATE
            saturated = None if improving else saturated_at(known, losses, length)
        readings.append(
            CurveReading(
                trial=table.name[i],
                study=table.study[i],
                steps=steps,
                values=values,
                best_step=best,
                best_fraction=fraction,
                improving=improving,
                late_gain=gain,
                saturated_at=saturated,
                highlighted=i in first,
                training_steps=t_steps,
                training_values=t_values,
                good=i in close,
            )
        )
    return readings


def best_checkpoints(readings: Sequence[CurveReading]) -> BestCheckpoints:
    """Where best checkpoints fall; curves without a last quarter are left out and counted."""
    told = [r for r in readings if len(r.steps) >= COARSE_POINTS]
    fractions = np.array([r.best_fraction for r in told])
    good = np.array([r.good for r in told], dtype=bool)
    # A best at exactly a tenth of training is in the first tenth.
    place = np.clip(np.ceil(np.round(fractions * BINS, 9)).astype(int) - 1, 0, BINS - 1)
    chosen = fractions[good]
    return BestCheckpoints(
        counts=np.bincount(place, minlength=BINS),
        good_counts=np.bincount(place[good], minlength=BINS),
        trials=len(told),
        good_trials=len(chosen),
        early=float(np.mean(chosen <= EARLY)) if len(chosen) else 0.0,
        late=float(np.mean(chosen > LATE)) if len(chosen) else 0.0,
        left_out=len(readings) - len(told),
    )


def bands_of(readings: Sequence[CurveReading]) -> tuple[CurveBand, ...]:
    """A band for each study in which three curves or more are not highlighted."""
    bands = []
    for study in dict.fromkeys(r.study for r in readings):
        own = [r for r in readings if r.study == study and not r.highlighted]
        if len(own) < 3:
            continue
        own = own[:: math.ceil(len(own) / IN_A_BAND)]
        grid = np.unique(np.concatenate([r.steps for r in own]))
        if len(grid) > GRID:
            grid = grid[np.linspace(0, len(grid) - 1, GRID).astype(int)]
        # Where fewer than three curves are left, there is no band.
        rows = np.array([np.interp(grid, r.steps, r.values, right=np.nan) for r in own])
        there = np.isfinite(rows).sum(axis=0) >= 3
        if not there.any():
            continue
        known = np.where(np.isfinite(rows[:, there]), rows[:, there], np.nan)
        q10, q50, q90 = np.nanquantile(known, [0.1, 0.5, 0.9], axis=0)
        bands.append(CurveBand(study=study, steps=grid[there], q10=q10, q50=q50, q90=q90))
    return tuple(bands)
