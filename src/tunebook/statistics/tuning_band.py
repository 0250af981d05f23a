"""Ranks of a tuning curve's band and of budgets' quantiles: a matter of the trials' number (C2).

The band is opda's (Lourie, Cho and He 2024, arXiv 2311.09480): exact up to EXACT_UP_TO trials,
the wider and cheap one of Dvoretzky, Kiefer, Wolfowitz and Massart beyond.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from opda.nonparametric import EmpiricalDistribution

if TYPE_CHECKING:
    from jaxtyping import Float, Int

EXACT_UP_TO = 128
"""Trials up to which the band is opda's exact one."""
EVERY_BUDGET = 256
"""Budgets up to which the curve has every one; beyond, they are spaced evenly in their logs."""
FURTHER = 128
"""Budgets beyond those."""

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
    if n <= EXACT_UP_TO:
        lower, point, upper = EmpiricalDistribution.confidence_bands(
            np.arange(n, dtype=float),
            confidence,
            generator=np.random.default_rng(0),
            method="ld_equal_tailed",
            n_jobs=1,
        )
        # The upper band on the distribution function is the optimistic end of the tuning curve.
        low, middle, high = (
            band.quantile_tuning_curve(budgets_of(n), q=0.5, minimize=True)
            for band in (upper, point, lower)
        )
        return _ranks(low, n), _ranks(middle, n), _ranks(high, n)
    # The best of b is at its median where the distribution function is at 1 - 2^(-1/b).
    reached = -np.expm1(-math.log(2) / budgets_of(n))
    away = math.sqrt(math.log(2 / (1 - confidence)) / (2 * n))
    low, middle, high = (_reaching(reached + shift, n) for shift in (-away, 0.0, away))
    return _ranks(low, n), _ranks(middle, n), _ranks(high, n)


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
