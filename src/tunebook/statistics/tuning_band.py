"""Ranks of a tuning curve's band and of budgets' quantiles: a matter of the trials' number (C2).

The band is that of Lourie, Cho and He (2024, arXiv 2311.09480): up to EXACT_UP_TO trials equal
tails at each order statistic, held at once; beyond, the wider one of Dvoretzky, Kiefer, Wolfowitz
and Massart. Their package opda draws samples for the level at which the tails hold at once; here
it is worked out (`chance_within`), in a hundredth of the time.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from jaxtyping import Float, Int

EXACT_UP_TO = 128
"""Trials up to which the band is exact."""
EVERY_BUDGET = 256
"""Budgets up to which the curve has every one; beyond, they are spaced evenly in their logs."""
FURTHER = 128
"""Budgets beyond those."""

PRECISION = 1e-9
"""Of the log of how often a band fails."""

Ranks = tuple[int, ...]


def budgets_of(n: int) -> Int[np.ndarray, "budgets"]:
    """Budgets at which the curve of n trials is told, the last one n."""
    every = np.arange(1, min(n, EVERY_BUDGET) + 1)
    if n <= EVERY_BUDGET:
        return every
    further = np.geomspace(EVERY_BUDGET, n, FURTHER + 1).round().astype(int)
    return np.unique(np.r_[every, further])


@lru_cache(maxsize=64)
def band_ranks(n: int, confidence: float = 0.95) -> tuple[Ranks, Ranks, Ranks]:
    """For each budget of n trials, ranks (0 the best) of the band's low, middle, high.

    -1 is unbounded below, n unbounded above. The band depends on the ranks alone, so that it is
    made once for each n.
    """
    # The best of b is at its median where the distribution function is at 1 - 2^(-1/b).
    reached = -np.expm1(-math.log(2) / budgets_of(n))
    middle = _ranks(_reaching(reached, n), n)
    if n <= EXACT_UP_TO:
        low, high = bounds_at_once(n, confidence)
        return (
            tuple((np.searchsorted(np.append(high, 1.0), reached) - 1).tolist()),
            middle,
            tuple(np.searchsorted(low, reached).tolist()),
        )
    away = math.sqrt(math.log(2 / (1 - confidence)) / (2 * n))
    low, high = (_reaching(reached + shift, n) for shift in (-away, away))
    return _ranks(low, n), middle, _ranks(high, n)


def bounds_at_once(
    n: int, confidence: float
) -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n"]]:
    """Bounds of the n order statistics of uniform draws, which all hold at once so often.

    Each leaves out an equal tail on both sides. On logs, how often any fails is nearly a line in
    how often each does, so that the secant finds the level in a few steps.
    """
    i = np.arange(1, n + 1)

    def bounds(tails: float) -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n"]]:
        return (
            special.betaincinv(i, n + 1 - i, tails / 2),
            special.betaincinv(i, n + 1 - i, 1 - tails / 2),
        )

    def off(log_tails: float) -> float:
        return math.log1p(-chance_within(*bounds(math.exp(log_tails)))) - wanted

    wanted = math.log1p(-confidence)
    before, at = wanted - math.log(n + 1), wanted - math.log(n + 1) / 2
    off_before, off_at = off(before), off(at)
    while abs(off_at) > PRECISION:
        before, at = at, at - off_at * (at - before) / (off_at - off_before)
        off_before, off_at = off_at, off(at)
    return bounds(math.exp(at))


def chance_within(low: Float[np.ndarray, "n"], high: Float[np.ndarray, "n"]) -> float:
    """Chance that all order statistics of n uniform draws lie within rising bounds.

    The number of draws below a time is a Poisson process that ends at n; its chances go from bound
    to bound by convolution, without the numbers that the bound excludes (Moscovich and Nadler
    2017, Fast calculation of boundary crossing probabilities).
    """
    n = len(low)
    most = np.searchsorted(low, times := np.sort(np.concatenate([low, high, [1.0]])))
    least = np.searchsorted(high, times, side="right")
    steps = np.diff(times, prepend=0.0)
    log_ways = special.gammaln(np.arange(n + 1) + 1)
    start, chances = 0, np.ones(1)
    for step, fewest, many in zip(steps.tolist(), least.tolist(), most.tolist(), strict=True):
        if step > 0:
            k = np.arange(many - start + 1)
            arrivals = np.exp(k * math.log(n * step) - n * step - log_ways[: len(k)])
            chances = np.convolve(chances, arrivals)
        chances = chances[max(fewest - start, 0) : many - start + 1]
        start = max(start, fewest)
    ends = math.exp(n * math.log(n) - n - log_ways[n])
    return float(chances[n - start] / ends)


def at_ranks(ordered: Float[np.ndarray, "trials"], ranks: Ranks) -> Float[np.ndarray, "budgets"]:
    """Losses at ranks; NaN where unbounded or infeasible."""
    padded = np.append(ordered, [np.inf, -np.inf])  # rank n is unbounded above, -1 below
    found = padded[np.asarray(ranks)]
    return np.where(np.isfinite(found), found, np.nan)


def best_of_budget(
    ordered: Float[np.ndarray, "trials"], budget: int, quantiles: Float[np.ndarray, "q"]
) -> Float[np.ndarray, "q"]:
    """Quantiles of the best of `budget` trials drawn with replacement: exact, none is drawn.

    Infeasible trials are infinite; quantiles are of the draws that hold a feasible one.
    """
    n, feasible = len(ordered), int(np.isfinite(ordered).sum())
    share = -math.expm1(budget * math.log1p(-feasible / n)) if feasible < n else 1.0
    reached = -np.expm1(np.log1p(-quantiles * share) / budget)
    ranks = np.ceil(reached * n - 1e-9).astype(int) - 1
    return np.asarray(ordered[np.clip(ranks, 0, feasible - 1)])


def _reaching(share: Float[np.ndarray, "budgets"], n: int) -> Float[np.ndarray, "budgets"]:
    """Rank at which the empirical distribution function first reaches a share."""
    ranks = np.ceil(share * n - 1e-9) - 1
    return np.where(share <= 0, -np.inf, np.where(ranks >= n, np.inf, ranks))


def _ranks(curve: Float[np.ndarray, "budgets"], n: int) -> Ranks:
    return tuple(int(r) if math.isfinite(r) else (-1 if r < 0 else n) for r in curve)
