"""Shares of the scores' variance, with intervals: the sensitivity indices (C10).

A share is the variance of a fitted part of `model.py` over the trials, less what noise
alone would bring, of the variance of all scores: Sobol's index (Sobol 1993), with the seed as one
more input. So the shares of all parts and of seed noise add up to 1 where trials are evenly spread
and nothing acts in threes. Measured coverage: docs/claims/sensitivity.md.

Of one hyperparameter that alone varies a share may be more than a polynomial follows.
Neighbours on its scale differ by noise and by little else. Where their noise is clearly smaller
than what a polynomial leaves over, the polynomial misses the shape (a cusp, a step), and the share
is one minus the neighbours' noise, of the variance of the scores.

Estimator of the noise: of three neighbours, the middle one minus the line through the others
(Gasser, Sroka and Jennen-Steinmetz 1986), taken as chi-squared with about half as many degrees of
freedom as trials. Decided by an F-test at MISSED, so that of smooth responses at most so many
are read by neighbours. Assumes noise of one size, and a response that neighbours follow; where
they do not, the share is too low, so that its upper end is 1. Measured:
docs/claims/sensitivity.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from tunebook.checks.importance.model import Part
from tunebook.statistics.distributions import chi2_quantile

if TYPE_CHECKING:
    from jaxtyping import Float, Int

FEWEST_NEIGHBOURS = 12
MISSED = 0.2
FREEDOM = 18 / 35
"""Degrees of freedom of a second difference: of m of them that overlap, 18 m / 35."""
DISTINCT = 0.9
"""Share of the trials that have a place of their own, at least."""
GRAIN = 0.01
"""Added to both sides of a share's interval: narrow valleys and steps are no polynomials."""


@dataclass(frozen=True, slots=True, eq=False)
class Share:
    """An estimate, the ends of its interval, and an upper end at a level of its own.

    `fitted_low` is the low end for the polynomials alone, to which no GRAIN was added.
    """

    estimate: float
    low: float
    high: float
    upper: float
    fitted_low: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Ranks:
    """The order of the scores, and how steeply each follows its rank; made once for a fit."""

    scores: Float[np.ndarray, "trials"]
    order: Int[np.ndarray, "trials"]
    tied: Int[np.ndarray, "trials"]
    counts: Int[np.ndarray, "groups"]
    steepness: Float[np.ndarray, "trials"]
    rank: Float[np.ndarray, "trials"]

    @classmethod
    def of(cls, scores: Float[np.ndarray, "trials"]) -> Ranks:
        """Sort the scores."""
        _, tied, counts = np.unique(scores, return_inverse=True, return_counts=True)
        return cls(
            scores=scores,
            order=np.argsort(-scores, kind="stable"),
            tied=tied,
            counts=counts,
            steepness=np.sqrt(2 * np.pi) * np.exp(scores**2 / 2),
            rank=special.ndtr(scores),
        )

    def pull(self, fitted: Float[np.ndarray, "trials"]) -> Float[np.ndarray, "trials"]:
        """How far each trial moves a share by moving the ranks, so the scores, of the others."""
        n = len(self.scores)
        slope = 2 * fitted * self.steepness
        above = np.empty(n)
        above[self.order] = np.cumsum(slope[self.order])
        # Trials with one rank share what they move.
        shared = (np.bincount(self.tied, above) / self.counts)[self.tied]
        return np.asarray((shared - float(slope @ self.rank)) / n**2)


def share(
    parts: Sequence[Part],
    ranks: Ranks,
    freedom: int,
    *,
    confidence: float = 0.95,
    upper: float = 0.975,
) -> Share:
    """Share of several parts together, with its interval.

    The sum of squared coefficients, over their noise, is taken as non-central chi-squared, whose
    centre is turned around into ends of the interval (a t's quantile stands in for the normal one,
    since the noise is estimated). Its noise is the coefficients' own sandwich variance (HC3) where
    the share is about nothing; where it is large, it is the delta method's for the share: the
    trials' random places, noise that is not the same everywhere, and that each trial moves the
    ranks of the others. Upper ends use HC3's residuals throughout, lower ends HC2's, which lone
    trials do not blow up. GRAIN is added at each side for what the polynomials leave out.

    Args:
        parts: of one fit.
        ranks: of the scores that were fitted.
        freedom: degrees of freedom left by the fit.
        confidence: of the interval.
        upper: level of a further, one-sided upper end.
    """
    theta = np.concatenate([p.theta for p in parts]) if parts else np.zeros(0)
    k = len(theta)
    if not k:
        return Share(0.0, 0.0, 1.0, 1.0)
    influence = np.hstack([p.influence for p in parts])
    raw, bias = float(theta @ theta), float((influence**2).sum())
    if not bias > 0:
        return _around(raw, raw, raw, raw)
    safe = np.hstack([p.safe for p in parts])
    squares = sum(p.fitted**2 for p in parts)
    moved = (squares - raw) / len(ranks.scores)
    moved += ranks.pull(np.add.reduce([p.fitted for p in parts]))
    widened = float(special.stdtrit(freedom, 0.975) / special.ndtri(0.975)) ** 2
    null = float((safe**2).sum())
    below, above = (
        widened * _noise(theta, own, moved, bias=own_bias, null=null / k)
        for own, own_bias in ((influence, bias), (safe, null))
    )
    tail = (1 - confidence) / 2
    low = below * _centre(raw / below, k, 1 - tail)
    # A lucky small sum would put the upper ends at zero: they are never below an average one's.
    even = max(raw / above, float(k))
    high, most = (above * _centre(even, k, level) for level in (tail, 1 - upper))
    return _around(raw - bias, low, high, most)


