"""A score that is looked at again and again: how likely it passes which bound, and when (D3).

The score at n reruns is that of a Brownian motion: normal around drift * sqrt(n), variance 1,
independent increments of score * sqrt(n). Integrated look by look on a grid (Armitage, McPherson
and Rowe 1969; Jennison and Turnbull 2000, chapter 19), to about 1e-5.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize, special

if TYPE_CHECKING:
    from jaxtyping import Float

NODES = 121
FAR = 8.0
"""Scores further than this from where they are expected do not happen."""
NEVER = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GoingOn:
    """Those that have passed no bound yet: how likely each sum, score * sqrt(n), is.

    Attributes:
        n: reruns at the last look.
        sums, mass: nodes, and the chance that each stands for.
    """

    n: float
    sums: Float[np.ndarray, "nodes"]
    mass: Float[np.ndarray, "nodes"]

    def above(self, n: float, drift: float, score: float) -> float:
        """Chance of going on until the look at n and of reaching the score there."""
        step = n - self.n
        distance = (score * n**0.5 - self.sums - drift * step) / step**0.5
        return float((self.mass * special.ndtr(-distance)).sum())

    def below(self, n: float, drift: float, score: float) -> float:
        """Chance of going on until the look at n and of being below the score there."""
        step = n - self.n
        distance = (score * n**0.5 - self.sums - drift * step) / step**0.5
        return float((self.mass * special.ndtr(distance)).sum())

    def between(self, n: float, drift: float, low: float, high: float) -> GoingOn:
        """Those that are at the look at n with a score between the two."""
        expected = drift * n**0.5
        low, high = max(low, expected - FAR), min(high, expected + FAR)
        if low >= high:
            return GoingOn(n=n, sums=np.zeros(1), mass=np.zeros(1))
        scores, width = np.linspace(low, high, NODES, retstep=True)
        weights = np.full(NODES, 2.0)
        weights[1::2] = 4.0
        weights[[0, -1]] = 1.0
        sums, step = scores * n**0.5, n - self.n
        away = (sums[:, None] - self.sums[None, :] - drift * step) / step**0.5
        density = np.exp(-0.5 * away**2) @ self.mass / np.sqrt(2 * np.pi * step)
        # Simpson's rule over scores; the density is that of sums.
        return GoingOn(n=n, sums=sums, mass=weights * width / 3 * density * n**0.5)


START = GoingOn(n=0.0, sums=np.zeros(1), mass=np.ones(1))


def adopting_scores(
    looks: Sequence[float], spent: Sequence[float], known: Sequence[float] = ()
) -> tuple[float, ...]:
    """Scores that a walk without drift reaches first at each look with the chances given.

    Args:
        looks: reruns, growing.
        spent: chance of having reached one by each look; of the known ones it is not read.
        known: scores of the first looks, already fixed.

    Returns:
        one for each look; infinite where nothing is spent.
    """
    walk, scores, before = START, list(known), spent[len(known) - 1] if known else 0.0
    for k, n in enumerate(looks):
        if k >= len(known):
            chance, before = spent[k] - before, spent[k]
            scores.append(_score(walk.above, n, 0.0, chance) if chance > NEVER else np.inf)
        walk = walk.between(n, 0.0, -np.inf, scores[k])
    return tuple(float(s) for s in scores)


def dropping_scores(
    looks: Sequence[float], adopt: Sequence[float], lost: Sequence[float], drift: float
) -> tuple[tuple[float, ...], float]:
    """Scores below which a walk of this drift is lost with the chances given.

    Args:
        looks, adopt: as for `adopting_scores`.
        lost: chance of having been lost by each look. What is left at the last look is lost too.

    Returns:
        a score for each look, at most that of `adopt`, and the chance of being adopted.
    """
    walk, scores, power, before = START, [], 0.0, 0.0
    for k, n in enumerate(looks):
        chance, before = lost[k] - before, lost[k]
        last = k == len(looks) - 1
        possible = walk.below(n, drift, min(adopt[k], FAR + drift * n**0.5)) > chance > NEVER
        if last or not possible:
            scores.append(adopt[k] if last or chance > NEVER else -np.inf)
        else:
            scores.append(_score(walk.below, n, drift, chance))
        power += walk.above(n, drift, adopt[k])
        walk = walk.between(n, drift, scores[k], adopt[k])
    return tuple(float(s) for s in scores), power


def adopted(
    looks: Sequence[float], adopt: Sequence[float], drop: Sequence[float], drift: float
) -> float:
    """Chance of reaching `adopt` at some look without having been below `drop` before."""
    walk, chance = START, 0.0
    for n, high, low in zip(looks, adopt, drop, strict=True):
        chance += walk.above(n, drift, high)
        walk = walk.between(n, drift, low, high)
    return chance


def _score(
    chance_of: Callable[[float, float, float], float], n: float, drift: float, chance: float
) -> float:
    middle = drift * n**0.5
    return float(
        optimize.brentq(
            lambda score: chance_of(n, drift, score) - chance,
            middle - FAR,
            middle + FAR,
            xtol=1e-6,
        )
    )
