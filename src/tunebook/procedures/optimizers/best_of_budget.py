"""What each of several searches reaches with so many trials, and where two part (C2 G1).

Estimand: the median of the best of n trials in the space of each search. Its bands hold for every
n and for all searches at once: each is the simultaneous band of `tuning_band` at a share of
ERROR_RATE (Bonferroni). Claim: at a budget where the bands of two searches do not meet, one is
better than the other there. Null: they are the same. Wrong anywhere in at most ERROR_RATE, since
one of the bands must have missed. Where bands meet there is not enough evidence, and no claim that
the two are alike. Assumes that the trials of a search are independent draws from its space; a
low-discrepancy set spreads more evenly, which makes the band wider than it needs to be. Infeasible
trials count as infinitely bad. Measured: docs/claims/optimizers.md.

It is of the trials that a search picks from, each trained once, so that its best is flattered by
the luck of its seed; `several_searches` judges what was chosen. Source: Lourie, Cho and He
2024, arXiv 2311.09480.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np

from tunebook.domain.finding import Interval
from tunebook.statistics.tuning_band import at_ranks, band_ranks, budgets_of

if TYPE_CHECKING:
    from jaxtyping import Float, Int

ERROR_RATE = 0.05
FEWEST = 4
"""Complete trials below which a search has no curve."""
HUGE = 1e150
"""Losses beyond are taken to be this: their differences would have no number."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BestOfBudget:
    """One search. Curves are in the objective's units, NaN where open or infeasible.

    Attributes:
        name: of the search.
        trials: complete and infeasible ones.
        budgets: numbers of trials, from 1 to all.
        median, low, high: of the best of so many.
        best: that was seen.
        sign: 1 where lower is better.
    """

    name: str
    trials: int
    budgets: Int[np.ndarray, "budgets"]
    median: Float[np.ndarray, "budgets"]
    low: Float[np.ndarray, "budgets"]
    high: Float[np.ndarray, "budgets"]
    best: float
    sign: int

    def at(self, budget: int) -> Interval:
        """The median best of a budget with its band; infinite where it is open."""
        k = int(np.searchsorted(self.budgets, min(budget, self.trials)))
        low, high = float(self.low[k]), float(self.high[k])
        return Interval(
            float(self.median[k]),
            low if np.isfinite(low) else -np.inf,
            high if np.isfinite(high) else np.inf,
            1 - ERROR_RATE,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Parted:
    """Two searches whose bands do not meet at some budgets.

    Attributes:
        better, worse: their names.
        first, last: the least and the greatest such budget.
    """

    better: str
    worse: str
    first: int
    last: int


def best_of_budgets(
    losses: Mapping[str, Float[np.ndarray, "trials"]], sign: int
) -> tuple[BestOfBudget, ...]:
    """A curve for each search that has trials enough.

    Args:
        losses: of each search, lower is better; infinite or not a number where infeasible.
        sign: turns them into the objective's units.
    """
    confidence = 1 - ERROR_RATE / max(1, len(losses))
    known = {n: v for n, v in losses.items() if int(np.isfinite(v).sum()) >= FEWEST}
    return tuple(_curve(name, own, sign, confidence) for name, own in known.items())


def _curve(
    name: str, losses: Float[np.ndarray, "trials"], sign: int, confidence: float
) -> BestOfBudget:
    n = len(losses)
    ordered = np.sort(np.where(np.isfinite(losses), np.clip(losses, -HUGE, HUGE), np.inf))
    low, median, high = (at_ranks(ordered, ranks) for ranks in band_ranks(n, confidence))
    ends = (low, high) if sign > 0 else (-high, -low)
    return BestOfBudget(
        name=name,
        trials=n,
        budgets=budgets_of(n),
        median=sign * median,
        low=ends[0],
        high=ends[1],
        best=float(sign * ordered[0]),
        sign=sign,
    )


def parted(curves: tuple[BestOfBudget, ...]) -> tuple[Parted, ...]:
    """Pairs whose bands do not meet at some budget that both have, the better one first."""
    found = []
    for a, b in permutations(curves, 2):
        shared = np.intersect1d(a.budgets, b.budgets)
        own, other = np.isin(a.budgets, shared), np.isin(b.budgets, shared)
        # An open end is not a number, and no comparison with it holds.
        lower = a.sign > 0
        apart = a.high[own] < b.low[other] if lower else a.low[own] > b.high[other]
        if apart.any():
            where = shared[apart]
            found.append(
                Parted(better=a.name, worse=b.name, first=int(where[0]), last=int(where[-1]))
            )
    return tuple(found)
