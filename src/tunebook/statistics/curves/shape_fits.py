"""A level and a height times a shape, by least squares for every shape of a grid (C6 E5).

Gains beyond the data come with the profile-likelihood interval: all gains that some shape allows
within the room that its error has to spare. The caller states the limit, and what it assumes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from jaxtyping import Float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ShapeFit:
    """The fit of each shape.

    Attributes:
        shapes: centered; `width`: their squares, over all series.
        height: of each shape, `least_height` or more.
        error: squares that it leaves.
    """

    shapes: Float[np.ndarray, "shapes points"]
    width: Float[np.ndarray, "shapes"]
    height: Float[np.ndarray, "shapes"]
    error: Float[np.ndarray, "shapes"]
    least_height: float

    @property
    def best(self) -> int:
        """The shape that fits best."""
        return int(np.argmin(self.error))

    def gains(
        self, beyond: Float[np.ndarray, "shapes"], room: Float[np.ndarray, "shapes"]
    ) -> tuple[float, float]:
        """The least and the greatest gain that some shape allows.

        Args:
            beyond: by how much each shape falls further.
            room: what its error has to spare; none of its gains counts where that is negative.
        """
        fits = room >= 0
        reach = np.sqrt(np.where(fits, room, 0.0) / self.width)
        low = np.maximum(self.height - reach, self.least_height) * beyond
        return float(low[fits].min()), float(((self.height + reach) * beyond)[fits].max())


def fit_shapes(
    values: Float[np.ndarray, "series points"],
    shapes: Float[np.ndarray, "shapes points"],
    *,
    least_height: float = -math.inf,
) -> ShapeFit:
    """Fit every shape to series that have levels of their own and one height.

    Args:
        values: each series with its mean taken out.
        shapes: at the same points.
        least_height: below which no height is.
    """
    shapes = shapes - shapes.mean(axis=1, keepdims=True)
    width = len(values) * (shapes**2).sum(axis=1)
    height = np.maximum(shapes @ values.sum(axis=0) / width, least_height)
    left = values - height[:, None, None] * shapes[:, None, :]
    return ShapeFit(
        shapes=shapes, width=width, height=height, error=(left**2).sum(axis=(1, 2)),
        least_height=least_height,
    )  # fmt: skip
