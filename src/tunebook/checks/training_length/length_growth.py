"""What longer trials reach beyond shorter ones, where every trial has its own length (C6 E4).

Where the learning rate decays over a length of each trial's own, the end of its curve says
nothing of longer training: nearly every trial is best at its end. The trials of other lengths
do.

`growth`: the fifth best of a hundred and the like, as it depends on the length: the quantile of
the losses at GOOD, linear in the log of the length, by quantile regression (Koenker and Bassett
1978) over all lengths and over the longer ones. It assumes nothing of the other hyperparameters
but that they were not chosen by the length, as in a search of random or quasi-random points; bad
trials, however bad, do not count. Intervals are from the Bayesian bootstrap (Rubin 1981),
widened by Student's factor for the trials in the good share. Coverage:
docs/claims/training_length.md.

`tied`: do trials end better than longer ones stand at the same step? Where the length changes
nothing but the end, the two are equal in law. The share of pairs in which the shorter is ahead
is compared with a half; its error from both samples (DeLong, DeLong and Clarke-Pearson 1988).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tunebook.domain.curves import Curves
from tunebook.domain.finding import Interval
from tunebook.domain.table import TrialTable
from tunebook.statistics.distributions import t_above

if TYPE_CHECKING:
    from jaxtyping import Float, Int

SPREAD = 1.25
"""Ratio of the long trials (90 %) to the short ones (10 %) above which lengths vary."""
PROPORTIONAL = 0.05
"""Spread of the log of length over value, below which the value sets the length."""
GOOD = 0.2
"""Share of the trials whose level is followed: rarer ones leave too few at 32 trials."""
LONGER = 0.6
"""Quantile of the lengths from which trials are the longer ones."""
FEWEST = 16
"""Trials of a study below which no slope over its lengths is told."""
MOST = 1500
"""Trials that a slope is fitted to."""
RESAMPLED = 200
CLOSER = 25
"""Rounds of reweighting: the slope has settled to three digits by then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """What one study's trials say of length.

    Attributes:
        study, trials: whose they are, and how many.
        setter: hyperparameter that sets the length.
        shortest, longest: of the trials, in the setter's units.
        longer_from: where the longer trials begin, in those units.
        per_doubling: gain of the good level per doubling of the length, in the objective's units,
            better is positive.
        at_the_end: the same over the longer trials alone.
        tied: share of pairs in which a trial ends better than a longer one stands at that step.
    """

    study: str
    trials: int
    setter: str
    shortest: float
    longest: float
    longer_from: float
    per_doubling: Interval
    at_the_end: Interval
    tied: Interval


def vary(lengths: Int[np.ndarray, "trials"]) -> bool:
    """True where trials of one study differ in length by more than a few steps."""
    if len(lengths) < 2:
        return False
    low, high = np.quantile(lengths, [0.1, 0.9])
    return bool(high > SPREAD * max(low, 1))


def setter_of(
    table: TrialTable, rows: Int[np.ndarray, "rows"], lengths: Int[np.ndarray, "rows"]
) -> str:
    """The hyperparameter that the length is proportional to, alone or over a batch size.

    Of several, one that counts epochs; empty where there is none: trials then ended by other
    causes, such as a target that they reached.
    """
    logs = {}
    for name in dict.fromkeys(n for i in rows.tolist() for n in table.config[i]):
        values = [table.config[i].get(name) for i in rows.tolist()]
        if all(isinstance(v, int | float) and not isinstance(v, bool) and v > 0 for v in values):
            logs[name] = np.log(np.array(values, dtype=float))
    length = np.log(np.maximum(lengths, 1))
    found = []
    for name, value in logs.items():
        if np.ptp(value) < math.log(SPREAD):
            continue
        others = [np.zeros(len(value)), *(logs[o] for o in logs if "batch" in o and o != name)]
        if any(_spread(length - value + other) < PROPORTIONAL for other in others):
            found.append(name)
    return min(found, key=lambda n: "epoch" not in n.lower(), default="")


def _spread(values: Float[np.ndarray, "n"]) -> float:
    low, high = np.quantile(values, [0.1, 0.9])
    return float(high - low)


def growth(
    table: TrialTable,
    rows: Int[np.ndarray, "rows"],
    lengths: Int[np.ndarray, "rows"],
    setter: str,
    *,
    seed: int,
    confidence: float = 0.95,
) -> Growth:
    """Read one study.

    Args:
        table: of the round.
        rows: the study's complete trials with curves, FEWEST at least.
        lengths: of each, in steps.
        setter: see `setter_of`.
        seed: of the resampling.
        confidence: of the two slopes; the more studies, the higher.
    """
    value = np.array([float(table.config[i][setter]) for i in rows.tolist()])
    some = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), MOST)).astype(int))
    x, y = np.log2(value[some]), table.losses[rows][some]
    rng = np.random.default_rng(seed)
    from_there = _longer(x)
    return Growth(
        study=table.study[int(rows[0])],
        trials=len(rows),
        setter=setter,
        shortest=float(value.min()),
        longest=float(value.max()),
        longer_from=float(value[some][from_there].min()),
        per_doubling=slope_of_the_good(x, y, rng, confidence),
        at_the_end=slope_of_the_good(x[from_there], y[from_there], rng, confidence),
        tied=_ahead(table, rows, lengths),
    )


