"""How many more fresh-seed reruns would tell, if the gain is what was seen (D1 D3)."""

from __future__ import annotations

import math

from scipy import special

from tunebook.deciding.superiority import EVEN, share_error
from tunebook.domain.decision import Decision, Estimand, Side
from tunebook.domain.finding import Interval

POWER = 0.8
"""Chance of a clear answer that a number of reruns aims at."""
EXTENSION = 24.0
"""An extension's last look has about a 20th of the plan's level, which is 5/6 of what the interval
of a gain leaves out; see `sequential_design`."""
MOST_MORE = 1000
"""Reruns a side beyond which no number is named: no realistic number would tell."""


def needed(distance: float, variance: float, left_out: float, have: int) -> int:
    """Reruns a side beyond the `have` there are for POWER, MOST_MORE at most.

    Args:
        distance: of the gain from the least improvement.
        variance: of one rerun's difference: both sides' variances together.
        left_out: what the interval of the gain leaves out, 1 less its confidence.
        have: reruns a side that are there.
    """
    if not abs(distance) > 0:
        return MOST_MORE
    z = float(special.ndtri(1 - left_out / EXTENSION)) + float(special.ndtri(POWER))
    more = variance * (z / distance) ** 2 - have
    return max(1, math.ceil(more)) if more <= MOST_MORE else MOST_MORE


def more_reruns(decision: Decision) -> int | None:
    """What `needed` says of a decision that was recorded, read from its own intervals.

    Returns:
        None where the gain of the configuration that it speaks of could not be judged.
    """
    side = next((s for s in decision.sides if s.gain and s.config == decision.config), None)
    if side is None or side.gain is None or not math.isfinite(side.gain.estimate):
        return None
    if decision.estimand is Estimand.BEATS:
        reruns = len(side.reruns)
        variance = share_error(EVEN, reruns, reruns) ** 2 * reruns
        return needed(side.gain.estimate - EVEN, variance, 1 - side.gain.confidence, reruns)
    baseline = next((s for s in decision.sides if s.gain is None), None)
    variance = _variance(side) + (_variance(baseline) if baseline else 0.0)
    if not math.isfinite(variance):
        return None
    distance = side.gain.estimate - (decision.least_improvement if baseline else 0.0)
    return needed(distance, variance, 1 - side.gain.confidence, len(side.reruns))


def _variance(side: Side) -> float:
    """Of one rerun, from the mean's interval: Student's, at its confidence."""
    reruns, mean = len(side.reruns), side.mean
    if reruns < 2:
        return math.nan
    t = float(special.stdtrit(reruns - 1, 1 - (1 - mean.confidence) / 2))
    return reruns * (_reach(mean) / t) ** 2


def _reach(interval: Interval) -> float:
    return (interval.high - interval.low) / 2
