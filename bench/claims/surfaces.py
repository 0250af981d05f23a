"""Response surfaces that are known: tables of trials for simulations of error rates.

A surface is a bowl in the unit cube of the scales, with a cliff if asked; trials are scrambled
Halton points, as a study's, and seeds add noise.
"""

from __future__ import annotations

import numpy as np

from tunebook.search.quasirandom import halton_units
from tunebook.words.design import Objective, Role
from tunebook.words.space import Branch, Float
from tunebook.words.table import TrialTable
from tunebook.words.trial import Cause, Status


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
    """
    d = len(optimum)
    units = halton_units(d, int(rng.integers(2**62)), range(trials))
    away = units - np.asarray(optimum)
    loss = (np.asarray(strength or [1.0] * d) * away**2).sum(axis=1)
    if interaction and d > 1:
        loss = loss + interaction * away[:, 0] * away[:, 1]
    if ridge:
        loss = loss + 3 * np.maximum(1.0 - units[:, 0] - 0.6 * units[:, 1], 0.0) ** 2
    seeds = rng.lognormal(0, 1, trials) - np.exp(0.5) if skew else rng.normal(size=trials)
    loss = loss + noise * seeds
    failed = np.zeros(trials, dtype=bool) if fails_above is None else units[:, 0] > fails_above
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
        value=np.where(failed, np.nan, loss),
        branches={"": Branch(axes={n: Float(0.0, 1.0) for n in names})},
        roles=dict.fromkeys(names, Role.NUISANCE),
    )
