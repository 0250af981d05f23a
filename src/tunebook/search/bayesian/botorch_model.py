"""A fitted response as a model of BoTorch that answers one kind of question fast (B7).

Noisy expected improvement asks for joint draws of the process at the same few points, those that
may be the best, and at a new one. One Cholesky factor over trials and those points serves every
new point: a draw is then one product, where BoTorch's own Gaussian process builds the covariance
of all of them anew. Needs `tunebook[bayes]`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from botorch.models.model import Model
from botorch.posteriors.posterior import Posterior
from scipy.linalg import lapack

from tunebook.search.bayesian.kernel import SQRT5, factored, matern
from tunebook.search.bayesian.response import Response

if TYPE_CHECKING:
    from jaxtyping import Float

ROUNDING = 1e-8
"""Variance at points that may be the best, so that one which is a trial's own has a factor."""


ONE = torch.Size()
"""The shape of a single draw."""


class Process(Model):
    """The process at fixed points and at one new point, higher is better.

    Args:
        response: the fitted one; its targets are lower-is-better.
        anchors: the fixed points.
    """

    def __init__(self, response: Response, anchors: Float[np.ndarray, "k d"]) -> None:
        super().__init__()
        scaled = np.concatenate([response.points, anchors]) / response.lengths
        n = len(response.points)
        noise = np.r_[np.full(n, response.noise), np.full(len(anchors), ROUNDING)]
        factor = factored(matern(scaled, scaled), noise)
        inverse, _ = lapack.dtrtri(factor, lower=1)
        white = inverse[:n, :n] @ -response.targets
        self._lengths = torch.from_numpy(response.lengths)
        self._scaled = torch.from_numpy(scaled)
        self._square = (self._scaled**2).sum(1)
        self._inverse = torch.from_numpy(np.ascontiguousarray(inverse.T))
        self._white = torch.from_numpy(white)
        self._anchored = torch.from_numpy(factor[n:])

    @property
    def num_outputs(self) -> int:
        return 1

    def posterior(self, X: torch.Tensor, *_: Any, **__: Any) -> JointDraws:
        """Of anchors and a new point: of `X` (b x (k + 1) x d) the last of each row is read."""
        new = X[:, -1] / self._lengths
        squares = (new * new).sum(1, keepdim=True) + self._square - 2 * new @ self._scaled.T
        r = SQRT5 * squares.clamp_min(1e-16).sqrt()
        cross = (1 + r + r * r / 3) * torch.exp(-r)
        return JointDraws(cross @ self._inverse, self._anchored, self._white)


class JointDraws(Posterior):
    """Draws at anchors and at one new point a row, from independent standard normal ones."""

    def __init__(self, half: torch.Tensor, anchored: torch.Tensor, white: torch.Tensor) -> None:
        self._half, self._anchored, self._white = half, anchored, white
        self._spread = (1 - (half * half).sum(1)).clamp_min(1e-12).sqrt()

    def rsample_from_base_samples(
        self, sample_shape: torch.Size, base_samples: torch.Tensor
    ) -> torch.Tensor:
        assert sample_shape == base_samples.shape[:1]
        # Every row of a batch has the same base samples, as BoTorch's samplers give them.
        normal = base_samples[:, 0, :, 0]
        draws, rows = len(normal), len(self._half)
        source = torch.cat([self._white.expand(draws, -1), normal[:, :-1]], 1)
        anchors = (source @ self._anchored.T)[:, None, :].expand(draws, rows, -1)
        new = source @ self._half.T + self._spread * normal[:, -1:]
        return torch.cat([anchors, new[:, :, None]], 2)[..., None]

    def rsample(self, sample_shape: torch.Size | None = None) -> torch.Tensor:
        shape = sample_shape or torch.Size([1])
        normal = torch.randn(*shape, *self.base_sample_shape, dtype=self.dtype)
        return self.rsample_from_base_samples(shape, normal[:, :1].expand_as(normal))

    def _extended_shape(self, sample_shape: torch.Size = ONE) -> torch.Size:
        return sample_shape + self.base_sample_shape

    @property
    def base_sample_shape(self) -> torch.Size:
        return torch.Size([len(self._half), len(self._anchored) + 1, 1])

    @property
    def batch_range(self) -> tuple[int, int]:
        return (0, -2)

    @property
    def device(self) -> torch.device:
        return self._half.device

    @property
    def dtype(self) -> torch.dtype:
        return self._half.dtype
