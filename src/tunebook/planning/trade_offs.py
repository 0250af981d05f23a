"""What one change of a plan would buy, best trade first (B5).

Three changes, each planned anew with the simulation's own seed: twice the trials; one scientific
value fewer, the one that did worst in the last round; one nuisance hyperparameter fewer, the one
that matters least there (C10), fixed where C10 would or at the best trial's value. Where there is
no last round, the change is said of the last one listed, and which one is a person's to choose.

A trade's worth is what it divides the smallest difference by, beyond what its cost would buy:
differences shrink about as the square root of the trials, so twice the cost is worth a factor of
1.4. A change that costs nothing and lets the same trials tell more comes first.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from tunebook.planning.changes import Kind, single_changes
from tunebook.planning.cost import TriedTimes
from tunebook.planning.forecast import Measured, PlannedRound, Reruns, plan_ahead

VERY_LARGE = 1e6
"""Worth of a change with which a plan that told nothing tells something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """One change of the plan.

    Attributes:
        kind: of the change.
        change: what is changed, `128 trials`, `without optimizer=sgd`, `momentum fixed at 0.9`.
        known: True where the last round says which value or hyperparameter goes.
        ahead: what the changed plan would cost and tell.
        trials: the changed plan's over the plan's.
        worth: what the difference is divided by beyond what the trials would buy; very large
            where the plan tells nothing and the changed one does.
    """

    kind: Kind
    change: str
    known: bool
    ahead: PlannedRound
    trials: float
    worth: float


def trades(
    now: PlannedRound,
    measured: Measured | None,
    *,
    reruns: Reruns | None = None,
    tried: Mapping[str, TriedTimes] | None = None,
    workers: int = 1,
    seed: int = 0,
) -> tuple[Trade, ...]:
    """What one change of a planned round would buy, best first.

    Args:
        now: the plan, worked out with the same arguments.
        measured, reruns, tried, workers, seed: as for `plan_ahead`.

    Returns:
        The changes with which something is told apart; none where nothing is compared.
    """
    plan = now.plan
    if not plan.scientific:
        return ()
    table = measured.table if measured else None
    found = []
    for changed in single_changes(plan, table):
        ahead = plan_ahead(
            changed.plan, measured, reruns=reruns, tried=tried, workers=workers, seed=seed
        )
        times = changed.plan.trials / plan.trials
        found.append(
            Trade(
                kind=changed.kind,
                change=changed.text,
                known=changed.known,
                ahead=ahead,
                trials=times,
                worth=_worth(now.difference, ahead.difference, times),
            )
        )
    return tuple(sorted((t for t in found if not math.isnan(t.worth)), key=lambda t: -t.worth))


def _worth(before: float, after: float, times: float) -> float:
    if not math.isfinite(after) or math.isnan(before):
        return math.nan
    return VERY_LARGE if math.isinf(before) else before / after / times**0.5
