"""Tails and quantiles of common distributions, and ranks, from `scipy.special` alone.

`scipy.stats` has them all, and takes half a second of processor time to load.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import special

if TYPE_CHECKING:
    from jaxtyping import Float
    from numpy.typing import ArrayLike

EXACT = 8
"""Values a sample up to which the Mann-Whitney test counts every order."""


def t_tail(t: ArrayLike, freedom: ArrayLike) -> Float[np.ndarray, "..."]:
    """Chance that Student's t is above `t`."""
    return np.asarray(special.stdtr(freedom, -np.asarray(t)))


def t_above(chance: ArrayLike, freedom: ArrayLike) -> Float[np.ndarray, "..."]:
    """What Student's t is above with that chance; the normal's where freedom is infinite."""
    endless = np.isinf(freedom)
    found = special.stdtrit(np.where(endless, 1.0, freedom), chance)
    return np.asarray(-np.where(endless, special.ndtri(chance), found))


def f_quantile(chance: ArrayLike, above: ArrayLike, below: ArrayLike) -> Float[np.ndarray, "..."]:
    """Quantile of F with degrees of freedom above and below the line."""
    return np.asarray(special.fdtri(above, below, chance))


def chi2_quantile(chance: ArrayLike, freedom: ArrayLike) -> Float[np.ndarray, "..."]:
    """Quantile of chi-square."""
    return np.asarray(2 * special.gammaincinv(np.asarray(freedom) / 2, chance))


def binomial_tail(above: ArrayLike, n: ArrayLike, chance: float) -> Float[np.ndarray, "..."]:
    """Chance of more than `above` successes in n trials."""
    return np.asarray(special.bdtrc(above, n, chance))


def binomial_masses(counts: ArrayLike, n: int, chance: float) -> Float[np.ndarray, "counts"]:
    """Chance of each number of successes in n trials; 0 < chance < 1."""
    k = np.asarray(counts, dtype=float)
    ways = -np.log(n + 1) - special.betaln(n - k + 1, k + 1)
    return np.asarray(np.exp(ways + k * np.log(chance) + (n - k) * np.log1p(-chance)))


def binomial_quantile(share: float, n: int, chance: float) -> int:
    """Fewest successes in n trials that are reached or fewer with a chance of at least `share`."""
    return int(np.searchsorted(special.bdtr(np.arange(n), n, chance), share))


def hypergeometric_tail(above: int, total: int, marked: int, drawn: int) -> float:
    """Chance of more than `above` marked among those drawn without replacement from a total."""
    k = np.arange(max(above + 1, 0, drawn - (total - marked)), min(marked, drawn) + 1)

    def log_ways(n: ArrayLike, k: ArrayLike) -> Float[np.ndarray, "..."]:
        n, k = np.asarray(n, dtype=float), np.asarray(k, dtype=float)
        return np.asarray(-np.log(n + 1) - special.betaln(n - k + 1, k + 1))

    logs = log_ways(marked, k) + log_ways(total - marked, drawn - k) - log_ways(total, drawn)
    return min(float(np.exp(logs).sum()), 1.0)


def mean_ranks(values: ArrayLike) -> Float[np.ndarray, "n"]:
    """Ranks from 1; equal values share their mean rank. All are NaN where a value is."""
    values = np.asarray(values)
    if np.isnan(values).any():
        return np.full(len(values), np.nan)
    _, where, counts = np.unique(values, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[where])


def mann_whitney(
    a: Float[np.ndarray, "n"],
    b: Float[np.ndarray, "m"],
    alternative: Literal["two-sided", "less", "greater"] = "two-sided",
) -> float:
    """Chance of ranks as far apart as those of two samples that are alike (Mann, Whitney 1947).

    Exact where either sample is small and no values are equal, else the normal law with half a
    step of continuity and the variance that ties leave.
    """
    n, m = len(a), len(b)
    ranks = mean_ranks(np.concatenate([a, b]))
    won = float(ranks[:n].sum()) - n * (n + 1) / 2
    most = {"less": n * m - won, "greater": won, "two-sided": max(won, n * m - won)}[alternative]
    sides = 2 if alternative == "two-sided" else 1
    _, ties = np.unique(ranks, return_counts=True)
    if min(n, m) <= EXACT and ties.max() == 1:
        return min(1.0, sides * float(_orders(n, m)[: n * m - round(most) + 1].sum()))
    whole = n + m
    tied = float((ties.astype(float) ** 3 - ties).sum()) / (whole * (whole - 1))
    spread = np.sqrt(n * m / 12 * (whole + 1 - tied))
    if spread == 0:
        return 1.0
    away = (most - n * m / 2 - 0.5) / spread
    return min(1.0, sides * float(special.ndtr(-away)))


def _orders(n: int, m: int) -> Float[np.ndarray, "wins"]:
    """Chance of each number of pairs won, over all orders of n and m values.

    The generating function is a Gaussian binomial: products of 1 - q^(m+i) over those of 1 - q^i.
    """
    few, many = min(n, m), max(n, m)
    ways = np.zeros(n * m + 1)
    ways[0] = 1
    for i in range(1, few + 1):
        ways[many + i :] = ways[many + i :] - ways[: -(many + i)]
        for start in range(i):
            ways[start::i] = np.cumsum(ways[start::i])
    return np.asarray(ways / ways.sum())
