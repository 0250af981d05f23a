"""How much better one side's mean is, as a score to hold against a plan's bounds (D1 D3).

Estimator: the difference of means with Welch's standard error and degrees of freedom (Student's
against one known number), or, seed by seed, the mean of the differences with Student's. Assumes
seed noise that is roughly normal and, where sides are paired, that a seed means the same to both:
the same initial weights, the same order of the data. Measured: docs/claims/decisions.md. Source:
Welch 1947.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from tunebook.statistics.estimators import welch_freedom

if TYPE_CHECKING:
    from jaxtyping import Float


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanDifference:
    """A gain in the mean.

    Attributes:
        seen: the gain, in the metric's units, positive is better.
        score: of the gain above what was asked for: Student's t as the standard normal of the
            same tail. Where every rerun of either side is the same, seeds have no effect or the
            objective is too coarse to show it: that says nothing of how sure a gain is (NaN),
            and enough of a loss.
        error: standard error of `seen`; `freedom` its degrees of freedom.
        variance: of one rerun's difference.
    """

    seen: float
    score: float
    error: float
    freedom: float
    variance: float

    def low(self, score: float) -> float:
        """Low end of an interval that a score bounds."""
        return self.seen - self._reach(score)

    def high(self, score: float) -> float:
        """High end of an interval that a score bounds."""
        return self.seen + self._reach(score)

    def _reach(self, score: float) -> float:
        if self.error == 0 or math.isinf(score):
            return math.inf
        return float(-special.stdtrit(self.freedom, special.ndtr(-score))) * self.error


def mean_difference(
    own: Float[np.ndarray, "reruns"],
    other: Float[np.ndarray, "others"],
    asked: float,
    *,
    shared: float = 0.0,
) -> MeanDifference:
    """Of two sides whose reruns have nothing in common.

    Args:
        own: losses of the candidate, finite, 2 or more.
        other: losses that it has to beat, finite; one known number or 2 and more reruns.
        asked: what the gain must exceed.
        shared: variance of what moves all reruns of the candidate alike; assumed to be known.
    """
    a, n = variance(own) / len(own), len(own)
    b, m = variance(other) / len(other), max(2, len(other))
    error = math.sqrt(a + b + shared)
    freedom = float(welch_freedom((a, b, shared), (n - 1, m - 1, math.inf)))
    seen = middle(other) - middle(own)
    return MeanDifference(
        seen=seen,
        score=t_score(seen - asked, error, freedom),
        error=error,
        freedom=freedom,
        variance=variance(own) + variance(other),
    )


def paired_difference(gains: Float[np.ndarray, "pairs"], asked: float) -> MeanDifference:
    """Of two sides compared seed by seed.

    Args:
        gains: of the candidate over the other side, one a seed, finite, 2 or more.
        asked: what the gain must exceed.
    """
    error, freedom = math.sqrt(variance(gains) / len(gains)), len(gains) - 1.0
    seen = middle(gains)
    return MeanDifference(
        seen=seen,
        score=t_score(seen - asked, error, freedom),
        error=error,
        freedom=freedom,
        variance=variance(gains),
    )


def t_score(excess: float, error: float, freedom: float) -> float:
    """Student's t as the standard normal of the same tail; see `MeanDifference`."""
    if error == 0:
        return math.nan if excess > 0 else -math.inf
    t = excess / error
    return math.copysign(float(special.ndtri(special.stdtr(freedom, -abs(t)))), t)


def variance(losses: Float[np.ndarray, "reruns"]) -> float:
    """Exactly zero where all are the same, which their rounded mean would hide."""
    return float(losses.var(ddof=1)) if len(losses) > 1 and np.ptp(losses) > 0 else 0.0


def middle(losses: Float[np.ndarray, "reruns"]) -> float:
    """Their mean; exactly their value where all are the same."""
    return float(losses.mean()) if np.ptp(losses) > 0 else float(losses[0])
