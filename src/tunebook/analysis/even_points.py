"""Points that stand for a search space, evenly (C9)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats
from scipy.stats import qmc

if TYPE_CHECKING:
    from jaxtyping import Float

POINTS, COPIES = 512, 4
"""Points that stand for the space, and draws of noise at each."""


@lru_cache(maxsize=64)
def even_points(
    levels: tuple[int, ...],
) -> tuple[
    Float[np.ndarray, "points axes"],
    Float[np.ndarray, "points copies"],
    Float[np.ndarray, "points copies"],
]:
    """Places in the unit cube, chances of noise at each, and the normal deviates of these.

    Args:
        levels: one a hyperparameter: the number of values of a choice, 0 for a number.
    """
    rng = np.random.default_rng(7)
    # Shifted, not scrambled, so that every SciPy gives the same points.
    cube = (qmc.Halton(len(levels), scramble=False).random(POINTS) + rng.random(len(levels))) % 1
    for column, count in enumerate(levels):
        if count:
            level = np.minimum((cube[:, column] * count).astype(int), count - 1)
            cube[:, column] = (level + 0.5) / count
    chances = (rng.permutation(POINTS * COPIES) + 0.5) / (POINTS * COPIES)
    chances = chances.reshape(POINTS, COPIES)
    return cube, chances, np.asarray(stats.norm.ppf(chances))
