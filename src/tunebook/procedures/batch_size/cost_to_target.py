"""The batch size of the least time, and of the fewest examples, to a target (A4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from tunebook.domain.finding import Interval, NotApplicable
from tunebook.statistics.estimators import welch_freedom

FEWEST_SEEDS = 3
ERROR_RATE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """One kind of cost of every batch size.

    Attributes:
        of: geometric mean over seeds, by batch size.
        least: sizes that may be the cheapest, the best estimate first: with a chance of 95 % the
            one that truly is is among them.
    """

    of: Mapping[int, Interval]
    least: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchChoice:
    """What each batch size costs up to the target.

    Attributes:
        seconds: of training; examples: that are trained on.
        left_out: sizes that can't be judged, with why.
    """

    seconds: Cost
    examples: Cost
    left_out: Mapping[int, str]


def batch_choice(
    steps: Mapping[int, Sequence[float]], step_s: Mapping[int, Interval]
) -> BatchChoice | NotApplicable:
    """Steps to the target by seconds of a step, and by the batch size.

    Estimand: the mean logarithm over seeds, at the configuration of each size as it was tuned;
    how lucky that tuning was is not in it. A size is taken out where it is told to cost more than
    some other: Welch's test, one-sided, on logarithms, at 5 % over the other sizes (Bonferroni),
    so that the cheapest stays in with 95 % whichever it is (subset selection, Gupta 1965).
    Seconds of a step count with their own error, a quarter of the width of their interval on
    logarithms. Assumes independent seeds whose logarithms are about normal.

    Measured (`tests/procedures/batch_size/test_cost_to_target.py`): of 1,000 simulated studies of
    seven sizes with five seeds at least 95 % keep the cheapest.

    Args:
        steps: of each new seed by batch size; NaN where it did not reach the target.
        step_s: seconds of a step by batch size.

    Returns:
        NotApplicable with fewer than two sizes that can be judged.
    """
    left_out = {b: why for b, own in steps.items() if (why := _unfit(b, own, step_s))}
    fit = sorted(b for b in steps if b not in left_out)
    if len(fit) < 2:
        return NotApplicable(
            check="A4",
            reason=f"{len(fit)} batch sizes have both a step time and new seeds that all "
            "reached the target",
            needs="the procedure throughput at the sizes of this study, and a target that they "
            "reach",
        )
    logs = {b: np.log(np.asarray(steps[b], dtype=float)) for b in fit}
    errors = {b: np.log(step_s[b].high / step_s[b].low) / (2 * stats.norm.ppf(0.975)) for b in fit}
    return BatchChoice(
        seconds=_cost({b: logs[b] + np.log(step_s[b].estimate) for b in fit}, errors),
        examples=_cost({b: logs[b] + np.log(b) for b in fit}, dict.fromkeys(fit, 0.0)),
        left_out=left_out,
    )


def _unfit(size: int, own: Sequence[float], step_s: Mapping[int, Interval]) -> str:
    if size not in step_s or not step_s[size].low > 0:
        return "its step time is not known"
    if len(own) < FEWEST_SEEDS:
        return f"fewer than {FEWEST_SEEDS} new seeds"
    if not np.isfinite(own).all():
        return "not every new seed reached the target"
    return ""


def _cost(logs: Mapping[int, np.ndarray], errors: Mapping[int, float]) -> Cost:
    sizes = list(logs)
    mean = np.array([logs[b].mean() for b in sizes])
    count = np.array([len(logs[b]) for b in sizes])
    seeds = np.array([logs[b].var(ddof=1) for b in sizes]) / count
    timing = np.array([errors[b] for b in sizes]) ** 2
    of = {}
    for i, size in enumerate(sizes):
        half = _t(0.975, seeds[i : i + 1], count[i : i + 1], timing[i]) * np.sqrt(
            seeds[i] + timing[i]
        )
        ends = np.exp([mean[i], mean[i] - half, mean[i] + half])
        of[size] = Interval(float(ends[0]), float(ends[1]), float(ends[2]))
    level = 1 - ERROR_RATE / (len(sizes) - 1)
    kept = []
    for i in range(len(sizes)):
        over = [
            _t(level, seeds[[i, j]], count[[i, j]], timing[i] + timing[j])
            * np.sqrt(seeds[i] + seeds[j] + timing[i] + timing[j])
            for j in range(len(sizes))
        ]
        if not any(mean[i] - mean[j] > over[j] for j in range(len(sizes)) if j != i):
            kept.append(i)
    kept.sort(key=lambda i: mean[i])
    return Cost(of=of, least=tuple(sizes[i] for i in kept))


def _t(level: float, seeds: np.ndarray, count: np.ndarray, timing: float) -> float:
    """Quantile of Student's t, freedom by Satterthwaite; that of a step time counts as known."""
    freedom = welch_freedom([*seeds, timing], [*(count - 1), np.inf])
    return float(stats.t.ppf(level, freedom))
