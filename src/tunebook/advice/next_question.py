"""The question after one that is answered, or after a round that taught nothing (A5 B1).

After the first baseline the learning rate is searched around its launched value; after a decision
that keeps the baseline, its values are held, and a hyperparameter that was fixed is varied. A
round of which no trial completed is run again once its cause is corrected.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from tunebook.advice.draft import Draft, range_text
from tunebook.advice.first_ranges import (
    FIRST_RANGES,
    first_range,
    fixed_named,
    is_learning_rate,
    number_of,
)
from tunebook.domain.decision import Decision, Verdict
from tunebook.domain.design import Round
from tunebook.domain.formats.numbers import round_to
from tunebook.domain.plan_edits import leaf_of
from tunebook.domain.space import Float, Integer, Scale, spell
from tunebook.domain.table import TrialTable

RATE_TRIALS = 16
"""Trials of a first learning-rate search: five for each factor of ten."""
SEARCHED = 0.5
"""Share of a range above which a decided round has searched it."""
RATE_REACH = 30.0
"""How far a first search goes from the launched rate, as a factor either way."""


def nothing_complete(draft: Draft, table: TrialTable | None) -> bool:
    """Say what comes first where no trial completed; True where that is so."""
    if table is None or not len(table) or table.complete.any():
        return False
    if not all(s.ended for s in table.status):
        return False
    causes = Counter(str(c).replace("_", " ") for c in table.cause if c is not None)
    why = ", ".join(f"{cause}: {n}" for cause, n in causes.most_common()) or "cause not known"
    draft.unresolved.insert(
        0,
        f"None of {len(table)} trials completed ({why}), so this round answers nothing. Find the "
        "cause (tunebook findings, tunebook logs) and correct it. Check with tunebook try, then "
        "run this plan: it is the same round with new seeds.",
    )
    return True


def ask_next(
    draft: Draft,
    decision: Decision | None,
    *,
    most_trials: int | None,
    searched: Mapping[int, Round],
) -> None:
    """Where a decision has answered the question and no finding changes the plan, ask another.

    Args:
        draft: changed.
        decision: the last one on the round.
        most_trials: what the next round may have at most.
        searched: rounds that are decided, by number.
    """
    if decision is None or decision.verdict is Verdict.MORE_EVIDENCE:
        draft.nothing = "its findings ask for no change, and it is not decided"
        draft.unresolved.append(
            "The findings ask for no change of the plan. Decide the round first: rerun its best "
            "configurations with new seeds (tunebook decide)."
            if decision is None
            else "The findings ask for no change of the plan."
        )
        return
    if decision.verdict is Verdict.KEEP and decision.baseline is None:
        draft.nothing = "no configuration beats chance yet"
        draft.unresolved.insert(
            0,
            "This configuration is no better than chance. Look at the training code, or fix other "
            "values, before this plan runs.",
        )
        return
    first = decision.baseline is None
    if first and not draft.plan.varied and _search_rate(draft, most_trials):
        return
    if any(_vary(draft, kind, searched) for kind in FIRST_RANGES):
        return
    draft.nothing = "its question is answered, and no finding says what to vary next"
    draft.unresolved.append(f"Choose what to vary or to compare next{_fixed(draft.plan)}.")


def _search_rate(draft: Draft, most_trials: int | None) -> bool:
    """Vary the learning rate around its launched value."""
    plan = draft.plan
    name = next((n for n in plan.fixed if is_learning_rate(n)), None)
    value = number_of(plan, name) if name is not None else None
    if name is None or value is None or value <= 0 or plan.searcher in ("by_hand", "grid"):
        return False
    low, high = round_to(value / RATE_REACH, 1), round_to(value * RATE_REACH, 1)
    trials = max(plan.trials, RATE_TRIALS)
    trials = trials if most_trials is None else min(trials, most_trials)
    because = f"{spell(value)} was a guess; the learning rate is tuned first"
    if not draft.vary(name, Float(low, high, Scale.LOG), because, "B1"):
        return False
    because = "a search over a range needs more points than one configuration"
    return trials == plan.trials or draft.set_value("trials", trials, because, "B1")


def _vary(draft: Draft, kind: str, searched: Mapping[int, Round]) -> bool:
    """Vary the first fixed hyperparameter of this kind, where no decided round has searched most
    of its range."""
    name = fixed_named(draft.plan, kind)
    value = number_of(draft.plan, name) if name is not None else None
    if name is None or value is None or draft.plan.searcher in ("by_hand", "grid"):
        return False
    axis = first_range(draft.plan, kind, value)
    if value <= 0 < axis.low:
        axis = Float(0.0, axis.high)
    elif not axis.low <= value <= axis.high:
        return False
    because = "it was fixed so far, and this round answered its question"
    before = [
        (_share(axis, own), number, own)
        for number, plan in searched.items()
        if isinstance(own := leaf_of(plan, name, {}), Float | Integer)
    ]
    if before:
        share, number, own = max(before, key=lambda b: b[:2])
        tried = f"round {number} searched {range_text(own)}"
        if share >= SEARCHED:
            draft.resolved.append(f"{name} stays fixed: {tried}, and a decision followed.")
            return False
        because = f"{tried} of it only, and this round answered its question"
    return draft.vary(name, axis, because, "B1")


def _share(axis: Float, searched: Float | Integer) -> float:
    """Share of a range, on its scale, that an earlier search covered."""
    low, high = np.clip([searched.low, searched.high], axis.low, axis.high)
    return axis.to_unit(float(high)) - axis.to_unit(float(low))


def _fixed(plan: Round) -> str:
    """Which hyperparameters are fixed, as a hint."""
    names = list(plan.fixed)
    return f"; fixed so far: {', '.join(names[:6])}" if names else ""
