"""Which scientific values differ, two at a time (C9).

Where both have a fitted response, the fitted levels are compared, by Welch's test; else the best
seen, with the spread of subsamples. ALPHA is shared over all that is compared (Bonferroni): all
pairs, or with more than MOST_VALUES values each value with the best one alone.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import combinations

from tunebook.domain.design import Objective
from tunebook.domain.finding import Interval, PairwiseDifference
from tunebook.domain.trial import Value
from tunebook.statistics.distributions import t_above
from tunebook.statistics.estimators import welch_freedom
from tunebook.statistics.scientific_values import Group

ALPHA = 0.05
MOST_VALUES = 50
LONE = 1.4
"""The interval of a lone best seen is wider by this: it is skewed, and its spread is small just
where it is unlucky (docs/claims/isolation.md has the coverage that it gives)."""
SEEN = 1.2
"""And that of a difference of two by this, in which the skew cancels in part."""


def best_of(group: Group, sign: int) -> Interval:
    """What a study would select, 95 %, in the objective's own units."""
    fitted = group.fitted
    if fitted.known:
        return interval(sign * fitted.level, fitted.error, fitted.freedom)
    return interval(sign * group.level, group.spread * (1 if group.lone else LONE), group.freedom)


def interval(middle: float, error: float, freedom: float, level: float = ALPHA) -> Interval:
    """Student's interval; without ends where the error is not known."""
    reach = float(t_above(level / 2, freedom)) * error
    if not math.isfinite(reach):
        return Interval(middle, -math.inf, math.inf, 1 - level)
    return Interval(middle, middle - reach, middle + reach, 1 - level)


def compared_pairs(groups: Sequence[Group], sign: int) -> tuple[PairwiseDifference, ...]:
    """Every pair of values, or each with the best where there are many."""
    chosen = list(combinations(groups, 2))
    if len(groups) > MOST_VALUES:
        known = [g for g in groups if g.known]
        best = min(known, key=lambda g: g.level) if known else groups[0]
        chosen = [(g, best) for g in groups if g is not best]
    level = ALPHA / max(1, len(chosen))
    return tuple(compare(a, b, level, sign) for a, b in chosen)


def compare(a: Group, b: Group, level: float, sign: int) -> PairwiseDifference:
    """The interval of one difference at a level, and whether it leaves out zero."""
    if a.fitted.known and b.fitted.known:
        return welch(
            (a.label, sign * a.fitted.level, a.fitted.error, a.fitted.freedom),
            (b.label, sign * b.fitted.level, b.fitted.error, b.fitted.freedom),
            level,
        )
    seen = [
        (g.label, sign * g.level, g.spread * (1 if g.lone else SEEN), g.freedom) for g in (a, b)
    ]
    return welch(seen[0], seen[1], level)


def cut_pair(
    pair: PairwiseDifference, ends: Mapping[Value, Interval], objective: Objective, best: float
) -> PairwiseDifference:
    """The difference and its interval within what the metric allows; the verdict stays.

    A value is better than another by at most what lies between the worse end of the other's
    interval and the best that the metric can reach, as in a decision (D3).

    Args:
        pair: two values, and their difference.
        ends: 95 % interval of each.
        objective: its metric and direction.
        best: that the metric can reach; infinite where that is not known.
    """
    sign = objective.sign
    worst = {v: ends[v].high if sign > 0 else ends[v].low for v in (pair.a, pair.b)}
    low, high = sorted((best - worst[pair.b], worst[pair.a] - best))
    reachable = low if pair.difference < 0 else high
    if math.isnan(pair.difference) or not low <= 0 <= high or (pair.significant and not reachable):
        return pair
    return replace(
        pair,
        difference=min(max(pair.difference, low), high),
        low=min(max(pair.low, low), high),
        high=min(max(pair.high, low), high),
    )


def welch(
    a: tuple[Value, float, float, float], b: tuple[Value, float, float, float], level: float
) -> PairwiseDifference:
    """Welch's interval with Satterthwaite's freedom; label, mean, error, freedom of each."""
    difference, error = a[1] - b[1], math.hypot(a[2], b[2])
    if not math.isfinite(error):
        return PairwiseDifference(
            a=a[0], b=b[0], difference=math.nan, low=-math.inf, high=math.inf, significant=False
        )
    shares = [(x[2] / error) ** 2 if error else 0.0 for x in (a, b)]
    found = interval(difference, error, welch_freedom(shares, (a[3], b[3])), level)
    significant = abs(difference) > found.high - difference
    return PairwiseDifference(
        a=a[0], b=b[0], difference=difference, low=found.low, high=found.high,
        significant=significant,
    )  # fmt: skip
