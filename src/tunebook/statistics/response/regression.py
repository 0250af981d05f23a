"""A smooth response fitted to the trials, sure of itself only as far as they carry it (C1).

The loss is a sum of one curve a hyperparameter (Legendre polynomials on its scale, one level a
value for a choice) and of products of two, with normal priors on the coefficients: a Bayesian
linear regression in the trials' units. How large linear, square, rougher and joint parts are, how
much each hyperparameter matters and how rough its curve is, is fitted too, by the marginal
likelihood with weak priors (MacKay 1992, Bayesian interpolation; Tipping 2001, for a scale a
group). Time grows linearly with the trials and with the cube of the number of columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize

if TYPE_CHECKING:
    from jaxtyping import Float, Int

MOST_COLUMNS = 400
"""Columns of a fit: beyond 28 hyperparameters their products are left out."""
GROUPS = 5
LINEAR, SQUARE, ROUGH, JOINT, JOINT_ROUGH = range(GROUPS)
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
class Columns:
    """Columns of the regression for points in the unit cube.

    Attributes:
        levels: for each hyperparameter 0 where it is a number, else its number of values.
        degree: highest degree of each curve.
        pairs: (left, right) indices of main columns whose product is a column.
        constant: log of the prior variance, apart from the groups' scales.
        shares: which scales each column's prior variance has, and how much of each.
    """

    levels: tuple[int, ...]
    degree: tuple[int, ...]
    pairs: Int[np.ndarray, "2 products"]
    constant: Float[np.ndarray, "columns"]
    shares: Float[np.ndarray, "columns scales"]

    def of(self, units: Float[np.ndarray, "points axes"]) -> Float[np.ndarray, "points columns"]:
        """The columns at each point."""
        curves = _legendre(units.T, max(self.degree))
        rows = [
            _levels(units[:, axis], levels) if levels else curves[:top, axis]
            for axis, (levels, top) in enumerate(zip(self.levels, self.degree, strict=True))
        ]
        mains = np.concatenate(rows)
        return np.concatenate([mains, mains[self.pairs[0]] * mains[self.pairs[1]]]).T


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
    """

    columns: Columns
    beta: Float[np.ndarray, "columns"]
    covariance: Float[np.ndarray, "columns columns"]
    noise: float
    freedom: float
    evidence: float
    left_out: Float[np.ndarray, "trials"]
    prior: Float[np.ndarray, "columns"]


def columns_for(levels: Sequence[int], *, degree: Sequence[int], products: int) -> Columns:
    """The columns for some hyperparameters.

    Args:
        levels: number of values of a choice, 0 for a number.
        degree: highest degree of each hyperparameter's curve.
        products: highest sum of degrees in a product of two; below 2 there are none.
    """
    axes, order = [], []
    for axis, (count, top) in enumerate(zip(levels, degree, strict=True)):
        orders = [1] * count if count else list(range(1, top + 1))
        axes += [axis] * len(orders)
        order += orders
    pairs = [
        (i, j)
        for i, j in combinations(range(len(axes)), 2)
        if axes[i] != axes[j] and order[i] + order[j] <= products
    ]
    if len(axes) + len(pairs) > MOST_COLUMNS:
        pairs = []
    scales, bends = GROUPS + 2 * len(levels), GROUPS + len(levels)
    shares = np.zeros((len(axes) + len(pairs), scales))
    shares[:, LINEAR] = 1.0
    constant = np.zeros(len(shares))
    for k, (axis, of) in enumerate(zip(axes, order, strict=True)):
        shares[k, GROUPS + axis] = 1.0
        if of == 2:
            shares[k, SQUARE] = 1.0
        elif of > 2:
            shares[k, ROUGH], constant[k] = 1.0, -4.0 * np.log(of / 3)
            shares[k, bends + axis] = 1.0
    for k, (i, j) in enumerate(pairs, len(axes)):
        shares[k, JOINT] = 1.0
        shares[k, GROUPS + axes[i]] = shares[k, GROUPS + axes[j]] = 0.5
        if (of := order[i] + order[j]) > 2:
            shares[k, JOINT_ROUGH], constant[k] = 1.0, -4.0 * np.log(of / 3)
            shares[k, bends + axes[i]] = shares[k, bends + axes[j]] = 0.5
    return Columns(
        tuple(levels), tuple(degree), np.array(pairs, dtype=np.int64).reshape(-1, 2).T,
        constant, shares,
    )  # fmt: skip


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
    count = len(columns.levels)
    bend = BEND if n >= TRIALS_AN_AXIS * count else ALIKE
    centre = np.concatenate([CENTRE, np.zeros(2 * count)])
    width = np.concatenate([WIDTH, np.ones(count), np.full(count, bend)])

    def prior_sd(scales: Float[np.ndarray, "scales"]) -> Float[np.ndarray, "columns"]:
        logs = np.clip(columns.constant + columns.shares @ scales, -25, 18)
        return np.asarray(np.exp(0.5 * logs))

    def cost(scales: Float[np.ndarray, "scales"]) -> tuple[float, Float[np.ndarray, "scales"]]:
        sd = prior_sd(scales)
        inverse, log_det = _inverse(gram, sd)
        weights = inverse @ (sd * moments)
        rest = max(total - float(weights @ (sd * moments)), 1e-10 * total)
        off = (scales - centre) / width
        value = 0.5 * ((n - 1) * np.log(rest) + log_det + float(off @ off))
        slope = 0.5 * (1 - np.diag(inverse)) - 0.5 * (n - 1) / rest * weights**2
        return float(value), columns.shares.T @ slope + off / width

    found = optimize.minimize(
        cost, centre, jac=True, method="L-BFGS-B", options={"maxiter": 60, "ftol": 1e-6}
    )
    sd = prior_sd(found.x)
    covariance = sd[:, None] * _inverse(gram, sd)[0] * sd
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
    )


def _inverse(
    gram: Float[np.ndarray, "columns columns"], sd: Float[np.ndarray, "columns"]
) -> tuple[Float[np.ndarray, "columns columns"], float]:
    """Inverse and log determinant of 1 + sd gram sd."""
    triangle = np.linalg.cholesky(np.eye(len(sd)) + sd[:, None] * gram * sd)
    half = np.linalg.inv(triangle)
    return half.T @ half, 2 * float(np.log(np.diag(triangle)).sum())


def _legendre(units: Float[np.ndarray, "axes points"], top: int) -> Float[np.ndarray, "top a p"]:
    """Legendre polynomials of degree 1 to `top`, each of variance 1 over the unit interval."""
    t = 2 * units - 1
    made = np.empty((top + 1, *t.shape))
    made[0], made[1] = 1.0, t
    for k in range(2, top + 1):
        made[k] = ((2 * k - 1) * t * made[k - 1] - (k - 1) * made[k - 2]) / k
    return np.asarray(made[1:] * np.sqrt(2 * np.arange(1, top + 1) + 1)[:, None, None])


def _levels(units: Float[np.ndarray, "points"], count: int) -> Float[np.ndarray, "count points"]:
    """One row a value of a choice, of variance about 1; `units` are middles of cells."""
    level = np.minimum((units * count).astype(np.int64), count - 1)
    return np.asarray(np.sqrt(count) * (np.eye(count)[:, level] - 1 / count))
