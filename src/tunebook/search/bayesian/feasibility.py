"""The chance that a configuration works, from the trials that did not (B7, [G]).

A Gaussian process behind a logistic link, by Laplace's approximation (Rasmussen and Williams
2006, algorithms 3.1, 3.2 and 5.1), as in Gelbart et al. 2014 (arXiv 1403.5607) the constraint that
is seen only as kept or broken. Its kernel is a plane and a Matern 5/2: most failures lie beyond
some edge ("learning rate too high"), which a plane carries into places without trials.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import lapack
from scipy.optimize import minimize
from scipy.special import expit

from tunebook.search.bayesian.kernel import SQRT5, matern, squares

if TYPE_CHECKING:
    from jaxtyping import Bool, Float

MIDDLE = 0.5
LEVEL = 1.0
"""A standard deviation of the constant of the latent process."""

SLOPE, AMPLITUDE, LENGTH = 8.0, 6.0, 0.7
"""Around these the plane's slope, the Matern part's scale and its lengths are penalised, in logs.
A large scale says that the edge of what trains is sharp: one crash teaches much."""
SPREADS = (0.7, 0.7, 0.7)
MOST_FITTED = 200
"""Trials that the kernel is fitted to; the chance itself uses all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feasibility:
    """A fitted chance of working.

    Attributes:
        points: of ended trials, in the unit cube.
        lengths, amplitude, slope: of the kernel.
        theta: their logs, where the next fit starts.
        weights: the latent mean at x is k(x, points) @ weights + mean.
        half: the latent variance at x is k(x, x) - |half @ k(points, x)|^2.
        mean: of the latent process before data.
    """

    points: Float[np.ndarray, "trials d"]
    lengths: Float[np.ndarray, "d"]
    amplitude: float
    slope: float
    theta: Float[np.ndarray, "p"]
    weights: Float[np.ndarray, "trials"]
    half: Float[np.ndarray, "trials trials"]
    mean: float

    def chance(self, points: Float[np.ndarray, "n d"]) -> Float[np.ndarray, "n"]:
        """Probability of working at each point, uncertainty of the edge included."""
        cross = _kernel(points, self.points, self.lengths, self.amplitude, self.slope)
        latent = cross @ self.weights + self.mean
        own = self.amplitude**2 + LEVEL**2
        own = own + self.slope**2 * ((points - MIDDLE) ** 2).sum(1)
        variance = np.maximum(own - ((cross @ self.half.T) ** 2).sum(1), 1e-9)
        return np.asarray(expit(latent / np.sqrt(1 + np.pi / 8 * variance)))


def fit_feasibility(
    points: Float[np.ndarray, "trials d"],
    works: Bool[np.ndarray, "trials"],
    *,
    start: Float[np.ndarray, "p"] | None = None,
    rounds: int = 15,
) -> Feasibility:
    """Fit the chance of working to trials that did and did not.

    Args:
        points: in the unit cube.
        works: False where the trial was infeasible.
        start: `theta` of an earlier fit.
        rounds: of L-BFGS; 0 keeps `start`.
    """
    d = points.shape[1]
    signs = np.where(works, 1.0, -1.0)
    share = (works.sum() + 2.0) / (len(works) + 2.5)
    mean = float(np.log(share / (1 - share)))
    home = _home(d)
    theta = home if start is None or len(start) != d + 2 else start
    if rounds:
        rows = np.linspace(0, len(works) - 1, min(len(works), MOST_FITTED)).astype(int)
        theta = minimize(
            _cost,
            theta,
            args=(points[rows], signs[rows], mean),
            jac=True,
            method="L-BFGS-B",
            bounds=[(-3.0, 3.0)] * d + [(-2.0, 3.0), (-2.0, 4.0)],
            options={"maxiter": rounds, "ftol": 1e-4},
        ).x
    lengths, amplitude, slope = _parts(theta)
    kernel = _kernel(points, points, lengths, amplitude, slope)
    _, weights, root, factor = _mode(kernel, signs, mean)
    half, _ = lapack.dtrtrs(factor, np.diag(root), lower=1)
    return Feasibility(
        points=points,
        lengths=lengths,
        amplitude=amplitude,
        slope=slope,
        theta=theta,
        weights=weights,
        half=half,
        mean=mean,
    )


