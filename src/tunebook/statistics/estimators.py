"""Estimators that subjects share: intervals, Welch's freedom, Holm, ranks, the good region."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import special

from tunebook.domain.finding import Interval
from tunebook.statistics.distributions import mean_ranks

if TYPE_CHECKING:
    from jaxtyping import Bool, Float
    from numpy.typing import ArrayLike


def proportion(successes: float, trials: float, confidence: float = 0.95) -> Interval:
    """Clopper-Pearson interval of a share: coverage of at least `confidence`, always.

    Assumes independent draws. Source: Clopper and Pearson 1934.
    """
    if trials == 0:
        return Interval(math.nan, 0.0, 1.0, confidence)
    tail = (1 - confidence) / 2
    low = special.betaincinv(successes, trials - successes + 1, tail) if successes else 0.0
    high = (
        special.betainccinv(successes + 1, trials - successes, tail) if successes < trials else 1.0
    )
    return Interval(successes / trials, float(low), float(high), confidence)


def welch_freedom(variances: Sequence[ArrayLike], freedoms: Sequence[ArrayLike]) -> Any:
    """Degrees of freedom of Student's law for a sum of independent estimated variances.

    Assumes normal values. Source: Satterthwaite 1946, Welch 1947.

    Args:
        variances: of each part of the sum, numbers or arrays.
        freedoms: with which each was estimated; infinite for one that is known.

    Returns:
        Infinite where no estimated variance is above zero.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        whole: Any = sum(np.asarray(v, float) for v in variances)
        # As shares of the whole, so that the square of a large variance does not overflow.
        parts: Any = sum(
            (np.asarray(v) / whole) ** 2 / np.asarray(f)
            for v, f in zip(variances, freedoms, strict=True)
        )
        return np.where(parts > 0, 1 / parts, np.inf)[()]


def holm(p_values: Float[np.ndarray, "nulls"], level: float) -> Bool[np.ndarray, "nulls"]:
    """Which nulls fall, with the chance of any false one at most `level` (Holm 1979)."""
    order = np.argsort(p_values, kind="stable")
    falls = p_values[order] <= level / np.arange(len(order), 0, -1)
    fallen = np.zeros(len(order), dtype=bool)
    fallen[order] = np.logical_and.accumulate(falls)
    return fallen


def normal_scores(values: Float[np.ndarray, "n"]) -> Float[np.ndarray, "n"]:
    """Ranks as quantiles of the normal law (Blom 1958); ties share their mean rank."""
    ranks = mean_ranks(values)
    return np.asarray(special.ndtri((ranks - 0.375) / (len(values) + 0.25)))


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
