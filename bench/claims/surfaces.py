"""Response surfaces that are known: tables of trials for simulations of error rates.

A surface is a bowl in the unit cube of the scales, with a cliff if asked; trials are scrambled
Halton points, as a study's, and seeds add noise.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from tunebook.domain.design import Objective, Role
from tunebook.domain.space import Branch, Float
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Cause, Status
from tunebook.search.quasirandom import halton_units

Shape = Literal["bowl", "cusp", "cone", "flat", "well", "joint"]


@dataclass(frozen=True)
class Failing:
    """The share of the space whose trials fail, beyond a value or by a combination of two.

    Attributes:
        share: of the space.
        combined: the sum of the second and third hyperparameter is too large; else the second.
        at_chance: the trials end at chance; else they diverge and have no loss.
    """

    share: float
    combined: bool
    at_chance: bool

    def fails(self, units: np.ndarray) -> np.ndarray:
        """Whether trials at places of the unit cube fail."""
        if not self.combined:
            return np.asarray(units[:, 1] > 1 - self.share)
        half = self.share <= 0.5
        most = 2 - np.sqrt(2 * self.share) if half else np.sqrt(2 * (1 - self.share))
        return np.asarray(units[:, 1] + units[:, 2] > most)


def table(
    rng: np.random.Generator,
    trials: int,
    optimum: list[float],
    *,
    strength: list[float] | None = None,
    noise: float = 0.05,
    interaction: float = 0.0,
    ridge: bool = False,
    fails_above: float | None = None,
    skew: bool = False,
    shape: Shape = "bowl",
    noise_share: float | None = None,
    failing: Failing | None = None,
) -> TrialTable:
    """A round with one study: loss = sum strength (u - optimum)^2 + interaction + noise.

    Args:
        optimum: place of the best mean response on each axis, outside [0, 1] where cut off.
        strength: of each axis; 0 where it does not matter. The bowl's size is about 1.
        noise: standard deviation of the seeds' noise.
        interaction: of the first two axes.
        ridge: the first two axes stand for each other, as learning rate and momentum do: all
            that counts is their sum, and more of it than enough changes nothing.
        fails_above: trials beyond this on the first axis are infeasible.
        skew: seeds' noise is lognormal instead of normal.
        shape: of the response around its best. "cusp" is a sum of |u - optimum|, "cone" the
            distance from the optimum, "flat" a bowl of fourth powers, "well" a bowl with its rim
            bent level, "joint" a bowl in which all pairs of axes have an off-diagonal of 0.6.
        noise_share: noise as a share of the response's standard deviation, instead of `noise`.
        failing: which trials diverge or stay at chance.
    """
    d = len(optimum)
    units = halton_units(d, int(rng.integers(2**62)), range(trials))
    away = units - np.asarray(optimum)
    loss = _response(shape, away, np.asarray(strength or [1.0] * d))
    if interaction and d > 1:
        loss = loss + interaction * away[:, 0] * away[:, 1]
    if ridge:
        loss = loss + 3 * np.maximum(1.0 - units[:, 0] - 0.6 * units[:, 1], 0.0) ** 2
    noise = noise if noise_share is None else noise_share * float(loss.std())
    seeds = rng.lognormal(0, 1, trials) - np.exp(0.5) if skew else rng.normal(size=trials)
    chance = float(loss.max())
    loss = loss + noise * seeds
    if failing is not None and failing.at_chance:
        # A net that learns nothing differs little from seed to seed.
        stuck = chance + 0.1 * noise * rng.normal(size=trials)
        return table_of(units, np.where(failing.fails(units), stuck, loss))
    if failing is not None:
        return table_of(units, np.where(failing.fails(units), np.nan, loss))
    failed = np.zeros(trials, dtype=bool) if fails_above is None else units[:, 0] > fails_above
    return table_of(units, np.where(failed, np.nan, loss))


def table_of(units: np.ndarray, losses: np.ndarray) -> TrialTable:
    """One study of so many trials: places in the unit cube, losses that are NaN where infeasible."""
    trials, d = units.shape
    failed = np.isnan(losses)
    names = [f"x{i}" for i in range(d)]
    return TrialTable(
        objective=Objective("loss"),
        name=tuple(f"1.{i}" for i in range(trials)),
        study=("",) * trials,
        config=tuple(dict(zip(names, map(float, u), strict=True)) for u in units),
        seed=tuple(range(trials)),
        status=tuple(Status.INFEASIBLE if f else Status.COMPLETE for f in failed),
        cause=tuple(Cause.DIVERGED if f else None for f in failed),
        seconds=np.ones(trials),
        value=losses,
        branches={"": Branch(axes={n: Float(0.0, 1.0) for n in names})},
        roles=dict.fromkeys(names, Role.NUISANCE),
    )


def _response(shape: Shape, away: np.ndarray, strength: np.ndarray) -> np.ndarray:
    if shape == "cusp":
        return (strength * np.abs(away)).sum(axis=1)
    if shape == "cone":
        return np.sqrt((strength * away**2).sum(axis=1))
    if shape == "flat":
        return (strength * away**4).sum(axis=1)
    bowl = (strength * away**2).sum(axis=1)
    if shape == "well":
        return 1 - np.exp(-4 * bowl)
    if shape == "joint":
        return 0.4 * bowl + 0.6 * (np.sqrt(strength) * away).sum(axis=1) ** 2
    return bowl
