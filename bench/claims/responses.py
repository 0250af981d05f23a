"""Responses whose indices are known: tables for C10's simulations, and the truth about them.

A response is a function of the unit cube; trials are random points, or scrambled Halton ones, and
seeds add noise. `truth` has the indices of the scores that C10 estimates, by quasi-Monte Carlo.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import stats
from scipy.stats import qmc
from surfaces import table_of

from tunebook.domain.table import TrialTable
from tunebook.search.quasirandom import halton_units

Cube = np.ndarray
REFERENCE = 2**20
POINTS = 2**16


@dataclass(frozen=True)
class Response:
    """What a surface is and what is true of it.

    Attributes:
        axes: of the cube.
        mean: of the loss at points of the cube.
        noise: of the seeds: its size, and "normal", "heavy" (Student's t with 2 degrees of
            freedom), "skewed" (lognormal) or "uneven" (normal, ten times as large where the mean
            is bad).
        fails: where trials are infeasible.
        fail_share: of the trials that are infeasible whatever they try.
        matters: places of the axes that do.
        together: pairs that interact: the best of one depends on the other.
        random: trials are random points instead of Halton's.
        clustered: coordinates are random, three fifths of them near 0.6, as an adaptive search
            leaves them.
    """

    axes: int
    mean: Callable[[Cube], np.ndarray]
    noise: float = 0.05
    kind: str = "normal"
    fails: Callable[[Cube], np.ndarray] | None = None
    fail_share: float = 0.0
    matters: tuple[int, ...] = ()
    together: tuple[tuple[int, int], ...] = ()
    random: bool = False
    clustered: bool = False


GRID = np.linspace(0, 1, 2001)
CLUSTERED = 0.4 * GRID + 0.6 * stats.truncnorm.cdf(GRID, -4.6, 3.4, loc=0.575, scale=0.125)
"""Distribution of a clustered coordinate."""


def placed(response: Response, units: Cube) -> Cube:
    """Uniform points where the response's trials are."""
    return np.interp(units, CLUSTERED, GRID) if response.clustered else units


def losses(response: Response, units: Cube, rng: np.random.Generator) -> np.ndarray:
    """Losses of trials at points; NaN where infeasible."""
    mean, n = response.mean(units), len(units)
    if response.kind == "heavy":
        seeds = rng.standard_t(2, n)
    elif response.kind == "skewed":
        seeds = rng.lognormal(0, 1, n) - np.exp(0.5)
    else:
        seeds = rng.normal(size=n)
    if response.kind == "uneven":
        seeds = seeds * np.where(mean > 0.15, 5.0, 0.5)
    found = mean + response.noise * seeds
    if response.fails is not None:
        found = np.where(response.fails(units), np.nan, found)
    if response.fail_share:
        found = np.where(rng.random(n) < response.fail_share, np.nan, found)
    return np.asarray(found)


def study(response: Response, trials: int, rng: np.random.Generator) -> TrialTable:
    """One round of that response."""
    if response.random or response.clustered:
        units = placed(response, rng.random((trials, response.axes)))
    else:
        units = halton_units(response.axes, int(rng.integers(2**62)), range(trials))
    return table_of(units, losses(response, units, rng))


@dataclass(frozen=True)
class Truth:
    """Shares of the scores' variance: by axis alone, with its pairs and all else, by pair."""

    first: tuple[float, ...]
    total: tuple[float, ...]
    pairs: dict[tuple[int, int], float]


@cache
def truth(response: Response) -> Truth:
    """The indices in the limit of many random trials (Saltelli's scheme; good to about 0.003)."""
    d, rng = response.axes, np.random.default_rng(0)
    units = placed(response, qmc.Sobol(2 * d, rng=1).random(POINTS))
    own, other = units[:, :d], units[:, d:]
    drawn = losses(response, placed(response, rng.random((REFERENCE, d))), rng)
    worst = np.sort(np.where(np.isnan(drawn), np.inf, drawn))
    low, high = (np.searchsorted(worst, worst, side) for side in ("left", "right"))
    ranked = stats.norm.ppf((low + high) / 2 / REFERENCE)
    middle, spread = float(ranked.mean()), float(ranked.std())

    def scores(points: Cube) -> np.ndarray:
        found = losses(response, points, rng)
        found = np.where(np.isnan(found), np.inf, found)
        place = (
            np.searchsorted(worst, found, "left") + np.searchsorted(worst, found, "right")
        ) / 2
        return np.asarray(
            (stats.norm.ppf(np.clip(place, 0.5, REFERENCE - 0.5) / REFERENCE) - middle) / spread
        )

    base = scores(own)

    def shared(axes: list[int]) -> float:
        points = other.copy()
        points[:, axes] = own[:, axes]
        return float(np.mean(base * scores(points)))

    first = [shared([j]) for j in range(d)]
    everything = shared(list(range(d)))
    total = [everything - shared([i for i in range(d) if i != j]) for j in range(d)]
    pairs = {
        (j, k): shared([j, k]) - first[j] - first[k] for j in range(d) for k in range(j + 1, d)
    }
    return Truth(tuple(first), tuple(total), pairs)


def bowl(
    optimum: list[float], strength: list[float] | None = None, interaction: float = 0.0
) -> Callable[[Cube], np.ndarray]:
    """A bowl over the first axes, with an interaction of the first two."""

    def mean(units: Cube) -> np.ndarray:
        away = units[:, : len(optimum)] - np.asarray(optimum)
        found = (np.asarray(strength or [1.0] * len(optimum)) * away**2).sum(axis=1)
        if interaction:
            found = found + interaction * away[:, 0] * away[:, 1]
        return np.asarray(found)

    return mean
