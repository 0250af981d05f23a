"""Response surfaces for C9, what a study on them selects on average, and estimates from studies.

A family is a mean response over the unit cube, where it fails, and its seed noise. `truth` is the
mean response of what a study selects, over 200 scrambled, shifted Halton designs with 500 draws of
seeds each.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy.stats import qmc

from tunebook.domain.design import Objective, Role
from tunebook.domain.space import Branch, Float
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Cause, Status
from tunebook.search.quasirandom import halton_units
from tunebook.statistics.scientific_values import Group, groups_of


@dataclass(frozen=True)
class Family:
    """One kind of scientific value."""

    axes: int
    response: Callable[[np.ndarray], np.ndarray]
    noise: float = 0.05
    law: str = "normal"
    fails_above: float = 2.0
    fails: float = 0.0

    def seeds(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        if self.law == "skewed":
            return self.noise * (rng.lognormal(0, 1, shape) - np.exp(0.5))
        if self.law == "heavy":
            return self.noise * rng.standard_t(3, shape) / np.sqrt(3)
        return self.noise * rng.normal(size=shape)

    def feasible(self, rng: np.random.Generator, units: np.ndarray) -> np.ndarray:
        inside = units[..., 0] <= self.fails_above
        return inside & (rng.random(inside.shape) >= self.fails) if self.fails else inside

    def losses(self, rng: np.random.Generator, trials: int) -> tuple[np.ndarray, np.ndarray]:
        """Places of a study's trials, and their losses, infinite where infeasible."""
        units = halton_units(self.axes, int(rng.integers(2**62)), range(trials))
        seen = self.response(units) + self.seeds(rng, (trials,))
        return units, np.where(self.feasible(rng, units), seen, np.inf)


def bowl(width: float = 1.0, product: float = 0.0) -> Callable[[np.ndarray], np.ndarray]:
    """A quadratic about the middle; `width` of it, and a product of the first two axes."""

    def response(u: np.ndarray) -> np.ndarray:
        away = u - 0.5
        both = away[..., 0] * away[..., -1] if product else 0.0
        return (away**2).sum(-1) / width**2 + product * both

    return response


def cusp(width: float = 1.0) -> Callable[[np.ndarray], np.ndarray]:
    """A distance from the middle, sharp at the best."""
    return lambda u: np.abs(u - 0.5).sum(-1) / np.sqrt(2 * u.shape[-1]) / width


def valley(width: float) -> Callable[[np.ndarray], np.ndarray]:
    """A plateau with a hole in the middle."""
    return lambda u: 1 - np.exp(-((u - 0.5) ** 2).sum(-1) / (2 * width**2))


def cliff(u: np.ndarray) -> np.ndarray:
    """A bowl that ends in a high slope."""
    return np.where(u[..., 0] > 0.7, 1 + 5 * (u[..., 0] - 0.7), bowl()(u))


FAMILIES = {
    "bowl, 1 axis": Family(1, bowl()),
    "bowl, 2 axes": Family(2, bowl()),
    "bowl, 4 axes": Family(4, bowl()),
    "bowl, 5 axes": Family(5, bowl()),
    "bowl, 2 axes, twice as wide": Family(2, bowl(2.0)),
    "bowl, 2 axes, noise 0.1": Family(2, bowl(), 0.1),
    "bowl, 2 axes, noise 0.3": Family(2, bowl(), 0.3),
    "bowl, 2 axes, no noise": Family(2, bowl(), 0.0),
    "bowl, 2 axes, 40 % fail anywhere": Family(2, bowl(), fails=0.4),
    "bowl, 2 axes, 40 % fail beyond 0.6": Family(2, bowl(), fails_above=0.6),
    "bowl, 2 axes, 70 % fail beyond 0.3": Family(2, bowl(), fails_above=0.3),
    "bowl, 4 axes, product": Family(4, bowl(product=1.2)),
    "bowl, 2 axes, skewed noise": Family(2, bowl(), law="skewed"),
    "bowl, 2 axes, heavy-tailed noise": Family(2, bowl(), law="heavy"),
    "cusp, 2 axes": Family(2, cusp()),
    "cusp, 5 axes": Family(5, cusp()),
    "cusp, 2 axes, twice as wide": Family(2, cusp(2.0)),
    "cusp, 2 axes, noise 0.1": Family(2, cusp(), 0.1),
    "valley, 2 axes": Family(2, valley(0.15)),
    "valley, 4 axes": Family(4, valley(0.15)),
    "bowl and cliff, 2 axes": Family(2, cliff),
}
ASSUMED = tuple(n for n in FAMILIES if n.startswith("bowl,") and "noise 0.0" not in n)[:12]
"""Families in which everything holds that the interval of a best assumes."""
NAMES = ("x0", "x1", "x2", "x3", "x4")


@cache
def truth(name: str, trials: int) -> float:
    """Mean response of what a study selects, over studies and seeds."""
    family, rng = FAMILIES[name], np.random.default_rng(99)
    designs, seeds = 200, 500
    means = []
    for _ in range(designs):
        units = (
            qmc.Halton(family.axes, scramble=True, seed=rng).random(trials)
            + rng.random(family.axes)
        ) % 1
        mean = family.response(units)
        places = np.broadcast_to(units, (seeds, *units.shape))
        seen = np.where(
            family.feasible(rng, places), mean + family.seeds(rng, (seeds, trials)), np.inf
        )
        chosen = seen.argmin(axis=1)
        there = np.isfinite(seen[np.arange(seeds), chosen])
        if there.any():
            means.append(mean[chosen[there]].mean())
    return float(np.mean(means))


def study(name: str, rng: np.random.Generator, trials: int) -> Group:
    """A study of the family, as C9 reads it."""
    family = FAMILIES[name]
    units, losses = family.losses(rng, trials)
    failed = ~np.isfinite(losses)
    varied = NAMES[: family.axes]
    table = TrialTable(
        objective=Objective("loss"),
        name=tuple(f"1.{i}" for i in range(trials)),
        study=("",) * trials,
        config=tuple(
            {"side": name, **dict(zip(varied, map(float, u), strict=True))} for u in units
        ),
        seed=tuple(range(trials)),
        status=tuple(Status.INFEASIBLE if f else Status.COMPLETE for f in failed),
        cause=tuple(Cause.DIVERGED if f else None for f in failed),
        seconds=np.ones(trials),
        value=np.where(failed, np.nan, losses),
        branches={
            "": Branch(conditions={"side": name}, axes={n: Float(0.0, 1.0) for n in varied})
        },
        roles={"side": Role.SCIENTIFIC, **dict.fromkeys(varied, Role.NUISANCE)},
    )
    return groups_of(table, "side")[0]
