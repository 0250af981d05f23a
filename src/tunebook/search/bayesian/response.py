"""The loss over the unit cube: a Gaussian process with a fitted warp (B7).

Matern 5/2, one length a coordinate; mean and variance in closed form; noise, lengths and the warp
of losses (Yeo and Johnson 2000) by their penalised likelihood with analytic gradients. One
evaluation is one Cholesky factor and one inverse, so a fit of 100 trials takes some 10 ms.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import lapack
from scipy.optimize import minimize

from tunebook.search.bayesian.kernel import SQRT5, factored, matern, squares

if TYPE_CHECKING:
    from jaxtyping import Float, Int

MOST_FITTED = 250
"""Trials that lengths, noise and warp are fitted to; predictions use all of them."""

FEW = 40
"""Trials up to which a fit is never from the last one alone."""

LEAST_NOISE = 1e-7
LENGTH, LENGTH_SPREAD = 0.6, 1.0
NOISE, NOISE_SPREAD = 1e-4, 3.0
WARP_SPREAD, MOST_WARP = 0.5, 1.0
"""Gaussian penalties: of log length around log 0.6 sqrt(d / 4), of log noise over signal around
log 1e-4, of the warp around 1 (none). Above 1 the warp would press good losses together: a narrow
deep basin then looks like no more than its neighbours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A fitted response, of standardised, warped losses.

    Attributes:
        points: where losses are known, in the unit cube.
        targets: those losses, warped, with mean 0 and scale 1 of the process.
        lengths: of the kernel, one a coordinate.
        noise: variance of a loss around the response, in units of the process's variance.
        theta: log lengths, log noise, warp: where the next fit starts.
        factor, weights: the Cholesky factor of the kernel with noise, and kernel^-1 targets.
        middle, unit: median and spread of the losses, which come before the warp.
        mean, scale: of the warped losses, which come after it.
    """

    points: Float[np.ndarray, "trials d"]
    targets: Float[np.ndarray, "trials"]
    lengths: Float[np.ndarray, "d"]
    noise: float
    theta: Float[np.ndarray, "p"]
    factor: Float[np.ndarray, "trials trials"]
    weights: Float[np.ndarray, "trials"]
    middle: float
    unit: float
    mean: float
    scale: float

    def at(
        self, points: Float[np.ndarray, "n d"]
    ) -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n"]]:
        """Mean and standard deviation of the response without its noise."""
        cross = matern(points / self.lengths, self.points / self.lengths)
        half, _ = lapack.dtrtrs(self.factor, cross.T, lower=1)
        variance = np.maximum(1.0 - np.einsum("ij,ij->j", half, half), 1e-12)
        return np.asarray(cross @ self.weights), np.sqrt(variance)

    def losses(self, targets: Float[np.ndarray, "n"]) -> Float[np.ndarray, "n"]:
        """Targets as losses in their own units."""
        warp = float(self.theta[-1])
        return np.asarray(
            self.middle + self.unit * unwarped(self.mean + self.scale * targets, warp)
        )

    def with_pending(self, points: Float[np.ndarray, "k d"]) -> Response:
        """The same response, were these points to reach their means: they narrow it there."""
        mean, _ = self.at(points)
        every = np.concatenate([self.points, points])
        targets = np.r_[self.targets, mean]
        scaled = every / self.lengths
        factor = factored(matern(scaled, scaled), self.noise)
        weights, _ = lapack.dpotrs(factor, targets, lower=1)
        return replace(self, points=every, targets=targets, factor=factor, weights=weights)


def fit(
    points: Float[np.ndarray, "trials d"],
    losses: Float[np.ndarray, "trials"],
    *,
    start: Float[np.ndarray, "p"] | None = None,
    rounds: int = 30,
) -> Response:
    """Fit a response to losses.

    Args:
        points: in the unit cube, at least one.
        losses: finite; lower is better.
        start: `theta` of an earlier fit. Two default starts are tried besides, by many trials
            only at every fourth number of them.
        rounds: of L-BFGS from each start.
    """
    n, d = points.shape
    middle, unit = _robust(losses)
    z = (losses - middle) / unit
    rows = _chosen(z)
    starts = [] if start is None or len(start) != d + 2 else [start]
    if not starts or n <= FEW or n % 4 == 0:
        starts += _defaults(d)
    bounds = [(-4.0, 3.5)] * d + [(np.log(LEAST_NOISE), 1.0), (-1.0, MOST_WARP)]
    if n < 4:
        theta = _home(d)
    else:
        found = [
            minimize(
                _cost,
                s,
                args=(points[rows], z[rows]),
                jac=True,
                method="L-BFGS-B",
                bounds=bounds,
                options={"maxiter": rounds, "ftol": 1e-6},
            )
            for s in starts
        ]
        theta = min(found, key=lambda one: one.fun).x
    return _settled(points, z, theta, middle, unit)


def _home(d: int) -> Float[np.ndarray, "p"]:
    return np.asarray(np.r_[np.full(d, np.log(LENGTH * (d / 4) ** 0.5)), np.log(NOISE), 1.0])


def _defaults(d: int) -> list[Float[np.ndarray, "p"]]:
    """Where a fit starts: at the penalties' middle, and at a smoother response with noise."""
    home = _home(d)
    smooth = home.copy()
    smooth[:d] += 0.7
    smooth[d] = np.log(3e-2)
    return [home, smooth]


