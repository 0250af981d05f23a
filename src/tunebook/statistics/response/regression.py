"""A smooth response fitted to the trials, sure of itself only as far as they carry it (C1).

The loss is a sum of one curve a hyperparameter (Legendre polynomials on its scale, one level a
value for a choice) and of products of two, with normal priors on the coefficients: a Bayesian
linear regression in the trials' units. How large linear, square, rougher and joint parts are, how
much each hyperparameter matters and how rough its curve is, is fitted too, by the marginal
likelihood with weak priors (MacKay 1992, Bayesian interpolation; Tipping 2001, for a scale a
group). Time grows linearly with the trials and with the cube of the number of columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize
from scipy.linalg import lapack

from tunebook.statistics.response.columns import Columns

if TYPE_CHECKING:
    from jaxtyping import Float

# Prior of the logs of the variances: of the linear part against the noise; of squares, rougher
# parts (falling with the degree to the power of -4, as those of a cusp do), and products against
# the linear part. Broad: from a hundredth to a hundred times these for two standard deviations.
CENTRE = np.log([10.0, 0.1, 1e-3, 0.04, 0.1])
WIDTH = np.array([4.0, 1.5, 2.0, 0.7, 1.5])
BEND, ALIKE = 2.0, 0.01
"""The same of how rough one hyperparameter's curve is beside the others', and where all are taken
to be rough alike: fewer trials than these a hyperparameter don't tell."""
TRIALS_AN_AXIS = 10


@dataclass(frozen=True, slots=True, eq=False)
class EdgeModel:
    """A fitted response, in the units of the scores that it was fitted to.

    Attributes:
        columns: what it is a sum of.
        beta, covariance: of the coefficients, given the noise; the covariance in its units.
        noise: variance of one trial's score.
        freedom: degrees of freedom left for the noise.
        evidence: log of the marginal likelihood with the priors of the scales, up to a constant.
        left_out: each trial's score minus what the others say of it.
        prior: standard deviation of each coefficient before the trials, in the noise's.
        middle: the mean score is this and the columns times beta.
    """

    columns: Columns
    beta: Float[np.ndarray, "columns"]
    covariance: Float[np.ndarray, "columns columns"]
    noise: float
    freedom: float
    evidence: float
    left_out: Float[np.ndarray, "trials"]
    prior: Float[np.ndarray, "columns"]
    middle: float

    def mean(self, units: Float[np.ndarray, "points axes"]) -> Float[np.ndarray, "points"]:
        """The mean score at points of the unit cube."""
        return np.asarray(self.middle + self.columns.of(units) @ self.beta)


def fit(
    columns: Columns,
    x: Float[np.ndarray, "trials columns"],
    scores: Float[np.ndarray, "trials"],
) -> EdgeModel:
    """Fit scores that vary; `x` is `columns.of(units)`.

    The mean is fitted with a flat prior, the noise's variance at its marginal estimate, the
    scales at their mode.
    """
    n = len(scores)
    centred, around = x - x.mean(axis=0), scores - scores.mean()
    gram, moments, total = centred.T @ centred, centred.T @ around, float(around @ around)
    centre, width = _prior_of_scales(len(columns.levels), n)

    def prior_sd(scales: Float[np.ndarray, "scales"]) -> Float[np.ndarray, "columns"]:
        logs = np.clip(columns.constant + columns.shares @ scales, -25, 18)
        return np.asarray(np.exp(0.5 * logs))

    def cost(scales: Float[np.ndarray, "scales"]) -> tuple[float, Float[np.ndarray, "scales"]]:
        sd = prior_sd(scales)
        if n < len(sd):
            weights, kept, rest, log_det = _by_trials(centred * sd, around)
        else:
            half, log_det = _half(gram, sd)
            pulled = half @ (sd * moments)
            weights, kept = half.T @ pulled, 1 - (half**2).sum(axis=0)
            rest = total - float(pulled @ pulled)
        rest = max(rest, 1e-10 * total)
        off = (scales - centre) / width
        value = 0.5 * ((n - 1) * np.log(rest) + log_det + float(off @ off))
        slope = 0.5 * kept - 0.5 * (n - 1) / rest * weights**2
        return float(value), columns.shares.T @ slope + off / width

    found = optimize.minimize(
        cost, centre, jac=True, method="L-BFGS-B", options={"maxiter": 60, "ftol": 1e-6}
    )
    sd = prior_sd(found.x)
    half = _half(gram, sd)[0] * sd
    covariance = half.T @ half
    beta = covariance @ moments
    leverage = 1 / n + np.einsum("ij,ij->i", centred @ covariance, centred)
    noise = max(total - float(moments @ beta), 1e-10 * total) / (n - 1)
    return EdgeModel(
        columns=columns,
        beta=beta,
        covariance=covariance,
        noise=noise,
        freedom=max(n - float(leverage.sum()), 2.0),
        evidence=-float(found.fun),
        left_out=(around - centred @ beta) / np.maximum(1 - leverage, 0.01),
        prior=sd,
        middle=float(scores.mean() - x.mean(axis=0) @ beta),
    )


def _prior_of_scales(
    axes: int, trials: int
) -> tuple[Float[np.ndarray, "scales"], Float[np.ndarray, "scales"]]:
    """Middle and standard deviation of each scale's normal prior."""
    bend = BEND if trials >= TRIALS_AN_AXIS * axes else ALIKE
    width = [WIDTH, np.ones(axes), np.full(axes, bend)]
    return np.concatenate([CENTRE, np.zeros(2 * axes)]), np.concatenate(width)


def _half(
    gram: Float[np.ndarray, "columns columns"], sd: Float[np.ndarray, "columns"]
) -> tuple[Float[np.ndarray, "columns columns"], float]:
    """Inverse of the triangle of 1 + sd gram sd, and the log of its determinant."""
    return _inverse_triangle(np.eye(len(sd)) + sd[:, None] * gram * sd)


def _by_trials(
    scaled: Float[np.ndarray, "trials columns"], scores: Float[np.ndarray, "trials"]
) -> tuple[Float[np.ndarray, "columns"], Float[np.ndarray, "columns"], float, float]:
    """What `cost` needs, from a matrix of the trials, where they are fewer than the columns.

    Returns:
        The weights, how far each is told by the trials, the squares left, the log determinant.
    """
    half, log_det = _inverse_triangle(np.eye(len(scores)) + scaled @ scaled.T)
    turned, rest = half @ scaled, half @ scores
    return turned.T @ rest, (turned**2).sum(axis=0), float(rest @ rest), log_det


def _inverse_triangle(
    square: Float[np.ndarray, "n n"],
) -> tuple[Float[np.ndarray, "n n"], float]:
    """Inverse of the Cholesky triangle of a matrix, and the log of the matrix's determinant."""
    triangle = np.linalg.cholesky(square)
    half, _ = lapack.dtrtri(triangle, lower=1)
    return half, 2 * float(np.log(np.diag(triangle)).sum())