def _longer(x: Float[np.ndarray, "trials"]) -> Int[np.ndarray, "longer"]:
    """The longer trials: those above LONGER, of two different lengths at least."""
    kinds = np.unique(x)
    cut = min(float(np.quantile(x, LONGER)), float(kinds[-2])) if len(kinds) > 1 else kinds[0]
    return np.flatnonzero(x >= cut)


def slope_of_the_good(
    x: Float[np.ndarray, "n"],
    losses: Float[np.ndarray, "n"],
    rng: np.random.Generator,
    confidence: float = 0.95,
) -> Interval:
    """How the losses' quantile at GOOD falls with x, with its interval; falling is positive."""
    expected = GOOD * len(x)
    if expected < 3 or np.ptp(x) == 0:
        return Interval(0.0, -math.inf, math.inf, confidence)
    weights = np.concatenate([np.ones((1, len(x))), rng.exponential(size=(RESAMPLED, len(x)))])
    slopes = -_quantile_slopes(x - x.mean(), losses, weights)
    # In units of the largest: values may be as large as numbers go.
    unit = float(np.abs(slopes).max()) or 1.0
    estimate, spread = float(slopes[0]), unit * float(np.std(slopes[1:] / unit, ddof=1))
    tail = (1 - confidence) / 2
    reach = float(t_above(tail, max(2.0, 2 * expected - 2))) * spread
    return Interval(estimate, estimate - reach, estimate + reach, confidence)


def _quantile_slopes(
    x: Float[np.ndarray, "n"], y: Float[np.ndarray, "n"], weights: Float[np.ndarray, "draws n"]
) -> Float[np.ndarray, "draws"]:
    """Slopes of quantile regression by reweighted least squares, one a row of weights."""
    middle = float(np.quantile(y, GOOD))
    # Distances beyond the good level, on its own scale: an explosion is a far point like others.
    unit = max(float(np.quantile(y, 2 * GOOD) - y.min()), 1e-9 * abs(middle), 1e-300)
    y = np.minimum((y - middle) / unit, 1e6)
    a, b = np.zeros((len(weights), 1)), np.zeros((len(weights), 1))
    smooth = 1.0
    for _ in range(CLOSER):
        left = y - a - b * x
        pull = weights * np.where(left < 0, 1 - GOOD, GOOD) / np.maximum(np.abs(left), smooth)
        total = pull.sum(axis=1, keepdims=True)
        mean_x = (pull * x).sum(axis=1, keepdims=True) / total
        mean_y = (pull * y).sum(axis=1, keepdims=True) / total
        away = x - mean_x
        b = (pull * away * y).sum(axis=1, keepdims=True) / np.maximum(
            (pull * away**2).sum(axis=1, keepdims=True), 1e-12
        )
        a = mean_y - b * mean_x
        smooth = max(0.7 * smooth, 0.01)
    return np.asarray(b[:, 0] * unit)


def _ahead(
    table: TrialTable, rows: Int[np.ndarray, "rows"], lengths: Int[np.ndarray, "rows"]
) -> Interval:
    """Share of pairs in which the shorter trial ends better than the longer one stands there."""
    curves: Curves = table.curves[table.objective.metric]
    order = np.argsort(lengths, kind="stable")
    quarter = len(order) // 4
    if quarter < 4:
        return Interval(0.5, 0.0, 1.0)
    short, long = order[:quarter][:MOST], order[-2 * quarter :][:MOST]
    ends = lengths[short] - 1
    ahead = np.full((len(short), len(long)), np.nan)
    final = np.array([_at(curves, int(rows[i]), ends[j : j + 1])[0] for j, i in enumerate(short)])
    final = table.objective.sign * final
    for k, i in enumerate(long):
        there = table.objective.sign * _at(curves, int(rows[i]), ends)
        ahead[:, k] = np.where(final < there, 1.0, np.where(final > there, 0.0, 0.5))
        ahead[~(np.isfinite(there) & np.isfinite(final) & (lengths[i] > SPREAD * ends)), k] = (
            np.nan
        )
    return _mean_of_pairs(ahead)


def _at(curves: Curves, i: int, steps: Int[np.ndarray, "k"]) -> Float[np.ndarray, "k"]:
    known, values = curves.finite(i)
    if not len(known):
        return np.full(len(steps), np.nan)
    return np.asarray(np.interp(steps, known, values, left=np.nan))


def _mean_of_pairs(ahead: Float[np.ndarray, "short long"]) -> Interval:
    some = np.isfinite(ahead)
    ahead = ahead[some.any(axis=1)][:, some.any(axis=0)]
    if min(ahead.shape, default=0) < 4:
        return Interval(0.5, 0.0, 1.0)
    of_short, of_long = np.nanmean(ahead, axis=1), np.nanmean(ahead, axis=0)
    estimate = float(np.nanmean(ahead))
    error = math.sqrt(of_short.var(ddof=1) / len(of_short) + of_long.var(ddof=1) / len(of_long))
    reach = 1.96 * error
    return Interval(estimate, max(0.0, estimate - reach), min(1.0, estimate + reach))
