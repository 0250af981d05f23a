"""What one change of a plan would buy, best trade first (B5).

Three changes, each planned anew: twice the trials; one scientific
value fewer, the one that did worst in the last round; one nuisance hyperparameter fewer, the one
that matters least there (C10), fixed where C10 would or at the best trial's value. Where there is
no last round, the change is said of the last one listed, and which one is a person's to choose.

A trade's worth is what it divides the smallest difference by, beyond what its cost would buy:
differences shrink about as the square root of the trials, so twice the cost is worth a factor of
1.4. A change that costs nothing and lets the same trials tell more comes first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, cast

import numpy as np

from tunebook.domain.design import MOST_TRIALS, Fixed, Round, studies
from tunebook.domain.errors import DesignError
from tunebook.domain.finding import NotApplicable
from tunebook.domain.formats.numbers import digits
from tunebook.domain.plan_edits import settle
from tunebook.domain.space import Axis, Choice, Per, spell
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Value
from tunebook.examination.memory import remembered_results
from tunebook.planning.cost import TriedTimes
from tunebook.planning.forecast import Measured, PlannedRound, Reruns, plan_ahead
from tunebook.statistics.scientific_values import groups_of

if TYPE_CHECKING:
    from tunebook.checks.importance.check import SensitivityResult

VERY_LARGE = 1e6
"""Worth of a change with which a plan that told nothing tells something."""


TIMES = 2
"""Trials that the change "more trials" asks for, over those planned."""


class Kind(StrEnum):
    """The changes that are weighed."""

    MORE_TRIALS = "more trials"
    FEWER_VALUES = "fewer scientific values"
    FEWER_NUISANCE = "fewer nuisance hyperparameters"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanChange:
    """A plan with one change.

    Attributes:
        kind: of the change, and `text`, what is changed.
        known: True where the last round says which value or hyperparameter goes.
        plan: with the change.
    """

    kind: Kind
    text: str
    known: bool
    plan: Round


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
) -> tuple[Trade, ...]:
    """What one change of a planned round would buy, best first.

    Args:
        now: the plan, worked out with the same arguments.
        measured, reruns, tried, workers: as for `plan_ahead`.

    Returns:
        The changes with which something differs significantly; none where nothing is compared.
    """
    plan = now.plan
    if not plan.scientific:
        return ()
    table = measured.table if measured else None
    found = []
    for changed in single_changes(plan, table):
        ahead = plan_ahead(changed.plan, measured, reruns=reruns, tried=tried, workers=workers)
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


def single_changes(plan: Round, table: TrialTable | None) -> tuple[PlanChange, ...]:
    """The changes that the plan allows.

    Args:
        plan: of the round.
        table: the last round's trials, which say what may go.
    """
    tried = (_more_trials(plan), _fewer_values(plan, table), _fewer_nuisance(plan, table))
    return tuple(change for change in tried if change is not None)


def _more_trials(plan: Round) -> PlanChange | None:
    trials = TIMES * plan.trials
    if plan.searcher in ("grid", "by_hand") or trials > MOST_TRIALS:
        return None
    more = replace(plan, trials=trials)
    return PlanChange(kind=Kind.MORE_TRIALS, text=f"{trials} trials", known=True, plan=more)


def _fewer_values(plan: Round, table: TrialTable | None) -> PlanChange | None:
    """Without one value of the scientific choice that has most, three at least."""
    choices = {n: a for n, a in plan.scientific.items() if isinstance(a, Choice)}
    name = max(choices, key=lambda n: len(choices[n].values), default="")
    if not name or len(choices[name].values) < 3 or plan.searcher == "by_hand":
        return None
    worst = _worst(name, choices[name], table)
    value = choices[name].values[-1] if worst is None else worst
    return _tried(
        Kind.FEWER_VALUES,
        f"without {name}={spell(value)}",
        worst is not None,
        lambda: without_value(plan, name, value),
    )


def _worst(name: str, axis: Choice, table: TrialTable | None) -> Value | None:
    if table is None or name not in table.scientific:
        return None
    groups = groups_of(table.take(table.counted), name)
    own = [g for g in groups if g.label in axis.values and g.known]
    if len(own) < len(axis.values):
        return None
    fits = all(g.fitted.known for g in own)  # what C9 compares: the best seen are lucky ones
    return max(own, key=lambda g: g.fitted.level if fits else g.level).label


def _fewer_nuisance(plan: Round, table: TrialTable | None) -> PlanChange | None:
    """With the nuisance hyperparameter fixed that matters least; one at least stays varied."""
    free = {n: a for n, a in plan.nuisance.items() if not isinstance(a, Per)}
    settled = {k for s in studies(plan) for k in s.branch.conditions}
    left = [n for n in free if n not in settled]
    if len(plan.nuisance) < 2 or not left or plan.searcher == "by_hand":
        return None
    least = _matters_least(left, table)
    name, value = least or (left[-1], free[left[-1]].from_unit(0.5))
    if least is not None and not free[name].holds(value):
        value = _within(free[name], value)
    return _tried(
        Kind.FEWER_NUISANCE,
        f"{name} fixed at {_shown(value)}",
        least is not None,
        lambda: settle(plan, {name: value}),
    )


def _matters_least(names: Sequence[str], table: TrialTable | None) -> tuple[str, Value] | None:
    """The hyperparameter with the smallest share in every study of the last round, and the value
    to fix it at."""
    if table is None:
        return None
    found = remembered_results({"C10": table}, seed=0)["C10"]
    if isinstance(found, NotApplicable):
        return None
    found = cast("SensitivityResult", found)
    shares: dict[str, float] = {}
    values: dict[str, Value] = {}
    for study in found.studies:
        for reading in study.hyperparameters:
            name, share = reading.hyperparameter, reading.total.estimate
            if name in names and math.isfinite(share):
                shares[name] = max(share, shares.get(name, 0.0))
                if reading.fixed_at is not None:
                    values[name] = reading.fixed_at
    if not shares:
        return None
    name = min(shares, key=shares.__getitem__)
    best = table.config[int(np.nanargmin(table.losses))]
    value = values.get(name, best.get(name))
    return None if value is None else (name, value)


def _within(axis: Axis, value: Value) -> Value:
    """A value within the range that the plan has, the nearest end or the first of a choice."""
    if isinstance(axis, Choice) or isinstance(value, str):
        return axis.from_unit(0.0)
    return axis.from_unit(min(max(axis.to_unit(value), 0.0), 1.0))


def _shown(value: Value) -> str:
    return digits(value, 3) if isinstance(value, float) else spell(value)


def _tried(kind: Kind, text: str, known: bool, make: Callable[[], Round]) -> PlanChange | None:
    """A changed plan, or None where a rule of the playbook forbids it."""
    try:
        return PlanChange(kind=kind, text=text, known=known, plan=make())
    except DesignError:
        return None


def without_value(plan: Round, name: str, value: Value) -> Round:
    """The plan without one value of a scientific choice, and without what exists under it alone.

    Raises:
        DesignError: the plan that is left breaks a rule.
    """
    axis = plan.scientific[name]
    assert isinstance(axis, Choice)
    scientific = _without(plan.scientific, name, value)
    scientific[name] = Choice(tuple(v for v in axis.values if v != value))
    nuisance = _without(plan.nuisance, name, value)
    held = _without(
        {n: v if isinstance(v, Per) else Choice((v,)) for n, v in plan.fixed.items()}, name, value
    )
    fixed: dict[str, Fixed] = {}
    for n, a in held.items():
        if isinstance(a, Choice | Per):
            fixed[n] = a.values[0] if isinstance(a, Choice) else a
    known = {*scientific, *nuisance, *fixed}
    return replace(
        plan,
        scientific=scientific,
        nuisance=nuisance,
        fixed=fixed,
        levels={n: k for n, k in plan.levels.items() if n in known},
        subject_to=tuple(
            c
            for c in plan.subject_to
            if c.left in known and (not isinstance(c.right, str) or c.right in known)
        ),
    )


def _without(axes: Mapping[str, Axis | Per], name: str, value: Value) -> dict[str, Axis | Per]:
    left = {n: _cut(a, name, value) for n, a in axes.items()}
    return {n: a for n, a in left.items() if a is not None}


def _cut(axis: Axis | Per, name: str, value: Value) -> Axis | Per | None:
    """A range without its part under one value; None where nothing is left of it."""
    if not isinstance(axis, Per):
        return axis
    kept = tuple(
        (v, below)
        for v, a in axis.when
        if (axis.on, v) != (name, value) and (below := _cut(a, name, value)) is not None
    )
    return Per(axis.on, kept) if kept else None
