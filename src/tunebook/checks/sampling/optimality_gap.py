"""How far the best trial is from the best that the space holds (C2).

Claim: "the best found is no more than this from the best mean response of the space". Near its
least value a a response of d axes has a law F(y) ~ (y - a)^p: p is d / 2 where it is smooth and
the least value lies inside, d at a cusp or in a corner, and less where axes do not matter; so p
is at most d. Then z = log((y_(k+1) - a) / (y_i - a)) of the k best trials are independent and
exponential with rate p (Hall 1982, Annals of Statistics 10; the law with p = d / 2 is opda's,
Lourie, Cho and He 2024), which makes the sum of z an exact pivot for any a, and their greatest
share of that sum another one that does not depend on p. The bound is the furthest a that both
allow at 2.5 % each; the estimate, the a at which the share is at its median.

Assumes: random or low-discrepancy points, and trials enough that the k best lie where that law
holds. Seeds' noise thins the law's end out, which moves the bound outward; the best of noisy
trials is better than its own mean, which the distance leaves out. Coverage, and where it fails:
docs/claims/sampling.md. Below AN_AXIS trials an axis it can't be told.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from tunebook.domain.finding import Interval

if TYPE_CHECKING:
    from collections.abc import Callable

    from jaxtyping import Float

FEWEST = 8
"""Best trials that the law is read from, at least."""
DISTINCT = 6
"""Different losses among them, at least: a counted objective has no law near its best."""
AN_AXIS = 8
"""Trials an axis below which the best ones do not lie where the law holds: nothing is told."""
TRIALS = 16
ERROR = 0.05
DRAWS = 4000
DOUBLINGS = 60


def distance_from_best(ordered: Float[np.ndarray, "trials"], axes: int) -> Interval | None:
    """Distance of the best loss from the least that the space holds, with a 95 % upper bound.

    Args:
        ordered: losses, the best first; infeasible ones are infinite.
        axes: hyperparameters that vary.

    Returns:
        From 0 to the bound, or None where it can't be told.
    """
    if len(ordered) < trials_needed(axes):
        return None
    k = max(FEWEST, round(1.5 * math.sqrt(len(ordered))))
    best = ordered[: k + 1]
    if len(best) <= k or not np.isfinite(best[-1]) or len(np.unique(best)) < DISTINCT:
        return None
    scale = float(best[-1] - best[0])
    least = float(special.gammaincinv(k, ERROR / 2)) / axes
    low_share, half_share = _shares(k)

    def total(away: float) -> float:
        return float(_logs(best, away).sum())

    def share(away: float) -> float:
        logs = _logs(best, away)
        return float(logs.max() / logs.sum())

    bound = min(_reach(total, least, scale), _reach(share, low_share, scale))
    estimate = min(_reach(share, half_share, scale), bound)
    # Seeds' noise may have made the best look better than anything there is: no lower bound.
    return Interval(estimate, 0.0, bound)


def trials_needed(axes: int) -> int:
    """Trials from which the distance can be told."""
    return max(TRIALS, AN_AXIS * axes)


def _logs(best: Float[np.ndarray, "k+1"], away: float) -> Float[np.ndarray, "k"]:
    """z of the k best, were the least value `away` below the best."""
    return np.asarray(np.log((best[-1] - best[0] + away) / (best[:-1] - best[0] + away)))


def _reach(of: Callable[[float], float], least: float, scale: float) -> float:
    """The furthest distance at which a statistic, which falls with it, is still at `least`."""
    inside, outside = scale * 1e-9, scale * 1e9
    if of(outside) >= least:
        return math.inf
    if of(inside) < least:
        return inside
    for _ in range(DOUBLINGS):
        tried = math.sqrt(inside) * math.sqrt(outside)
        inside, outside = (tried, outside) if of(tried) >= least else (inside, tried)
    return inside


@lru_cache(maxsize=256)
def _shares(k: int) -> tuple[float, float]:
    """Quantiles of the greatest share of a sum of k exponential draws: ERROR / 2, and median."""
    drawn = np.random.default_rng(0).exponential(size=(DRAWS, k))
    share = drawn.max(axis=1) / drawn.sum(axis=1)
    low, half = np.quantile(share, [ERROR / 2, 0.5])
    return float(low), float(half)