def _home(d: int) -> Float[np.ndarray, "p"]:
    return np.asarray(np.log(np.r_[np.full(d, LENGTH * (d / 4) ** 0.5), AMPLITUDE, SLOPE]))


def _parts(theta: Float[np.ndarray, "p"]) -> tuple[Float[np.ndarray, "d"], float, float]:
    return np.exp(theta[:-2]), float(np.exp(theta[-2])), float(np.exp(theta[-1]))


def _kernel(
    a: Float[np.ndarray, "n d"],
    b: Float[np.ndarray, "m d"],
    lengths: Float[np.ndarray, "d"],
    amplitude: float,
    slope: float,
) -> Float[np.ndarray, "n m"]:
    plane = slope**2 * ((a - MIDDLE) @ (b - MIDDLE).T) + LEVEL**2
    return np.asarray(amplitude**2 * matern(a / lengths, b / lengths) + plane)


def _mode(
    kernel: Float[np.ndarray, "n n"], signs: Float[np.ndarray, "n"], mean: float
) -> tuple[Float[np.ndarray, "n"], ...]:
    """Most likely latent values less their mean, by Newton's method."""
    n = len(signs)
    f = np.zeros(n)
    target = (signs + 1) / 2
    for _ in range(30):
        p = expit(f + mean)
        w = np.maximum(p * (1 - p), 1e-9)
        root = np.sqrt(w)
        factor, _ = lapack.dpotrf(np.eye(n) + root[:, None] * kernel * root[None, :], lower=1)
        b = w * f + target - p
        inner, _ = lapack.dpotrs(factor, root * (kernel @ b), lower=1)
        a = b - root * inner
        new = kernel @ a
        moved = np.abs(new - f).max()
        f = new
        if moved < 1e-6:
            break
    return f, a, root, factor


def _cost(
    theta: Float[np.ndarray, "p"],
    points: Float[np.ndarray, "n d"],
    signs: Float[np.ndarray, "n"],
    mean: float,
) -> tuple[float, Float[np.ndarray, "p"]]:
    """Penalised negative Laplace evidence and its gradient."""
    d = points.shape[1]
    lengths, amplitude, slope = _parts(theta)
    smooth = amplitude**2 * matern(points / lengths, points / lengths)
    plane = slope**2 * ((points - MIDDLE) @ (points - MIDDLE).T)
    kernel = smooth + plane + LEVEL**2
    f, a, root, factor = _mode(kernel, signs, mean)
    p = expit(f + mean)
    evidence = -0.5 * a @ f - np.logaddexp(0, -signs * (f + mean)).sum()
    evidence -= np.log(np.diag(factor)).sum()
    inner, _ = lapack.dpotrs(factor, np.diag(root), lower=1)
    pull = root[:, None] * inner
    whitened, _ = lapack.dtrtrs(factor, root[:, None] * kernel, lower=1)
    third = p * (1 - p) * (2 * p - 1)
    s2 = 0.5 * (np.diag(kernel) - (whitened**2).sum(0)) * third
    by_loss = (signs + 1) / 2 - p
    slopes = np.empty(d + 2)
    scaled = points / lengths
    r = SQRT5 * np.sqrt(squares(scaled, scaled))
    stem = amplitude**2 * (5 / 3) * (1 + r) * np.exp(-r)
    for j in range(d + 2):
        if j < d:
            by = stem * (scaled[:, j, None] - scaled[None, :, j]) ** 2
        else:
            by = 2 * (smooth if j == d else plane)
        s1 = 0.5 * a @ by @ a - 0.5 * (pull * by).sum()
        b = by @ by_loss
        slopes[j] = s1 + s2 @ (b - kernel @ (pull @ b))
    spread = np.r_[np.full(d, SPREADS[0]), SPREADS[1:]]
    away = theta - _home(d)
    return float(-evidence + 0.5 * ((away / spread) ** 2).sum()), -slopes + away / spread**2
