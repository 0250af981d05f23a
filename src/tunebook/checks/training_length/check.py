"""Would longer training help, or would shorter do? (C6 C7 E3 E4)

Read on the good trials: the best tenth of each study, three at least.

Where the curves end elsewhere than at `max_train_steps` (`curves.lengths`), shares of training are
shares of what the curves show, and no finding proposes a number for `max_train_steps`.

C6, "they still improve at the end", where all trials train equally long: a trial does where its
best checkpoint lies in the last quarter [P: then try longer] and its late gain's 95 % interval is
above zero (`curves.ends.late_gain`). Of the good trials (of all studies, or of one with three or
more) more than half must, by a margin that a few can carry (`majority.most_by_a_margin`: 3 of 3,
6 of 7, 8 of 10). Null: the mean no longer changes; a trial that is level is called improving by
chance in less than 2.5 % of cases, and the finding takes three or more of them. "Not most of
them" takes the same margin on the other side, or one trial at most; in between there is not
enough evidence. The finding is
a warning, and the round compute-bound, where half as long again would bring more than the noise
of one evaluation, as extrapolated from the mean curve (`more_steps`); else a note. Where curves
are too coarse for a slope, best checkpoints alone are counted: a note, at 2.5 % where half of
them would lie in the last quarter.

C6, where a hyperparameter sets each trial's length: curve ends are not asked, since a decay tied
to the length makes every trial best at its end. Null: the good level of the longer trials does
not depend on their length; `length_growth`, 2.5 % shared over studies. A warning where half as
long again would bring more than the noise of one evaluation. Where lengths vary and no
hyperparameter sets them, it can't be told, and the check says so.

C7, "they were done long before the end" (`curves.ends.saturated_at`), in four fifths of the good
trials and by the same margin: a note; best checkpoints in the first tenth [P: far too long]: a
warning.

Assumes noise that is independent between trials. Measured: docs/claims/training_length.md. Where
the learning rate decays over the training, the end of a curve is no evidence of what a longer
training with its own schedule would bring. If a hyperparameter says so (`curves.decay`), neither
C6 nor C7 passes or warns by curve ends, unless best checkpoints lie in the first tenth; a round of
another length is named instead. If none says whether it does, a pass states the condition.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tunebook.checks.training_length import length_growth
from tunebook.checks.training_length.longer_training import (
    Training,
    cannot_tell,
    of_lengths,
    still_improving,
)
from tunebook.checks.training_length.saturation import done_early, wrong_way
from tunebook.domain.design import Objective
from tunebook.domain.finding import Finding, NotApplicable, Severity
from tunebook.domain.table import TrialTable
from tunebook.statistics.curves.decay import decay_of
from tunebook.statistics.curves.ends import FEWEST_POINTS
from tunebook.statistics.curves.lengths import Ends, TrainedLengths, trained_lengths
from tunebook.statistics.curves.trial_curves import (
    COARSE_POINTS,
    FEWEST_TRIALS,
    bands_of,
    best_checkpoints,
    good_rows,
    no_curve,
    ranked_by_study,
    read_curves,
    rows_with_curves,
)
from tunebook.statistics.curves.trial_curves import BestCheckpoints as BestCheckpoints
from tunebook.statistics.curves.trial_curves import CurveBand as CurveBand
from tunebook.statistics.curves.trial_curves import CurveReading as CurveReading
from tunebook.statistics.metric_bounds import best_loss

if TYPE_CHECKING:
    from jaxtyping import Int

MOST_STUDIES = 50
"""Studies whose growth with length is followed, the largest ones."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LengthResult:
    """Every complete trial's curve, and what the good ones say.

    `compute_bound`: longer training would help (True), less would do (False), or neither (None).
    `max_train_steps`: of the good trials, in the unit that their curves count.
    `order`: all studies of the round as it planned them, with curves or without.
    `checkpoints`: where best checkpoints fall, over trials; None where no curve can say.
    """

    objective: Objective
    metric: str
    training_metric: str
    max_train_steps: int
    curves: tuple[CurveReading, ...]
    bands: tuple[CurveBand, ...]
    compute_bound: bool | None
    findings: tuple[Finding, ...]
    order: tuple[str, ...] = ()
    checkpoints: BestCheckpoints | None = None


