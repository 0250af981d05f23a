"""A warp of losses that makes a skewed response even (Yeo and Johnson 2000) (B7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from jaxtyping import Float


def warped(
    z: Float[np.ndarray, "n"], warp: float
) -> tuple[Float[np.ndarray, "n"], Float[np.ndarray, "n"]]:
    """Yeo-Johnson of `z`, and its derivative by the warp; 1 changes nothing."""
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
