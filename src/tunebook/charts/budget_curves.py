"""Curves of the best of n trials with their bands: rows, axes (C2 G1)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from tunebook.charts.objective_axes import ObjectiveScale, objective_scale
from tunebook.charts.picture import Row, finite
from tunebook.charts.specification import Spec, channel
from tunebook.domain.design import Objective

WIDEST = 120
"""Budgets drawn at most: more points than that make no smoother line."""
SETTLED = 3
"""Budgets from which the bad end of a band counts for the axis: before, it is the worst trial."""


def budget_rows(
    name: str,
    budgets: Sequence[int] | np.ndarray,
    median: Sequence[float] | np.ndarray,
    low: Sequence[float] | np.ndarray,
    high: Sequence[float] | np.ndarray,
) -> list[Row]:
    """A row for each budget that is drawn: the median best and its band, null where open."""
    spaced = list(range(len(budgets)))
    if len(spaced) > WIDEST:
        spaced = sorted({round(float(n)) - 1 for n in np.geomspace(1, len(spaced), WIDEST)})
    return [
        {
            "study": name,
            "budget": int(budgets[i]),
            "median": finite(median[i]),
            "low": finite(low[i]),
            "high": finite(high[i]),
        }
        for i in spaced
    ]


def curve_scale(
    rows: Iterable[Row], objective: Objective, also: Sequence[float] = ()
) -> ObjectiveScale:
    """An axis for medians, and for bands where they have narrowed.

    The band's bad end at n = 1 says little and can be as wide as the worst trial.
    """
    good, bad = ("low", "high") if objective.sign == 1 else ("high", "low")
    rows = list(rows)
    ends = [r[end] for end in ("median", good) for r in rows]
    ends += [r[bad] for r in rows if r["budget"] >= SETTLED]
    known = [e for e in ends if e is not None]
    return objective_scale([*known, *also], objective, reach=math.inf)


def show(row: Row, y: ObjectiveScale) -> None:
    """Add where a budget's median and band are drawn; an open end runs off the axis."""
    low, high = row["low"], row["high"]
    row["median_shown"] = None if row["median"] is None else y.shown(row["median"])
    row["low_shown"] = y.ends[0] if low is None else y.shown(low)
    row["high_shown"] = y.ends[1] if high is None else y.shown(high)


def budget_axis(most: int) -> Spec:
    """A budget of trials on a doubling scale, from 1."""
    doubling = [2**e for e in range(0, 40) if 2**e <= most]
    if most <= 8:
        doubling = list(range(1, most + 1))
    ticks = doubling[:: math.ceil(len(doubling) / 9)]
    return channel(
        "budget",
        type="quantitative",
        title="trials, n",
        scale=dict(type="log", base=2, domain=[1, max(most, 2)], nice=False),
        axis=dict(values=ticks, grid=False, format="~r"),
    )