def check(table: TrialTable, *, seed: int = 0) -> LengthResult | NotApplicable:
    """Read the curves of the objective.

    Args:
        table: the trials of one round.
        seed: of the resampling where trials have lengths of their own.
    """
    metric = table.objective.metric
    rows = rows_with_curves(table)
    nothing = no_curve(table, [metric])
    if nothing or not len(rows):
        return NotApplicable(
            check="C6",
            reason=f"{nothing or 'no complete trial reports a finite value'} of {metric}",
            needs=f"report {metric} several times in training: trial.report(step, ...)",
        )
    good = good_rows(table, rows)
    readings = read_curves(table, rows, good)
    trained = trained_lengths(table, rows)
    median = round(float(np.median(trained.steps[np.isin(rows, good)])))
    asked = table.max_train_steps if trained.as_planned else None
    training = Training(
        length=asked or median,
        planned=trained.as_planned or trained.ends is Ends.NOT_ASKED,
        objective=table.objective,
        least=best_loss(table.objective, table.curves[metric].values),
        decay=decay_of([table.config[i] for i in good.tolist()]),
    )
    found, bound = _findings(table, rows, trained, [r for r in readings if r.good], training, seed)
    checkpoints = best_checkpoints(readings)
    return LengthResult(
        objective=table.objective,
        metric=metric,
        training_metric=table.training_objective,
        max_train_steps=training.length,
        curves=tuple(readings),
        bands=bands_of(readings),
        compute_bound=bound,
        findings=found,
        order=tuple(table.branches),
        checkpoints=checkpoints if checkpoints.trials else None,
    )


def _findings(
    table: TrialTable,
    rows: Int[np.ndarray, "rows"],
    trained: TrainedLengths,
    good: Sequence[CurveReading],
    training: Training,
    seed: int,
) -> tuple[tuple[Finding, ...], bool | None]:
    readable = [r for r in good if math.isfinite(r.late_gain.low)]
    coarse = [r for r in good if len(r.steps) >= COARSE_POINTS]
    if len(coarse) < FEWEST_TRIALS:
        return (_thin(len(good), len(coarse)),), None
    doubted = wrong_way(readable or coarse, table.objective)
    if doubted is not None:
        return (doubted,), None
    lengths = np.zeros(len(table), np.int64)
    lengths[rows] = trained.steps
    studies = [np.sort(own) for own in ranked_by_study(table, rows).values()]
    varied = [own for own in studies if length_growth.vary(lengths[own])]
    by_length = not trained.as_planned and 2 * sum(map(len, varied)) > len(rows)
    if by_length:
        c6, still = _by_length(table, varied, lengths, good, seed)
    else:
        c6, still = still_improving(readable, coarse, training)
    used = by_length and c6.settled and c6.severity is not Severity.PASS
    c7, done = done_early(readable or coarse, training, lengths_vary=by_length, used=used)
    return (c6, c7), True if still else False if done else None


def _by_length(
    table: TrialTable,
    studies: Sequence[Int[np.ndarray, "rows"]],
    lengths: Int[np.ndarray, "trials"],
    good: Sequence[CurveReading],
    seed: int,
) -> tuple[Finding, bool]:
    """C6 by trials of different lengths: rows of each study in which they differ."""
    largest = sorted(studies, key=len, reverse=True)[:MOST_STUDIES]
    setter = length_growth.setter_of(table, largest[0], lengths[largest[0]])
    enough = [own for own in largest if len(own) >= length_growth.FEWEST]
    confidence = 1 - 0.05 / max(len(enough), 1)
    grown = [
        length_growth.growth(table, own, lengths[own], setter, seed=seed, confidence=confidence)
        for own in enough
        if setter and length_growth.setter_of(table, own, lengths[own]) == setter
    ]
    if grown:
        return of_lengths(grown, good, table.objective.metric)
    trained = lengths[lengths > 0]
    return cannot_tell(good, setter, int(trained.min()), int(trained.max())), False


def _thin(good: int, coarse: int) -> Finding:
    return Finding(
        check="C6",
        severity=Severity.NOTE,
        subject="max_train_steps",
        numbers={"good_trials": good, "with_enough_evaluations": coarse},
        sentence=f"Not enough evidence on training length. It takes {FEWEST_TRIALS} trials with "
        f"{COARSE_POINTS} evaluations, better {FEWEST_POINTS}; {coarse} of the best have them.",
        settled=False,
    )
