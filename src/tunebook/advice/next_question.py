"""The question after one that is answered, or after a round that taught nothing (A5 B1).

After the first baseline the learning rate is searched around its launched value; after a decision
that keeps the baseline, its values are held, and a hyperparameter that was fixed is varied. A
round of which no trial completed is run again once its cause is mended.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from tunebook.advice.draft import Draft
from tunebook.domain.decision import Change, Decision, Verdict
from tunebook.domain.design import Round
from tunebook.domain.errors import DesignError
from tunebook.domain.formats.numbers import round_to
from tunebook.domain.plan_edits import leaf_of
from tunebook.domain.space import Float, Integer, Per, Scale, spell
from tunebook.domain.table import TrialTable

RATE_TRIALS = 16
"""Trials of a first learning-rate search: five for each factor of ten."""
SEARCHED = 0.5
"""Share of a range above which a decided round has searched it."""
RATE_REACH = 30.0
"""How far a first search goes from the launched rate, as a factor either way."""
NEXT_VARIED: Mapping[str, tuple[frozenset[str], Float]] = {
    "momentum": (frozenset({"momentum"}), Float(0.5, 0.99, Scale.NEAR_ONE)),
    "weight decay": (frozenset({"weight", "decay"}), Float(1e-6, 0.1, Scale.LOG)),
    "dropout": (frozenset({"dropout"}), Float(0.0, 0.5)),
    "label smoothing": (frozenset({"label", "smoothing"}), Float(0.0, 0.2)),
}
"""Hyperparameters that are varied next, in this order: the words of a name, and the range."""


def words_of(name: str) -> set[str]:
    """The words of a hyperparameter's name: `optim.learningRate` has optim, learning and rate."""
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", name)
    return set(re.split(r"[^a-z0-9]+", spaced.lower()))


def is_learning_rate(name: str) -> bool:
    """Whether a name says that it is the learning rate."""
    own = words_of(name)
    return {"learning", "rate"} <= own or bool(own & {"lr", "learningrate"})


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
        "cause (tunebook findings, tunebook logs) and mend it. Check with tunebook try, then run "
        "this plan: it is the same round with new seeds.",
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
    if any(_vary(draft, words, axis, searched) for words, axis in NEXT_VARIED.values()):
        return
    draft.nothing = "its question is answered, and no finding says what to vary next"
    draft.unresolved.append(f"Choose what to vary or to compare next{_fixed(draft.plan)}.")


def _search_rate(draft: Draft, most_trials: int | None) -> bool:
    """Vary the learning rate around its launched value."""
    plan = draft.plan
    name = next((n for n in plan.fixed if is_learning_rate(n)), None)
    value = plan.fixed[name] if name is not None else None
    if name is None or isinstance(value, Per | bool | str) or value is None or value <= 0:
        return False
    low, high = _round_to_one(float(value) / RATE_REACH), _round_to_one(float(value) * RATE_REACH)
    trials = max(plan.trials, RATE_TRIALS)
    trials = trials if most_trials is None else min(trials, most_trials)
    because = f"{spell(value)} was a guess; the learning rate is tuned first"
    if not _take(draft, name, Float(low, high, Scale.LOG), because):
        return False
    if trials == plan.trials:
        return True
    because = "a search over a range needs more points than one configuration"
    change = Change(
        key="trials", before=str(plan.trials), after=str(trials), because=because, check="B1"
    )
    return draft.take(replace(draft.plan, trials=trials), change)


def _vary(draft: Draft, words: frozenset[str], axis: Float, searched: Mapping[int, Round]) -> bool:
    """Vary the first fixed hyperparameter that has these words in its name, where no decided
    round has searched most of that range."""
    name = next((n for n in draft.plan.fixed if words <= words_of(n)), None)
    if name is None:
        return False
    value = draft.plan.fixed[name]
    if isinstance(value, Per | bool | str):
        return False
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
        tried = f"round {number} searched {spell(own.low)} to {spell(own.high)}"
        if share >= SEARCHED:
            draft.resolved.append(f"{name} stays fixed: {tried}, and a decision followed.")
            return False
        because = f"{tried} of it only, and this round answered its question"
    return _take(draft, name, axis, because)


def _share(axis: Float, searched: Float | Integer) -> float:
    """Share of a range, on its scale, that an earlier search covered."""
    low, high = (
        min(max(float(end), axis.low), axis.high) for end in (searched.low, searched.high)
    )
    return axis.to_unit(high) - axis.to_unit(low)


def _take(draft: Draft, name: str, axis: Float, because: str) -> bool:
    plan = draft.plan
    if plan.searcher in ("by_hand", "grid"):
        return False
    try:
        varied = replace(
            plan,
            fixed={n: v for n, v in plan.fixed.items() if n != name},
            nuisance={**plan.nuisance, name: axis},
        )
    except DesignError:
        return False
    change = Change(
        key=f"nuisance.{name}", before=f"fixed at {spell(plan.fixed[name])}",  # type: ignore[arg-type]
        after=f"{spell(axis.low)} to {spell(axis.high)}", because=because, check="B1",
    )  # fmt: skip
    return draft.take(varied, change)


def _fixed(plan: Round) -> str:
    """Which hyperparameters are fixed, as a hint."""
    names = list(plan.fixed)
    return f"; fixed so far: {', '.join(names[:6])}" if names else ""


def _round_to_one(value: float) -> float:
    """One significant digit."""
    return round_to(value, 1) if math.isfinite(value) and value else value
