"""Step-to-step variance late in training, against the differences that are compared (C5).

Claim: "trials closer than d can't be distinguished by one reading of the objective". d is 1.96
sqrt(2) times the noise that is left in a reading: all of an evaluation's where the last one is
read, less in a mean of the last k or in the best of k evaluations, which in turn flatters each
trial (by 1.5 standard deviations with the best of 10, 2.5 with the best of 100).

Compared with: the range of the best trials, from the best to the edge of the best tenth (ten at
most, three at least) of its study, and the range of the best results of the scientific values.
NULL: d is at most half of each of these. Smallest effect that matters: d as large as the range, so
that which good trial is best is luck. A warning where d is at least the range even at the lower
end of the noise's 95 % interval; 5 % is so not reached: docs/claims/variance.md. Where a
configuration was repeated with other seeds, and seeds spread twice the variance of a reading,
smoother curves would help little: a note, with more seeds as the way on.

Estimator, assumptions, source: `estimator`. Read on the good trials, the best tenth of each
study, three at least, 64 at most.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tunebook.checks.late_noise import COMPARED
from tunebook.checks.late_noise.estimator import (
    FEWEST,
    TWO_READINGS,
    Late,
    LateNoise,
    independent,
    late_part,
    later_half,
    least_at_the_end,
    left_of_best,
    left_of_mean,
    luck_of_best,
    read_noise,
    still_settling,
)
from tunebook.checks.late_noise.result import LateReading, VarianceResult
from tunebook.checks.late_noise.wording import finding
from tunebook.domain.design import Objective, Reduce
from tunebook.domain.finding import Interval, NotApplicable
from tunebook.domain.table import TrialTable
from tunebook.statistics.curves.lengths import trained_lengths
from tunebook.statistics.curves.trial_curves import (
    FEWEST_TRIALS,
    good_rows,
    no_curve,
    ranked_by_study,
    rows_with_curves,
)
from tunebook.statistics.distributions import chi2_quantile

if TYPE_CHECKING:
    from jaxtyping import Float, Int

MOST = 64
"""Good trials that are read: more make the noise no surer than it need be."""
SHOWN = 20
BEYOND_LUCK = 4.0
"""Standard deviations of an evaluation (the upper end of their interval) that the best of 1,000
level ones reaches in 3 % of trials."""
SEEDS_NEEDED = 5
"""Degrees of freedom below which the spread of seeds says too little."""


def check(table: TrialTable, *, seed: int = 0) -> VarianceResult | NotApplicable:  # noqa: ARG001
    """Read the last part of the good trials' curves; nothing is drawn at random.

    Args:
        table: the trials of one round.
        seed: as every check takes it.
    """
    metric = table.objective.metric
    rows = rows_with_curves(table)
    nothing = no_curve(table, [metric])
    if nothing or not len(rows):
        return _silent(
            f"{nothing or 'no complete trial reports a finite value'} of {metric}",
            f"report {metric} several times in training: trial.report(step, ...)",
        )
    good = _good(table, rows)
    if len({tuple(sorted(table.config[i].items())) for i in good.tolist()}) < 2:
        return _silent(
            "the best trials have one configuration, so no choice between them depends on noise",
            f"{FEWEST_TRIALS} trials of different configurations",
        )
    late = _late_parts(table, good)
    if len(late) < FEWEST_TRIALS:
        return _silent(
            f"{len(late)} of the {len(good)} best trials have {FEWEST} evaluations of {metric} "
            f"late in training; it takes {FEWEST_TRIALS}",
            "evaluate 15 times or more, at even steps",
        )
    settled = _settled(late)
    if len(settled) < FEWEST_TRIALS:
        return _silent(
            f"the noise of {metric} falls until the end of training, and too few evaluations "
            "are left to read it there",
            "evaluate 30 times or more, at even steps",
        )
    noise = read_noise(list(settled.values()))
    if not noise.separated:
        return _silent(
            f"the curves of {metric} drift so smoothly that noise and trend can't be separated",
            "evaluate more often late in training",
        )
    if _read_before(table, settled, noise):
        return _silent(
            f"most of the best trials reach their best {metric} before the late part of training, "
            "so late noise does not decide between them",
            "shorter training, or an objective that is best at its end",
        )
    return _result(table, good, settled, noise, settles=settled is not late)


def _silent(reason: str, needs: str) -> NotApplicable:
    return NotApplicable(check="C5", reason=reason, needs=needs)


def _late_parts(table: TrialTable, good: Int[np.ndarray, "good"]) -> dict[int, Late]:
    """The last parts of the good trials' curves, by row of the table, as far as there are."""
    lengths = trained_lengths(table, good).steps.tolist()
    read = {
        i: late_part(*_losses(table, i), length)
        for i, length in zip(good.tolist(), lengths, strict=True)
    }
    return {i: part for i, part in read.items() if part is not None}


def _settled(late: dict[int, Late]) -> dict[int, Late]:
    """The same, halved as long as the noise falls within it; fewer where halves are too short."""
    while len(late) >= FEWEST_TRIALS and still_settling(list(late.values())):
        late = {i: half for i, part in late.items() if (half := later_half(part)) is not None}
    return late


def _read_before(table: TrialTable, late: dict[int, Late], noise: LateNoise) -> bool:
    """Whether most of these trials were better before than the luck of noise allows late."""
    if table.objective.reduce is not Reduce.BEST:
        return False
    room = BEYOND_LUCK * noise.deviation.high
    losses = table.losses
    before = [part.around[-1] - losses[i] > room for i, part in late.items()]
    return bool(2 * sum(before) > len(before))


