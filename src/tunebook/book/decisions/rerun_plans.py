"""What is fixed before the first rerun of a decision: looks, bounds, and the level (D1 D3)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tunebook.book.decisions.fresh_reruns import Reruns
from tunebook.book.decisions.levels import book_account, plans_never_judged
from tunebook.deciding.launch_account import next_level
from tunebook.deciding.rerun_evidence import Question
from tunebook.deciding.sequential_design import OUTER, SequentialDesign, extended, planned
from tunebook.domain.decision import Estimand, RerunPlan, Setting
from tunebook.domain.design import Objective
from tunebook.domain.trial import Configuration
from tunebook.store import Store

Sides = Sequence[tuple[str, Configuration]]


def standing_plan(
    store: Store, number: int, candidates: Sides, baseline: int | None
) -> RerunPlan | None:
    """The newest plan of a round, if it is for these candidates and this baseline.

    Where a longer search has found other candidates, the question is a new one: it gets a plan,
    and a level, of its own. So does one whose baseline always crashed, once its level has been
    granted to another round: two decisions never share a level.
    """
    plans = store.rerun_plans()
    own = [p for p in plans if p.round == number]
    if not own:
        return None
    granted_since = any(p.number > own[-1].number and p.baseline is not None for p in plans)
    if granted_since and own[-1].number in plans_never_judged(store):
        return None
    asked = baseline, {name: dict(config) for name, config in candidates}
    return own[-1] if own[-1].question == asked else None


def new_plan(
    store: Store,
    number: int,
    candidates: Sides,
    baseline: int | None,
    *,
    most: int,
    reruns: Reruns,
) -> RerunPlan:
    """Fix a plan of at most so many reruns a side, and add it to the book.

    The level is what the book's account grants, `error_rate` at most; a first baseline, which is
    compared with chance, takes `error_rate` itself.
    """
    level = reruns.error_rate
    if baseline is not None:
        level = min(level, next_level(book_account(store)))
    plan = RerunPlan(
        **_bounds(planned(most, level / len(candidates), paired=bool(reruns.paired)), level),
        number=len(store.rerun_plans()) + 1,
        round=number,
        candidates=tuple(name for name, _ in candidates),
        configs=tuple(config for _, config in candidates),
        baseline=baseline,
        estimand=Estimand(reruns.estimand or Estimand.MEAN),
        infeasible_as=None if reruns.infeasible_as is None else float(reruns.infeasible_as),
        paired=bool(reruns.paired),
        validation_examples=reruns.validation_examples,
        planned_at=time.time(),
    )
    store.add(plan)
    return plan


def extended_plan(
    store: Store, plan: RerunPlan, *, most: int, examples: int | None = None
) -> RerunPlan:
    """Fix how a plan goes on after its last look, at the level that it has left."""
    stood = SequentialDesign(
        looks=plan.looks,
        adopt=plan.adopt,
        drop=plan.drop,
        outer=plan.outer,
        excess=plan.excess,
        level=plan.level / len(plan.candidates),
        extension=plan.extension,
    )
    number, now = len(store.rerun_plans()) + 1, time.time()
    bounds = _bounds(extended(stood, most, paired=plan.paired), plan.level)
    plan = replace(plan, **bounds, number=number, planned_at=now, validation_examples=examples)
    store.add(plan)
    return plan


def _bounds(design: SequentialDesign, level: float) -> dict[str, Any]:
    """What a plan records of a design."""
    return {
        "looks": design.looks,
        "adopt": design.adopt,
        "drop": design.drop,
        "outer": design.outer,
        "level": level,
        "confidence": 1 - level * (1 + OUTER),
        "excess": design.excess,
        "extension": design.extension,
    }


def question(
    objective: Objective,
    least_improvement: float,
    setting: Setting,
    plan: RerunPlan,
    validation_examples: int | None = None,
) -> Question:
    """What a plan asks of its reruns."""
    return Question(
        objective=objective,
        least_improvement=least_improvement,
        chance=setting.chance,
        estimand=plan.estimand,
        infeasible_as=plan.infeasible_as,
        paired=plan.paired,
        validation_examples=validation_examples,
    )
