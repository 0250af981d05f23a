"""What is fixed before the first rerun of a decision: looks, bounds, and the level (D1 D3)."""

from __future__ import annotations

import time
from collections.abc import Sequence

from tunebook.analysis.launch_account import granted
from tunebook.analysis.sequential_design import OUTER, SequentialDesign, extended, planned
from tunebook.store import Store
from tunebook.words.decision import RerunPlan, Verdict
from tunebook.words.trial import Configuration

Sides = Sequence[tuple[str, Configuration]]


def standing_plan(
    store: Store, number: int, candidates: Sides, baseline: int | None
) -> RerunPlan | None:
    """The newest plan of a round, if it is for these candidates and this baseline.

    Where a longer search has found other candidates, the question is a new one: it gets a plan,
    and a level, of its own.
    """
    own = [p for p in store.rerun_plans() if p.round == number]
    if not own or own[-1].baseline != baseline:
        return None
    same = _named(candidates) == _named(
        tuple(zip(own[-1].candidates, own[-1].configs, strict=True))
    )
    return own[-1] if same else None


def new_plan(
    store: Store,
    number: int,
    candidates: Sides,
    baseline: int | None,
    *,
    most: int,
    error_rate: float,
) -> RerunPlan:
    """Fix a plan of at most so many reruns a side, and add it to the book.

    The level is what the book's account grants, `error_rate` at most; a first baseline, which is
    compared with chance, takes `error_rate` itself.
    """
    level = error_rate if baseline is None else min(error_rate, granted(account(store)))
    design = planned(most, level / len(candidates))
    return _add(store, number, candidates, baseline, design, level)


def extended_plan(store: Store, plan: RerunPlan, *, most: int) -> RerunPlan:
    """Fix how a plan goes on after its last look, at the level that it has left."""
    candidates = tuple(zip(plan.candidates, plan.configs, strict=True))
    design = extended(
        SequentialDesign(
            looks=plan.looks,
            adopt=plan.adopt,
            drop=plan.drop,
            outer=plan.outer,
            drift=0.0,
            excess=plan.excess,
            level=plan.level / len(plan.candidates),
            extension=plan.extension,
        ),
        most,
    )
    return _add(store, plan.round, candidates, plan.baseline, design, plan.level)


def account(store: Store) -> tuple[bool, ...]:
    """Of each planned decision against a baseline, in order, whether it adopted."""
    adopted = {d.plan for d in store.decisions() if d.verdict is Verdict.ADOPT}
    outcomes: list[bool] = []
    newest: dict[int, int] = {}
    for plan in store.rerun_plans():
        if plan.baseline is None:
            continue
        if not plan.extension:  # an extension is the same decision, which goes on
            newest[plan.round] = len(outcomes)
            outcomes.append(False)
        outcomes[newest[plan.round]] |= plan.number in adopted
    return tuple(outcomes)


def _add(
    store: Store,
    number: int,
    candidates: Sides,
    baseline: int | None,
    design: SequentialDesign,
    level: float,
) -> RerunPlan:
    plan = RerunPlan(
        number=len(store.rerun_plans()) + 1,
        round=number,
        candidates=tuple(name for name, _ in candidates),
        configs=tuple(config for _, config in candidates),
        baseline=baseline,
        looks=design.looks,
        adopt=design.adopt,
        drop=design.drop,
        outer=design.outer,
        level=level,
        confidence=1 - level * (1 + OUTER),
        excess=design.excess,
        extension=design.extension,
        planned_at=time.time(),
    )
    store.add_rerun_plan(plan)
    return plan


def _named(sides: Sides) -> dict[str, dict[str, object]]:
    return {name: dict(config) for name, config in sides}
