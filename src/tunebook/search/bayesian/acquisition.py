"""Noisy q-log expected improvement times the chance of working, on BoTorch (B7, [G]).

Ament et al. 2023 (arXiv 2310.20708) for the acquisition, Letham et al. 2019 (1706.07094) for
noise, Gelbart et al. 2014 (1403.5607) for the product. Models are fitted by `response` and
`feasibility`: BoTorch gets their numbers, and spends its time on the acquisition alone.
Needs `tunebook[bayes]`.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import numpy as np
import torch
from botorch.acquisition.logei import qLogNoisyExpectedImprovement
from botorch.sampling.normal import SobolQMCNormalSampler
from scipy.optimize import minimize

from tunebook.search.bayesian.botorch_model import Process
from tunebook.search.bayesian.feasibility import LEVEL, MIDDLE, Feasibility
from tunebook.search.bayesian.kernel import SQRT5
from tunebook.search.bayesian.response import Response

if TYPE_CHECKING:
    from jaxtyping import Bool, Float

SAMPLES = 64
"""Quasi-random draws of the process."""

ROUNDS = 16
MOST_BASELINE = 24


class Acquisition:
    """The logarithm of expected improvement times the chance of working, higher is better."""

    def __init__(
        self,
        response: Response,
        feasibility: Feasibility | None,
        pending: Float[np.ndarray, "k d"],
        *,
        seed: int,
        caution: float = 1.0,
    ) -> None:
        self._feasibility = None if feasibility is None else _Chance(feasibility)
        self._caution = caution
        # A point under way is one of those that may be the best once it is known.
        anchors = np.concatenate([_baseline(response), pending])
        self._improvement = qLogNoisyExpectedImprovement(
            Process(response, anchors),
            X_baseline=torch.from_numpy(anchors),
            sampler=SobolQMCNormalSampler(torch.Size([SAMPLES]), seed=seed),
            prune_baseline=False,
            cache_root=False,
        )

    def __call__(self, points: torch.Tensor) -> torch.Tensor:
        value: torch.Tensor = self._improvement(points[:, None, :])
        if self._feasibility is not None:
            value = value + self._caution * self._feasibility(points)
        return value

    def climb(
        self, starts: Float[np.ndarray, "s d"], smooth: Bool[np.ndarray, "d"]
    ) -> tuple[Float[np.ndarray, "s d"], Float[np.ndarray, "s"]]:
        """Climb from each start over the smooth columns; points and their values."""
        shape = starts.shape

        def cost(flat: Float[np.ndarray, "sd"]) -> tuple[float, Float[np.ndarray, "sd"]]:
            x = torch.from_numpy(flat.reshape(shape).copy()).requires_grad_(True)
            value = -self(x).sum()
            (slope,) = torch.autograd.grad(value, x)
            return float(value), slope.numpy().ravel()

        bounds = [
            (0.0, 1.0) if s else (v, v) for row in starts for v, s in zip(row, smooth, strict=True)
        ]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            found = minimize(
                cost,
                starts.ravel(),
                jac=True,
                method="L-BFGS-B",
                bounds=bounds,
                options={"maxiter": ROUNDS, "maxfun": ROUNDS + 5},
            )
            points = np.clip(found.x.reshape(shape), 0.0, 1.0)
            with torch.no_grad():
                return points, self(torch.from_numpy(points)).numpy()


def _baseline(response: Response) -> Float[np.ndarray, "k d"]:
    """Points that may be the best: the others never enter the expected improvement."""
    mean, spread = response.at(response.points)
    likely = mean - 3 * spread
    ceiling = (mean + 3 * spread).min()
    order = np.argsort(likely)
    kept = order[: max(1, min(MOST_BASELINE, int((likely <= ceiling).sum())))]
    return response.points[kept]


class _Chance:
    """Log chance of working, with gradients."""

    def __init__(self, fitted: Feasibility) -> None:
        self._lengths = torch.from_numpy(fitted.lengths)
        self._points = torch.from_numpy(fitted.points)
        self._weights = torch.from_numpy(fitted.weights)
        self._half = torch.from_numpy(fitted.half)
        self._amplitude, self._slope = fitted.amplitude, fitted.slope
        self._mean = fitted.mean

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        gaps = (x[:, None, :] - self._points[None]) / self._lengths
        r = SQRT5 * (gaps * gaps).sum(-1).clamp_min(1e-16).sqrt()
        smooth = (1 + r + r * r / 3) * torch.exp(-r)
        away = x - MIDDLE
        plane = self._slope**2 * (away @ (self._points - MIDDLE).T) + LEVEL**2
        cross = self._amplitude**2 * smooth + plane
        latent = cross @ self._weights + self._mean
        own = self._amplitude**2 + LEVEL**2 + self._slope**2 * (away * away).sum(1)
        variance = (own - ((cross @ self._half.T) ** 2).sum(1)).clamp_min(1e-9)
        return torch.nn.functional.logsigmoid(latent / (1 + torch.pi / 8 * variance).sqrt())
