"""Points that stand for a search space, evenly (C9)."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from tunebook.search.quasirandom import primes

if TYPE_CHECKING:
    from jaxtyping import Float

POINTS, MOST_POINTS, COPIES = 512, 2048, 4
"""Points that stand for the space, by the trials of a study, and draws of noise at each."""


def points_for(trials: float) -> int:
    """So many that the best of `trials` trials lies among several of them."""
    return POINTS if trials <= POINTS // 8 else int(min(8 * trials, MOST_POINTS))


def halton(dimensions: int, count: int) -> Float[np.ndarray, "points axes"]:
    """The first points of Halton's sequence: digits of 0, 1, 2 ... mirrored, one prime an axis."""
    points = np.zeros((count, dimensions))
    for column, base in zip(points.T, primes(dimensions), strict=True):
        rest, unit = np.arange(count), 1 / base
        while rest.any():
            column += rest % base * unit
            rest, unit = rest // base, unit / base
    return points


@lru_cache(maxsize=64)
def even_points(
    levels: tuple[int, ...], count: int = POINTS
) -> tuple[
    Float[np.ndarray, "points axes"],
    Float[np.ndarray, "points copies"],
    Float[np.ndarray, "points copies"],
]:
    """Places in the unit cube, chances of noise at each, and the normal deviates of these.

    Args:
        levels: one a hyperparameter: the number of values of a choice, 0 for a number.
        count: of the points.
    """
    rng = np.random.default_rng(7)
    cube = (halton(len(levels), count) + rng.random(len(levels))) % 1
    for column, values in enumerate(levels):
        if values:
            level = np.minimum((cube[:, column] * values).astype(int), values - 1)
            cube[:, column] = (level + 0.5) / values
    chances = (rng.permutation(count * COPIES) + 0.5) / (count * COPIES)
    chances = chances.reshape(count, COPIES)
    return cube, chances, np.asarray(special.ndtri(chances))
