"""What each batch size reaches within as many steps, and within as many examples (F3).

Shallue et al. 2018 (section 4.7): an epoch budget gives a doubled batch half of the steps. That is
enough only where doubling halves the steps that are needed, so such a budget looks only at perfect
scaling; a step budget shows what larger batches gain.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from tunebook.domain.finding import NotApplicable
from tunebook.domain.table import TrialTable
from tunebook.statistics.ranking import FEWEST, told_better

if TYPE_CHECKING:
    from jaxtyping import Float

FEWEST_SIZES = 3


class Kind(StrEnum):
    """What is equal for all batch sizes."""

    STEPS = "steps"
    EXAMPLES = "examples"


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """The trials of one batch size.

    Attributes:
        tuning: each with a learning rate of its own; fresh: one configuration, new seeds.
        covered: steps up to which all trials that count report, see `covered_steps`.
    """

    tuning: Sequence[TrialTable]
    fresh: TrialTable | None
    covered: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What every batch size reaches within one budget.

    Attributes:
        kind: what is budgeted; amount: of it.
        best: of the tuning trials, each size with the rate that is the best at this budget, in the
            objective's units. It is chosen among trials of one seed each, so it is a little lucky,
            at every size alike.
        fresh: of new seeds, at the rate that reached the target first.
        left_out: sizes that were not evaluated within the budget.
        leaders: sizes that no other is significantly better than, by new seeds; empty without.
    """

    kind: Kind
    amount: int
    best: Mapping[int, float]
    fresh: Mapping[int, tuple[float, ...]]
    left_out: tuple[int, ...]
    leaders: tuple[int, ...]


def budgets(
    runs: Mapping[int, Runs], *, sign: int, metric: str
) -> tuple[Budget, Budget] | NotApplicable:
    """The step budget and the example budget, each the largest that all sizes cover.

    Only new seeds compare sizes: Welch's test between all pairs of sizes, Holm's
    step-down, an error rate of 5 % over all statements about one budget (`statistics/ranking.py`).
    It assumes means that are about normal. It holds for these configurations: how lucky the
    tuning of each size was is no part of it.

    Args:
        runs: by batch size. sign: 1 where lower is better. metric: the objective.
    """
    steps = min(r.covered for r in runs.values())
    examples = min(b * r.covered for b, r in runs.items())
    found = (
        _budget(Kind.STEPS, steps, runs, sign, metric),
        _budget(Kind.EXAMPLES, examples, runs, sign, metric),
    )
    fewest = min(len(b.best) for b in found)
    if fewest < FEWEST_SIZES:
        return NotApplicable(
            check="F3",
            reason=f"within {steps:,} steps, or {examples:,} examples, only {fewest} batch sizes "
            "were evaluated",
            needs="trials that go on beyond the target, or smallest sizes that are evaluated more "
            "often",
        )
    return found


def covered_steps(tables: Sequence[TrialTable], metric: str, target: float, most: int) -> int:
    """Steps that all trials of a size report on: training may end where the target is reached.

    Args:
        tables: of one size; most: steps that its trials train.
    """
    least = most
    for table in tables:
        curves, sign = table.curves.get(metric), table.objective.sign
        if curves is None:
            continue
        for i in range(len(table)):
            steps, values = curves.of(i)
            if len(steps) and (sign * values <= sign * target).any():
                least = min(least, int(steps[-1]) + 1)
    return least


def best_within(table: TrialTable, metric: str, steps: float) -> Float[np.ndarray, "trials"]:
    """The best value of each trial within its first steps; NaN where it reported none."""
    found = np.full(len(table), np.nan)
    curves = table.curves.get(metric)
    if curves is None:
        return found
    sign = table.objective.sign
    for i in range(len(table)):
        at, values = curves.of(i)
        values = values[(at + 1 <= steps) & np.isfinite(values)]
        if len(values):
            found[i] = sign * np.min(sign * values)
    return found


def _budget(kind: Kind, amount: int, runs: Mapping[int, Runs], sign: int, metric: str) -> Budget:
    best: dict[int, float] = {}
    fresh: dict[int, tuple[float, ...]] = {}
    for size, own in runs.items():
        steps = amount if kind is Kind.STEPS else amount / size
        tuned = np.concatenate([best_within(t, metric, steps) for t in own.tuning])
        if np.isfinite(tuned).any():
            best[size] = float(sign * np.nanmin(sign * tuned))
            if own.fresh is not None:
                fresh[size] = tuple(best_within(own.fresh, metric, steps).tolist())
    return Budget(
        kind=kind,
        amount=amount,
        best=best,
        fresh=fresh,
        left_out=tuple(b for b in runs if b not in best),
        leaders=_leaders(fresh, sign),
    )


def _leaders(fresh: Mapping[int, tuple[float, ...]], sign: int) -> tuple[int, ...]:
    losses = {b: sign * np.asarray(v) for b, v in fresh.items()}
    known = {b: v for b, v in losses.items() if len(v) >= FEWEST and np.isfinite(v).all()}
    if len(known) < 2:
        return ()
    better = told_better(list(known.values()))
    return tuple(b for i, b in enumerate(known) if not better[:, i].any())
