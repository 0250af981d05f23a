"""Estimators that checks share: intervals, ranks, the good region (C)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from tunebook.domain.finding import Interval

if TYPE_CHECKING:
    from jaxtyping import Bool, Float


def proportion(successes: float, trials: float, confidence: float = 0.95) -> Interval:
    """Clopper-Pearson interval of a share: coverage of at least `confidence`, always.

    Assumes independent draws. Source: Clopper and Pearson 1934.
    """
    if trials == 0:
        return Interval(math.nan, 0.0, 1.0, confidence)
    tail = (1 - confidence) / 2
    low = stats.beta.ppf(tail, successes, trials - successes + 1) if successes else 0.0
    high = stats.beta.isf(tail, successes + 1, trials - successes) if successes < trials else 1.0
    return Interval(successes / trials, float(low), float(high), confidence)


def normal_scores(values: Float[np.ndarray, "n"]) -> Float[np.ndarray, "n"]:
    """Ranks as quantiles of the normal law (Blom 1958); ties share their mean rank."""
    ranks = stats.rankdata(values)
    return np.asarray(stats.norm.ppf((ranks - 0.375) / (len(values) + 0.25)))


def good_region(
    losses: Float[np.ndarray, "trials"], most: int | None = None
) -> Bool[np.ndarray, "trials"]:
    """The best tenth of the counted trials, three at least, `most` if given; ties are in together.

    Infeasible trials (NaN) are counted and never good.
    """
    finite = np.sort(losses[np.isfinite(losses)])
    if len(finite) == 0:
        return np.zeros(len(losses), dtype=bool)
    k = min(max(3, math.ceil(0.1 * len(losses))), most or len(finite), len(finite))
    with np.errstate(invalid="ignore"):
        return np.asarray(losses <= finite[k - 1])
