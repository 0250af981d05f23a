"""The share of one hyperparameter that alone varies: beyond what a polynomial follows (C10).

Neighbours on its scale differ by noise and by little else. Where their noise is clearly smaller
than what a polynomial leaves over, the polynomial misses the shape (a cusp, a step), and the share
is one minus the neighbours' noise, of the variance of the scores.

Estimator of the noise: of three neighbours, the middle one minus the line through the others
(Gasser, Sroka and Jennen-Steinmetz 1986), taken as chi-squared with about half as many degrees of
freedom as trials. Decided by an F-test at LEVEL, so that of smooth responses at most so many
are read by neighbours. Assumes noise of one size, and a response that neighbours follow; where
they do not, the share is too low, so that its upper end is 1. Measured:
docs/claims/sensitivity.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from tunebook.checks.importance.sensitivity_indices import Share

if TYPE_CHECKING:
    from jaxtyping import Float

FEWEST = 12
LEVEL = 0.2
FREEDOM = 18 / 35
"""Degrees of freedom of a second difference: of m of them that overlap, 18 m / 35."""
DISTINCT = 0.9
"""Share of the trials that have a place of their own, at least."""


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
    if n < FEWEST or len(np.unique(places)) < DISTINCT * n:
        return polynomial
    noise, own = _noise(places, scores), FREEDOM * (n - 2)
    if stats.f.sf(residual / max(noise, 1e-12), freedom, own) >= LEVEL:
        return polynomial
    estimate = min(max(1 - noise, polynomial.estimate), 1.0)
    low = 1 - noise * own / float(stats.chi2.ppf(0.025, own))
    # Neighbours that differ by more than noise make it too large: no upper end below all.
    return Share(estimate, max(min(low, estimate), polynomial.low), 1.0, 1.0)


def _noise(places: Float[np.ndarray, "trials"], scores: Float[np.ndarray, "trials"]) -> float:
    order = np.argsort(places, kind="stable")
    x, y = places[order], scores[order]
    width = np.maximum(x[2:] - x[:-2], 1e-12)
    left, right = (x[2:] - x[1:-1]) / width, (x[1:-1] - x[:-2]) / width
    away = left * y[:-2] + right * y[2:] - y[1:-1]
    return float((away**2 / (left**2 + right**2 + 1)).mean())