def _good(table: TrialTable, rows: Int[np.ndarray, "rows"]) -> Int[np.ndarray, "good"]:
    """The good trials, best first, MOST of them in all and as many of each study."""
    studies = len(ranked_by_study(table, rows))
    good = good_rows(table, rows, most=max(FEWEST_TRIALS, MOST // studies))
    return good[np.argsort(table.losses[good], kind="stable")][:MOST]


def _losses(
    table: TrialTable, i: int
) -> tuple[Int[np.ndarray, "points"], Float[np.ndarray, "points"]]:
    steps, values = table.curves[table.objective.metric].finite(i)
    return steps, table.objective.sign * values


def _result(
    table: TrialTable,
    good: Int[np.ndarray, "good"],
    late: dict[int, Late],
    noise: LateNoise,
    *,
    settles: bool,
) -> VarianceResult:
    places = list(late)
    level = [_level_evaluations(table, i, late[i], noise) for i in places]
    evaluations = round(float(np.median(level)))
    share, luck = _of_a_reading(table.objective, evaluations, noise)
    size = noise.deviation
    times = TWO_READINGS * share
    least = min(size.low, least_at_the_end(list(late.values()), noise.correlation))
    resolution = Interval(times * size.estimate, times * size.low, times * size.high)
    losses = table.losses
    best = float(losses[good[0]])
    compared = _compared(table, good)
    counted = np.flatnonzero(np.nan_to_num(losses, nan=np.inf) <= best + resolution.estimate)
    result = VarianceResult(
        objective=table.objective,
        noise=size,
        correlation=noise.correlation,
        evaluations=evaluations,
        reading=share * size.estimate,
        flatters=luck * size.estimate,
        resolution=resolution,
        resolution_at_the_end=times * least,
        good_range=float(np.ptp(losses[compared])),
        value_range=_value_range(table),
        seeds=_between_seeds(table),
        within=tuple(table.name[int(i)] for i in counted),
        good_trials=len(places),
        compared=len(compared),
        compared_study=table.study[compared[0]] if len(table.branches) > 1 else "",
        unsteady=tuple(table.name[places[k]] for k in noise.unsteady),
        readings=tuple(_shown(table, i, late[i]) for i in places[:SHOWN]),
        findings=(),
        order=tuple(table.branches),
        late_share=_late_share(table, late),
        settles=settles,
    )
    names = {name.lower() for config in table.config for name in config}
    return replace(result, findings=(finding(result, names),))


def _late_share(table: TrialTable, late: dict[int, Late]) -> float:
    """How much of training was read, the middle trial's."""
    length = trained_lengths(table, np.array(list(late))).steps
    shares = [1 - part.steps[0] / n for part, n in zip(late.values(), length, strict=True)]
    return float(np.median(shares))


def _shown(table: TrialTable, i: int, part: Late) -> LateReading:
    around = table.objective.sign * part.around
    value = float(table.value[i])
    return LateReading(trial=table.name[i], study=table.study[i], value=value, around=around)


def _level_evaluations(table: TrialTable, i: int, part: Late, noise: LateNoise) -> int:
    """Evaluations of a trial that are as good as its end, but for noise."""
    _, losses = _losses(table, i)
    return max(1, int((losses <= part.around[-1] + 2 * noise.deviation.estimate).sum()))


def _of_a_reading(objective: Objective, evaluations: int, noise: LateNoise) -> tuple[float, float]:
    """Noise left in a reading, and its luck, in standard deviations of one evaluation."""
    if objective.reduce is Reduce.LAST:
        return 1.0, 0.0
    if objective.reduce is Reduce.BEST:
        count = independent(evaluations, noise.correlation)
        return left_of_best(count), luck_of_best(count)
    return left_of_mean(objective.over, noise.correlation), 0.0


def _compared(table: TrialTable, good: Int[np.ndarray, "good"]) -> list[int]:
    """Those of the good trials, best first, between which is chosen: of the best one's study."""
    study = table.study[int(good[0])]
    return [int(i) for i in good if table.study[int(i)] == study][:COMPARED]


def _value_range(table: TrialTable) -> float:
    """Of the best results of the scientific settings; not a number where there is one alone."""
    bests: dict[tuple[object, ...], float] = {}
    names = table.scientific
    for config, loss in zip(table.config, table.losses.tolist(), strict=True):
        if names and math.isfinite(loss):
            setting = tuple(config.get(n) for n in names)
            bests[setting] = min(loss, bests.get(setting, math.inf))
    # A continuous scientific hyperparameter has no values that are compared.
    if not 2 <= len(bests) <= max(2, len(table) // 4):
        return math.nan
    return max(bests.values()) - min(bests.values())


def _between_seeds(table: TrialTable) -> Interval | None:
    """Standard deviation between trials of one configuration, pooled, with its 95 % interval.

    Assumes normal values. None with fewer than SEEDS_NEEDED degrees of freedom.
    """
    groups: dict[tuple[object, ...], list[float]] = {}
    for study, config, loss in zip(table.study, table.config, table.losses.tolist(), strict=True):
        if math.isfinite(loss):
            groups.setdefault((study, *sorted(config.items())), []).append(loss)
    repeated = [np.array(v) for v in groups.values() if len(v) > 1]
    freedom = sum(len(v) - 1 for v in repeated)
    if freedom < SEEDS_NEEDED:
        return None
    squares = float(sum(((v - v.mean()) ** 2).sum() for v in repeated))
    low, high = chi2_quantile([0.025, 0.975], freedom)
    return Interval(
        math.sqrt(squares / freedom),
        math.sqrt(squares / float(high)),
        math.sqrt(squares / float(low)),
    )
