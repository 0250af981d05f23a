"""The chance that a rerun of the candidate beats one of the baseline by more than m (D1 D3).

NULL: that chance is one half or less. An infeasible rerun beats none and loses to every feasible
one, so no worst value has to be named; a tie beats nothing.

Estimator: the share of all pairs of reruns, one of each side, in which the candidate wins (Mann
and Whitney 1947). Its score is the lesser of two: the exact distribution of that share where both
sides are alike, which holds at any number of reruns, and Brunner and Munzel 2000, which does not
ask that the sides have the same spread. Seed by seed it is the share of seeds won, and the sign
test, which assumes nothing of the noise. Intervals: the pseudo-score of Newcombe 2006 (method 5),
no narrower than Brunner and Munzel's; Clopper and Pearson's for pairs. Measured:
docs/claims/decisions.md. Source of the question: Bouthillier et al. 2021.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import optimize, special

from tunebook.deciding.mean_difference import t_score
from tunebook.statistics.distributions import mann_whitney

if TYPE_CHECKING:
    from jaxtyping import Float

EVEN = 0.5
"""The chance that a candidate has to exceed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChanceToBeat:
    """A chance to beat the baseline by more than was asked for.

    Attributes:
        seen: the share of pairs won, 0 to 1.
        score: of the chance above one half, as a standard normal; `against`: of it below.
        error: standard error of `seen` where the chance is one half.
        variance: of one rerun: error**2 times the reruns a side.
        spread: standard error of `seen` by Brunner and Munzel, 0 where one side wins all.
        reruns: of the candidate and of the baseline; both the same number where they are paired.
        paired: the share is of seeds.
    """

    seen: float
    score: float
    against: float
    error: float
    variance: float
    spread: float
    reruns: tuple[int, int]
    paired: bool = False

    def low(self, score: float) -> float:
        """Low end of an interval that a score bounds; above one half where it is reached."""
        if math.isinf(score):
            return -math.inf
        end = self._end(score, -1)
        return max(end, EVEN) if self.score >= score else min(end, EVEN)

    def high(self, score: float) -> float:
        """High end of an interval that a score bounds; below one half where it is reached."""
        if math.isinf(score):
            return math.inf
        end = self._end(score, 1)
        return min(end, EVEN) if self.against >= score else max(end, EVEN)

    def _end(self, score: float, way: int) -> float:
        if self.paired:
            return self._pairs_end(float(special.ndtr(-score)), way)
        n, m = self.reruns
        last = float(way > 0)

        def beyond(chance: float) -> float:
            return abs(chance - self.seen) - score * max(share_error(chance, n, m), self.spread)

        if beyond(last) <= 0:
            return last
        # At a share of all or none its own error is zero: the end lies beyond it.
        return float(optimize.brentq(beyond, self.seen + way * 1e-9, last, xtol=1e-6))

    def _pairs_end(self, tail: float, way: int) -> float:
        n = self.reruns[0]
        won = round(self.seen * n)
        if won == (n if way > 0 else 0):
            return float(way > 0)
        if way > 0:
            return float(special.betaincinv(won + 1, n - won, 1 - tail))
        return float(special.betaincinv(won, n - won + 1, tail))


def chance_to_beat(
    own: Float[np.ndarray, "reruns"], other: Float[np.ndarray, "others"], asked: float
) -> ChanceToBeat:
    """Of two sides whose reruns have nothing in common.

    Args:
        own, other: losses of the candidate and of the baseline, infinite where a rerun is
            infeasible; 2 or more each.
        asked: a win is better by more than this, in the metric's units.
    """
    n, m = len(own), len(other)
    won = other[None, :] > own[:, None] + asked
    seen = float(won.mean())
    a, b = float(won.mean(1).var(ddof=1)) / n, float(won.mean(0).var(ddof=1)) / m
    spread, freedom = math.sqrt(a + b), math.inf
    if spread > 0:
        freedom = (a + b) ** 2 / (a**2 / (n - 1) + b**2 / (m - 1))
    score, against = _alike_scores(own + asked, other)
    if spread > 0:
        t = t_score(seen - EVEN, spread, freedom)
        score, against = min(score, t), min(against, -t)
    error = share_error(EVEN, n, m)
    return ChanceToBeat(
        seen=seen,
        score=score,
        against=against,
        error=error,
        variance=error**2 * n,
        spread=spread,
        reruns=(n, m),
    )


def paired_chance(gains: Float[np.ndarray, "pairs"], asked: float) -> ChanceToBeat:
    """Of two sides compared seed by seed.

    Args:
        gains: of the candidate, one a seed; minus infinity where it is infeasible, infinite where
            only the baseline is. NaN is refused.
        asked: a win is better by more than this.
    """
    n, won = len(gains), int((gains > asked).sum())
    up = float(special.bdtrc(won - 1, n, EVEN)) if won else 1.0
    return ChanceToBeat(
        seen=won / n,
        score=float(-special.ndtri(up)),
        against=float(-special.ndtri(special.bdtr(won, n, EVEN))),
        error=EVEN / n**0.5,
        variance=EVEN**2,
        spread=0.0,
        reruns=(n, n),
        paired=True,
    )


def share_error(chance: float, n: int, m: int) -> float:
    """Standard error of the share of pairs won, n reruns against m: Newcombe's method 5."""
    mean = (n + m) / 2 - 1
    both = (1 - chance) / (2 - chance) + chance / (1 + chance)
    return math.sqrt(chance * (1 - chance) * (1 + mean * both) / (n * m))


def _alike_scores(
    own: Float[np.ndarray, "reruns"], other: Float[np.ndarray, "others"]
) -> tuple[float, float]:
    """Of a share as high, and as low, were both sides alike: exact up to 8 reruns a side."""
    is_own = np.repeat([True, False], [len(own), len(other)])
    both = np.concatenate([own, other])

    def score(ties_last: np.ndarray, way: Literal["less", "greater"]) -> float:
        rank = np.empty(len(both))
        rank[np.lexsort((ties_last, both))] = np.arange(len(both))
        return float(-special.ndtri(mann_whitney(rank[is_own], rank[~is_own], way)))

    # A tie is no win, and no proof of a loss.
    return score(is_own, "less"), score(~is_own, "greater")
