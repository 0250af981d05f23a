"""The Matern 5/2 kernel, and its Cholesky factor (B7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.linalg import lapack

if TYPE_CHECKING:
    from jaxtyping import Float

SQRT5 = 5.0**0.5


def matern(a: Float[np.ndarray, "n d"], b: Float[np.ndarray, "m d"]) -> Float[np.ndarray, "n m"]:
    """Matern 5/2 correlation between points whose coordinates are divided by their lengths."""
    r = SQRT5 * np.sqrt(squares(a, b))
    return np.asarray((1 + r + r * r / 3) * np.exp(-r))


def squares(a: Float[np.ndarray, "n d"], b: Float[np.ndarray, "m d"]) -> Float[np.ndarray, "n m"]:
    """Squared distances between points."""
    found = (a * a).sum(1)[:, None] + (b * b).sum(1)[None, :] - 2 * a @ b.T
    return np.asarray(np.maximum(found, 0.0))


def factored(
    kernel: Float[np.ndarray, "n n"], noise: float | Float[np.ndarray, "n"]
) -> Float[np.ndarray, "n n"]:
    """Cholesky factor of the kernel with noise; with a little more where rounding asks for it."""
    diagonal = np.diag_indices_from(kernel)
    for jitter in (0.0, 1e-6, 1e-4, 1e-2):
        kernel[diagonal] = 1 + noise + jitter
        factor, info = lapack.dpotrf(kernel, lower=1, clean=1)
        if not info:
            break
    return np.asarray(factor)