def _robust(losses: Float[np.ndarray, "n"]) -> tuple[float, float]:
    """Median and scaled interquartile range: one huge loss moves neither."""
    low, middle, high = (float(q) for q in np.quantile(losses, [0.25, 0.5, 0.75]))
    return middle, (high - low) / 1.35 or float(losses.std()) or 1.0


def _chosen(z: Float[np.ndarray, "n"]) -> Int[np.ndarray, "k"]:
    """Rows that hyperparameters are fitted to: the best half of the limit, and every k-th."""
    if len(z) <= MOST_FITTED:
        return np.arange(len(z))
    order = np.argsort(z)
    best, rest = order[: MOST_FITTED // 2], np.sort(order[MOST_FITTED // 2 :])
    picked = rest[np.linspace(0, len(rest) - 1, MOST_FITTED - len(best)).astype(int)]
    return np.asarray(np.r_[best, picked])


def _solved(
    points: Float[np.ndarray, "n d"],
    targets: Float[np.ndarray, "n"],
    lengths: object,
    noise: float,
) -> tuple[Float[np.ndarray, "n n"], ...]:
    scaled = points / lengths
    r = SQRT5 * np.sqrt(squares(scaled, scaled))
    decay = np.exp(-r)
    kernel = (1 + r + r * r / 3) * decay
    factor = factored(kernel, noise)
    ones = np.ones(len(targets))
    both, _ = lapack.dpotrs(factor, np.c_[targets, ones], lower=1)
    mean = both[:, 0].sum() / both[:, 1].sum()
    return factor, both[:, 0] - mean * both[:, 1], mean, decay, r, scaled


def _cost(
    theta: Float[np.ndarray, "p"], points: Float[np.ndarray, "n d"], z: Float[np.ndarray, "n"]
) -> tuple[float, Float[np.ndarray, "p"]]:
    """Penalised negative log likelihood, mean and variance profiled out, and its gradient."""
    n, d = points.shape
    lengths, noise, warp = np.exp(theta[:d]), np.exp(theta[d]), theta[d + 1]
    y, by_warp = warped(z, warp)
    factor, weights, mean, decay, r, scaled = _solved(points, y, lengths, noise)
    variance = ((y - mean) @ weights + 0.5) / (n + 1)
    inverse, _ = lapack.dpotri(factor, lower=1)
    inverse = np.tril(inverse) + np.tril(inverse, -1).T
    log_factor = np.log(np.diag(factor)).sum()
    stretch = np.sign(z) * np.log1p(np.abs(z))
    cost = 0.5 * (n + 1) * np.log(variance) + log_factor - (warp - 1) * stretch.sum()
    pull = np.outer(weights, weights) / variance - inverse
    by_kernel = pull * (5 / 3) * (1 + r) * decay
    rows = by_kernel.sum(1)
    moved = (scaled * scaled * rows[:, None]).sum(0) - ((by_kernel @ scaled) * scaled).sum(0)
    slope = np.empty(d + 2)
    slope[:d] = -moved
    slope[d] = -0.5 * noise * np.trace(pull)
    slope[d + 1] = weights @ by_warp / variance - stretch.sum()
    away = theta - _home(d)
    spread = np.r_[np.full(d, LENGTH_SPREAD), NOISE_SPREAD, WARP_SPREAD]
    return float(cost + 0.5 * ((away / spread) ** 2).sum()), slope + away / spread**2


def _settled(
    points: Float[np.ndarray, "n d"],
    z: Float[np.ndarray, "n"],
    theta: Float[np.ndarray, "p"],
    middle: float,
    unit: float,
) -> Response:
    n, d = points.shape
    lengths, noise = np.exp(theta[:d]), float(np.exp(theta[d]))
    y, _ = warped(z, theta[d + 1])
    factor, weights, mean, *_ = _solved(points, y, lengths, noise)
    scale = float(np.sqrt(((y - mean) @ weights + 0.5) / (n + 1)))
    return Response(
        points=points,
        targets=(y - mean) / scale,
        lengths=lengths,
        noise=noise,
        theta=theta,
        factor=factor,
        weights=weights / scale,
        middle=middle,
        unit=unit,
        mean=float(mean),
        scale=scale,
    )


def warped(
    z: Float[np.ndarray, "n"], warp: float
) -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n"]]:
    """Yeo-Johnson's warp of `z`, and its derivative by the warp; 1 changes nothing."""
    up = z >= 0
    u = np.log1p(np.abs(z))
    p = np.where(up, warp, 2 - warp)
    p = np.where(np.abs(p) < 1e-6, 1e-6, p)
    grown = np.exp(p * u)
    value, slope = (grown - 1) / p, (grown * (p * u - 1) + 1) / (p * p)
    return np.where(up, value, -value), slope


def unwarped(y: Float[np.ndarray, "n"], warp: float) -> Float[np.ndarray, "n"]:
    """The inverse of `warped`; beyond the end of its range, that end."""
    p = np.where(y >= 0, warp, 2 - warp)
    p = np.where(np.abs(p) < 1e-6, 1e-6, p)
    grown = np.maximum(p * np.abs(y) + 1, 1e-300)
    return np.asarray(np.sign(y) * np.expm1(np.minimum(np.log(grown) / p, 600)))