def _noise(
    theta: Float[np.ndarray, "k"],
    influence: Float[np.ndarray, "trials k"],
    moved: Float[np.ndarray, "trials"],
    *,
    bias: float,
    null: float,
) -> float:
    """Noise of a sum of squares: `null` where there is no effect, else the delta method's."""
    raw = float(theta @ theta)
    if not raw > 0:
        return max(null, 1e-12)
    weight = max(1 - bias / raw, 0.0)
    own = float(((2 * influence @ theta + moved) ** 2).sum()) / (4 * raw)
    return max(weight * own + (1 - weight) * null, 1e-12)


def at_least(whole: Share, part: Share) -> Share:
    """The share of a whole, which is no smaller than that of a part of it."""
    return Share(
        max(whole.estimate, part.estimate),
        max(whole.low, part.low),
        max(whole.high, part.high),
        whole.upper,
    )


def at_most_together(shares: Sequence[Share], most: float) -> list[Share]:
    """Shares that add up to `most` at most: where they exceed it, each is scaled down.

    Parts whose columns are correlated in few trials each claim what they have in common.
    """
    total = sum(s.estimate for s in shares)
    if total <= most:
        return list(shares)
    by = most / total
    return [
        replace(s, estimate=by * s.estimate, low=by * s.low, fitted_low=by * s.fitted_low)
        for s in shares
    ]


def less(whole: Share, by: float) -> Share:
    """A share that is smaller by that much; its upper ends stay."""
    estimate = max(whole.estimate - by, 0.0)
    return replace(whole, estimate=estimate, low=min(whole.low, estimate))


def _around(estimate: float, low: float, high: float, upper: float) -> Share:
    estimate = min(max(estimate, 0.0), 1.0)
    return Share(
        estimate,
        min(max(low - GRAIN, 0.0), estimate),
        max(min(high + GRAIN, 1.0), estimate),
        min(upper + GRAIN, 1.0),
        min(max(low, 0.0), estimate),
    )


def _centre(found: float, k: int, level: float) -> float:
    """Non-centrality under which a non-central chi-squared is below `found` with this chance."""
    if found > 1e4:
        # Its root is normal there, to more digits than the noise is known to.
        root = found**0.5 - float(special.ndtri(level))
        return float(max(root**2 - (k - 1), 0.0))
    if special.chdtr(k, found) <= level:
        return 0.0
    return float(special.chndtrinc(found, k, level))


def share_of_one(
    polynomial: Share,
    places: Float[np.ndarray, "trials"],
    scores: Float[np.ndarray, "trials"],
    residual: float,
    freedom: int,
) -> Share:
    """The share of the only hyperparameter, by its neighbours where the polynomial misses it.

    Args:
        polynomial: its share by the fit.
        places: of the trials on its scale.
        scores: of the trials, with variance 1.
        residual: variance that the fit leaves over, at `freedom` degrees.
        freedom: degrees of freedom of the residuals.
    """
    n = len(places)
    if n < FEWEST_NEIGHBOURS or len(np.unique(places)) < DISTINCT * n:
        return polynomial
    noise, own = _noise_of_neighbours(places, scores), FREEDOM * (n - 2)
    if special.fdtrc(freedom, own, residual / max(noise, 1e-12)) >= MISSED:
        return polynomial
    estimate = min(max(1 - noise, polynomial.estimate), 1.0)
    low = 1 - noise * own / float(chi2_quantile(0.025, own))
    # Neighbours that differ by more than noise make it too large: no upper end below all.
    return Share(estimate, max(min(low, estimate), polynomial.low), 1.0, 1.0)


def _noise_of_neighbours(
    places: Float[np.ndarray, "trials"], scores: Float[np.ndarray, "trials"]
) -> float:
    order = np.argsort(places, kind="stable")
    x, y = places[order], scores[order]
    width = np.maximum(x[2:] - x[:-2], 1e-12)
    left, right = (x[2:] - x[1:-1]) / width, (x[1:-1] - x[:-2]) / width
    away = left * y[:-2] + right * y[2:] - y[1:-1]
    return float((away**2 / (left**2 + right**2 + 1)).mean())
