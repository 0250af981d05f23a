"""Whole studies in which nothing is to be found: two scientific values that do not differ, a space
that holds its best well inside, and curves that level off without overfitting.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from curve_shapes import STEPS, Shape, values_of
from surfaces import table

from tunebook.domain.design import Objective, Role
from tunebook.domain.space import Branch
from tunebook.domain.table import Curves, TrialTable
from tunebook.domain.trial import Cause, Status

POINTS = 30
VALUES = ("a", "b")
IN_5 = [0.15, 0.85, 0.5, 0.3, 0.7]
LEVEL, FITTING = Shape(pace=30, noise=0.0005), Shape(pace=12, noise=0.0005)
CUT_IN_STEPS = Shape(pace=30, noise=0.0005, jump=0.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """Studies of one kind, and what is true of them.

    Attributes:
        optimum: where the best mean response lies on each axis.
        surface: more that `surfaces.table` takes.
        valid: shape of the validation curve.
        by_lot: share of the trials that diverge, wherever they lie.
    """

    optimum: list[float]
    surface: dict[str, Any] = field(default_factory=dict)
    valid: Shape = LEVEL
    by_lot: float = 0.0

    @property
    def shares(self) -> dict[str, float]:
        """Of the variance of the mean response over the space, by axis; no two interact."""
        u = np.linspace(0, 1, 1001)
        power = 1.0 if self.surface.get("shape") == "cusp" else 2.0
        strength = self.surface.get("strength") or [1.0] * len(self.optimum)
        parts = [
            s**2 * np.var(np.abs(u - o) ** power)
            for s, o in zip(strength, self.optimum, strict=True)
        ]
        return {f"x{i}": float(part / sum(parts)) for i, part in enumerate(parts)}


FAMILIES: dict[str, Family] = {
    "bowl, 2 axes, best at 0.15 and 0.85": Family(optimum=IN_5[:2]),
    "bowl, 2 axes, best in the middle": Family(optimum=[0.5, 0.5]),
    "bowl, 5 axes": Family(optimum=IN_5),
    "bowl, 5 axes, 3 of them irrelevant": Family(
        optimum=IN_5, surface={"strength": [1.0, 1.0, 0.0, 0.0, 0.0]}
    ),
    "cusp, 3 axes": Family(optimum=IN_5[:3], surface={"shape": "cusp"}),
    "heavy-tailed seed noise, 3 axes": Family(
        optimum=IN_5[:3], surface={"skew": True, "noise_share": 0.3}
    ),
    "a fifth fails by lot, 3 axes": Family(optimum=IN_5[:3], by_lot=0.2),
    "first axis fails above 0.85, best at 0.5": Family(
        optimum=[0.5, 0.3], surface={"fails_above": 0.85}
    ),
    "learning rate cut in steps, 3 axes": Family(optimum=IN_5[:3], valid=CUT_IN_STEPS),
}


def study(rng: np.random.Generator, trials: int, family: Family) -> TrialTable:
    """A round of so many trials: half of each scientific value, in turn, of the same response."""
    surface = {"noise_share": 0.1} | family.surface
    halves = [table(rng, trials // 2, family.optimum, **surface) for _ in VALUES]
    turn = [(which, i) for i in range(trials // 2) for which in range(2)]
    names = tuple(f"arch={VALUES[which]}" for which, _ in turn)
    failed = np.array([halves[w].status[i] is Status.INFEASIBLE for w, i in turn])
    failed |= rng.random(len(turn)) < family.by_lot
    level = np.array([_loss(halves[w], i) for w, i in turn])
    curves = _curves(rng, level, failed, family)
    best = [float(np.min(curves["valid/error"].of(i)[1])) for i in range(len(turn))]
    axes = halves[0].branches[""].axes
    return TrialTable(
        objective=Objective("valid/error"),
        name=tuple(f"1.{i}" for i in range(len(turn))),
        study=names,
        config=tuple({"arch": VALUES[w], **halves[w].config[i]} for w, i in turn),
        seed=tuple(range(len(turn))),
        status=tuple(Status.INFEASIBLE if f else Status.COMPLETE for f in failed),
        cause=tuple(Cause.DIVERGED if f else None for f in failed),
        seconds=np.ones(len(turn)),
        value=np.where(failed, np.nan, best),
        curves=curves,
        branches={f"arch={v}": Branch(conditions={"arch": v}, axes=axes) for v in VALUES},
        roles={"arch": Role.SCIENTIFIC, **dict.fromkeys(axes, Role.NUISANCE)},
        max_train_steps=STEPS,
        training_objective="train/loss",
    )


def _loss(half: TrialTable, i: int) -> float:
    """Of a trial; what fails began like the worst."""
    loss = half.losses[i]
    return float(loss if np.isfinite(loss) else np.nanmax(half.losses))


def _curves(
    rng: np.random.Generator, level: np.ndarray, failed: np.ndarray, family: Family
) -> dict[str, Curves]:
    """Evaluations at random steps, other ones in each trial; what fails ends early."""
    n = len(level)
    steps = [np.sort(rng.choice(STEPS, POINTS, replace=False)) for _ in range(n)]
    ends = np.where(failed, rng.uniform(0.1, 0.6, n), 1.0)
    counts = np.maximum(2, (ends * POINTS).astype(int))
    return {
        metric: Curves.pack([(steps[i][:c], level[i] + own[i, :c]) for i, c in enumerate(counts)])
        for metric, shape in (("valid/error", family.valid), ("train/loss", FITTING))
        for own in (values_of(rng, shape, n, POINTS, spread=0.0),)
    }
