"""A fitted response as a model of BoTorch that answers one kind of question fast (B7).

Noisy expected improvement asks for joint draws of the process at the same few points, those that
may be the best, and at a new one. One Cholesky factor over trials and those points serves every
new point: a draw is then one product, where BoTorch's own Gaussian process builds the covariance
of all of them anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from botorch.models.model import Model
from botorch.posteriors.posterior import Posterior
from scipy.linalg import lapack

from tunebook.search.bayes_kernel import SQRT5, factored, matern
from tunebook.search.bayes_response import Response

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jaxtyping import Float

    Settled = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]

ROUNDING = 1e-8
"""Variance at points that may be the best, so that one which is a trial's own has a factor."""


ONE = torch.Size()
"""The shape of a single draw."""


class Process(Model):
    """Members of a process at fixed points and at one new point, higher is better.

    Args:
        members: responses to the same trials under other lengths and noises; their targets are
            lower-is-better.
        anchors: the fixed points.
    """

    def __init__(self, members: Sequence[Response], anchors: Float[np.ndarray, "k d"]) -> None:
        super().__init__()
        built = [_settled(response, anchors) for response in members]
        self._lengths = torch.from_numpy(np.stack([r.lengths for r in members]))[:, None, :]
        scaled, inverse, anchored, white = (
            torch.from_numpy(np.stack(each)) for each in zip(*built, strict=True)
        )
        self._scaled, self._inverse = scaled.mT, inverse.mT
        self._square = (scaled * scaled).sum(2)[:, None, :]
        self._anchored, self._white = anchored, white

    @property
    def num_outputs(self) -> int:
        return 1

    def posterior(self, X: torch.Tensor, *_: Any, **__: Any) -> JointDraws:
        """Of anchors and a new point: of `X` (m b x (k + 1) x d) the last of each row is read.

        The first b rows ask the first of m members, the next b the second.
        """
        count, d = len(self._lengths), self._lengths.shape[2]
        new = X[:, -1].reshape(count, -1, d) / self._lengths
        squares = (new * new).sum(2, keepdim=True) + self._square - 2 * new @ self._scaled
        r = SQRT5 * squares.clamp_min(1e-16).sqrt()
        cross = (1 + r + r * r / 3) * torch.exp(-r)
        return JointDraws(cross @ self._inverse, self._anchored, self._white)


def _settled(response: Response, anchors: Float[np.ndarray, "k d"]) -> Settled:
    """Trials and anchors over lengths; the inverse of their Cholesky factor, whose rows make a
    new point's covariances independent; the anchors' rows of the factor; targets made so."""
    scaled = np.concatenate([response.points, anchors]) / response.lengths
    n = len(response.points)
    noise = np.r_[np.full(n, response.noise), np.full(len(anchors), ROUNDING)]
    factor = factored(matern(scaled, scaled), noise)
    inverse, _ = lapack.dtrtri(factor, lower=1)
    return scaled, np.asarray(inverse), factor[n:], inverse[:n, :n] @ -response.targets


class JointDraws(Posterior):
    """Draws at anchors and at one new point a row, from independent standard normal ones."""

    def __init__(self, half: torch.Tensor, anchored: torch.Tensor, white: torch.Tensor) -> None:
        self._half, self._anchored, self._white = half, anchored, white
        self._spread = (1 - (half * half).sum(2)).clamp_min(1e-12).sqrt()

    def rsample_from_base_samples(
        self, sample_shape: torch.Size, base_samples: torch.Tensor
    ) -> torch.Tensor:
        assert sample_shape == base_samples.shape[:1]
        # Every row of a batch has the same base samples, as BoTorch's samplers give them.
        normal = base_samples[:, 0, :, 0]
        draws, (members, rows, _) = len(normal), self._half.shape
        source = torch.cat(
            [
                self._white[:, None, :].expand(-1, draws, -1),
                normal[None, :, :-1].expand(members, -1, -1),
            ],
            2,
        )
        anchors = (source @ self._anchored.mT)[:, :, None, :].expand(-1, -1, rows, -1)
        new = source @ self._half.mT + self._spread[:, None, :] * normal[:, -1:]
        joint = torch.cat([anchors, new[..., None]], 3)  # members x draws x rows x (k + 1)
        return joint.transpose(0, 1).flatten(1, 2)[..., None]

    def rsample(self, sample_shape: torch.Size | None = None) -> torch.Tensor:
        shape = sample_shape or torch.Size([1])
        normal = torch.randn(*shape, *self.base_sample_shape, dtype=self.dtype)
        return self.rsample_from_base_samples(shape, normal[:, :1].expand_as(normal))

    def _extended_shape(self, sample_shape: torch.Size = ONE) -> torch.Size:
        return sample_shape + self.base_sample_shape

    @property
    def base_sample_shape(self) -> torch.Size:
        return torch.Size(
            [self._half.shape[0] * self._half.shape[1], self._anchored.shape[1] + 1, 1]
        )

    @property
    def batch_range(self) -> tuple[int, int]:
        return (0, -2)

    @property
    def device(self) -> torch.device:
        return self._half.device

    @property
    def dtype(self) -> torch.dtype:
        return self._half.dtype
