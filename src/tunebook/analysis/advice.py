"""The findings' remedies put together as the next round's plan, for a person to edit (B C1 E5 H5).

What depends on what: a settled question changes the roles; ranges come next, since the density of
trials and the length of training are judged anew in a space of another size; then length, then
trials. What is refused, and what no plan can carry out, is said as unresolved.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from tunebook.analysis.plan_edits import (
    conditions_of,
    fix_on_branches,
    leaf_of,
    settle,
    unspoken,
    with_range,
)
from tunebook.analysis.rerun_count import MOST_MORE, more_reruns
from tunebook.words.decision import Change, Decision, Verdict
from tunebook.words.design import Role, Round, studies
from tunebook.words.errors import DesignError
from tunebook.words.finding import Examination, Finding, Remedy, RemedyKind, subject_name
from tunebook.words.record import Proposal
from tunebook.words.space import Choice, Float, Integer, Per, Scale, spell
from tunebook.words.trial import Value

RANGES = (RemedyKind.WIDEN, RemedyKind.SHRINK)
LENGTHS = (RemedyKind.TRAIN_LONGER, RemedyKind.TRAIN_SHORTER)
CARRIED_OUT = (*RANGES, *LENGTHS, RemedyKind.MORE_TRIALS, RemedyKind.FIX)
TIED_TO_LENGTH = ("schedule", "decay", "warmup")

Asked = tuple[Finding, Remedy]


@dataclass(slots=True, kw_only=True)
class _Draft:
    """The plan as it takes shape."""

    plan: Round
    changes: list[Change] = field(default_factory=list)
    unresolved: list[str] = field(default_factory=list)

    def take(self, plan: Round, change: Change) -> None:
        self.plan = plan
        self.changes.append(change)


def propose(
    plan: Round, examination: Examination, *, decision: Decision | None = None
) -> Proposal:
    """The round after `plan`: what its findings ask for, changed, each change with its reason.

    - A scientific choice whose winner was adopted is fixed at it.
    - A cut-off range is widened, a failing end cut off. Where one end asks for both, it stays:
      instability holds this workload back, which is no matter of ranges.
    - What matters little is fixed, unless its range is being widened, and only where every study
      in which it varies says so.
    - While a range is being widened, trials and steps stay as they are.
    - Shorter training waits until the question is answered, since it would change it.

    Args:
        plan: of the round that was run; not changed.
        examination: what the checks said of it.
        decision: the last one on it, if there is one.

    Returns:
        A plan that is valid and has a goal of its own (a book knows its rounds by their goals).
    """
    draft = _Draft(plan=plan)
    _settle_decision(draft, decision)
    asked = [(f, f.remedy) for f in examination.findings if f.remedy is not None]
    asked = [(f, r) for f, r in asked if _still_there(draft.plan, r)]
    widened = frozenset(r.subject for _, r in asked if r.kind is RemedyKind.WIDEN)
    fixed = _fix(draft, [x for x in asked if x[1].kind is RemedyKind.FIX], widened)
    ranges = [x for x in asked if x[1].kind in RANGES and x[1].subject not in fixed]
    widening = _rerange(draft, ranges)
    _set_length(draft, [x for x in asked if x[1].kind in LENGTHS], widening=widening)
    _set_trials(
        draft, [x for x in asked if x[1].kind is RemedyKind.MORE_TRIALS], widening=widening
    )
    draft.unresolved += [
        f"{f.sentence} (by hand: {r.kind.value.replace('_', ' ')})"
        for f, r in asked
        if r.kind not in CARRIED_OUT
    ]
    if not draft.changes:
        draft.unresolved.append(
            "The findings ask for no change that a plan could make: as far as this space and "
            "budget go, the question is answered. Ask the next one."
        )
    goal = _goal(plan, draft, decision)
    return Proposal(
        plan=replace(draft.plan, goal=goal),
        changes=tuple(draft.changes),
        unresolved=tuple(dict.fromkeys(draft.unresolved)),
    )


def _settle_decision(draft: _Draft, decision: Decision | None) -> None:
    """Fix the scientific choices whose winner was adopted."""
    if decision is None:
        return
    if decision.verdict is not Verdict.ADOPT:
        draft.unresolved.append(f"Decision {decision.number}: {decision.sentence}")
        if decision.verdict is Verdict.MORE_EVIDENCE:
            draft.unresolved.append(_before_the_next(decision))
        return
    won: dict[str, Value] = {}
    for name in draft.plan.scientific:
        if name not in decision.config:
            continue
        axis = leaf_of(draft.plan, name, decision.config)
        if isinstance(axis, Choice):
            won[name] = decision.config[name]
        else:
            draft.unresolved.append(
                f"{name} stays scientific over its range; {spell(decision.config[name])} was "
                "adopted: fix it there, or narrow the range around it."
            )
    if won:
        _settle(draft, won, f"decision {decision.number} adopted it", "D3")


def _before_the_next(decision: Decision) -> str:
    """What an open decision asks of a person before the round after it."""
    more = more_reruns(decision)
    if more is not None and more >= MOST_MORE:
        asked = decision.least_improvement
        less = f", or ask for a smaller least improvement than {spell(asked)}" if asked else ""
        return f"Decision {decision.number} is yours to make: keep what there is{less}."
    return (
        f"Decision {decision.number} is still open: more fresh-seed reruns come first, since "
        "their answer may change what to ask next."
    )


def _settle(draft: _Draft, values: Mapping[str, Value], because: str, check: str) -> None:
    roles = {name: draft.plan.role(name) for name in values}
    try:
        settled = settle(draft.plan, values)
    except DesignError as error:
        named = ", ".join(f"{n}={spell(v)}" for n, v in values.items())
        draft.unresolved.append(f"Fix {named} by hand ({because}): {error.rule}")
        return
    for name, value in values.items():
        was = roles[name].value
        change = Change(
            key=f"fixed.{name}", before=was, after=spell(value), because=because, check=check
        )
        draft.take(settled, change)


def _still_there(plan: Round, remedy: Remedy) -> bool:
    """False for what is said of a branch that a decision has closed."""
    held = {name: value for name, value in plan.fixed.items() if not isinstance(value, Per)}
    return all(held.get(name, value) == value for name, value in remedy.conditions.items())


def _fix(draft: _Draft, asked: Sequence[Asked], widened: frozenset[str]) -> frozenset[str]:
    """Fix what matters little, where every study in which it varies says so; names the fixed."""
    together: dict[str, list[Asked]] = {}
    for finding, remedy in asked:
        if remedy.subject in draft.plan.nuisance and "value" in remedy.values:
            together.setdefault(remedy.subject, []).append((finding, remedy))
    fixed = set()
    for name, own in together.items():
        if name in widened:
            draft.unresolved.append(f"{name} stays varied while its range is being widened.")
            continue
        if silent := unspoken(draft.plan, name, [r for _, r in own]):
            draft.unresolved.append(
                f"{name} stays varied: it matters little in some studies, and {silent} does not "
                "say so."
            )
            continue
        _fix_one(draft, name, own)
        fixed.add(name)
    return frozenset(fixed)


def _fix_one(draft: _Draft, name: str, own: Sequence[Asked]) -> None:
    finding, remedy = own[0]
    if not isinstance(draft.plan.nuisance[name], Per):
        _settle(draft, {name: remedy.values["value"]}, remedy.because, finding.check)
        return
    try:
        plan = fix_on_branches(draft.plan, name, [r for _, r in own])
    except DesignError as error:
        draft.unresolved.append(f"Fix {name} by hand ({remedy.because}): {error.rule}")
        return
    values = dict.fromkeys(spell(r.values["value"]) for _, r in own)
    change = Change(
        key=f"fixed.{name}",
        before=draft.plan.role(name).value,
        after=", ".join(values),
        because=remedy.because,
        check=finding.check,
    )
    draft.take(plan, change)


def _rerange(draft: _Draft, asked: Sequence[Asked]) -> bool:
    """Move the ends of ranges; True where one was, or should be, widened."""
    together: dict[str, list[Asked]] = {}
    for finding, remedy in asked:
        where = subject_name(remedy.subject, conditions_of(draft.plan, remedy))
        together.setdefault(where, []).append((finding, remedy))
    if together and draft.plan.searcher == "by_hand":
        draft.unresolved += [f"Write points there: {f.sentence}" for f, _ in asked]
        return False
    for where, own in together.items():
        _rerange_one(draft, where, own)
    return any(r.kind is RemedyKind.WIDEN for _, r in asked)


def _rerange_one(draft: _Draft, where: str, asked: Sequence[Asked]) -> None:
    first = asked[0][1]
    axis = leaf_of(draft.plan, first.subject, first.conditions)
    if not isinstance(axis, Float | Integer):
        draft.unresolved += [f"{f.sentence} (by hand)" for f, _ in asked]
        return
    ends: dict[str, float] = {"low": axis.low, "high": axis.high}
    reasons: list[Asked] = []
    for side in ("low", "high"):
        moved = [x for x in asked if x[1].values.get(side, ends[side]) != ends[side]]
        if len({r.kind for _, r in moved}) > 1:
            draft.unresolved.append(
                f"The {side} end of {where} stays at {spell(ends[side])}: the best trials lie "
                "near it, and trials fail there. Instability holds this workload back; a warm-up "
                "or gradient clipping may move it (H1)."
            )
        elif moved:
            bounds = [float(r.values[side]) for _, r in moved]
            outermost = moved[0][1].kind is RemedyKind.WIDEN
            ends[side] = min(bounds) if (side == "low") == outermost else max(bounds)
            reasons += [x for x in moved if x not in reasons]
    if not reasons:
        return
    try:
        after = _axis(axis, ends["low"], ends["high"])
        plan = with_range(draft.plan, first, after)
    except DesignError as error:
        draft.unresolved.append(f"The range of {where} can't be changed so: {error.rule}")
        return
    role = "scientific" if draft.plan.role(first.subject) is Role.SCIENTIFIC else "nuisance"
    change = Change(
        key=f"{role}.{where}",
        before=f"{spell(axis.low)} to {spell(axis.high)}",
        after=f"{spell(after.low)} to {spell(after.high)}",
        because=", and ".join(dict.fromkeys(r.because for _, r in reasons)),
        check=" ".join(dict.fromkeys(f.check for f, _ in reasons)),
    )
    draft.take(plan, change)


def _axis(axis: Float | Integer, low: float, high: float) -> Float | Integer:
    if isinstance(axis, Integer):
        return Integer(round(low), round(high), axis.scale)
    return Float(low, high, Scale(axis.scale))


def _set_length(draft: _Draft, asked: Sequence[Asked], *, widening: bool) -> None:
    if not asked:
        return
    longer = [x for x in asked if x[1].kind is RemedyKind.TRAIN_LONGER]
    # What speaks of a hyperparameter that sets the length names no steps of the plan.
    finding, remedy = max(longer or asked, key=lambda x: "max_train_steps" in x[1].values)
    if widening:
        draft.unresolved.append(
            f"Training {'longer' if longer else 'shorter'} waits until the space is wide enough: "
            f"{remedy.because}."
        )
        return
    if not longer and draft.plan.scientific:
        draft.unresolved.append(
            f"Training shorter waits until the question is answered: {remedy.because}."
        )
        return
    if longer and len(longer) < len(asked):
        draft.unresolved.append(
            "Some trials were done early, others not: the longer training wins."
        )
    steps = int(remedy.values.get("max_train_steps", draft.plan.max_train_steps))
    if steps == draft.plan.max_train_steps:
        return
    change = Change(
        key="max_train_steps",
        before=str(draft.plan.max_train_steps),
        after=str(steps),
        because=remedy.because,
        check=finding.check,
    )
    draft.take(replace(draft.plan, max_train_steps=steps), change)
    tied = [n for n in draft.plan.fixed if any(word in n.lower() for word in TIED_TO_LENGTH)]
    if tied:
        draft.unresolved.append(
            f"{' and '.join(tied)} fixed at another training length: a schedule seldom transfers "
            "(E5); tune it again, or stretch it."
        )


def _set_trials(draft: _Draft, asked: Sequence[Asked], *, widening: bool) -> None:
    if not asked:
        return
    finding, remedy = max(asked, key=lambda x: _factor(draft.plan, x[1]))
    if widening:
        draft.unresolved.append(
            f"Having more trials waits until the space is wide enough: {remedy.because}."
        )
        return
    if draft.plan.searcher in ("by_hand", "grid"):
        way = "more points" if draft.plan.searcher == "by_hand" else "more levels, or halton"
        draft.unresolved.append(f"More trials take {way}: {remedy.because}.")
        return
    trials = math.ceil(draft.plan.trials * _factor(draft.plan, remedy))
    if trials <= draft.plan.trials:
        return
    change = Change(
        key="trials",
        before=str(draft.plan.trials),
        after=str(trials),
        because=remedy.because,
        check=finding.check,
    )
    draft.take(replace(draft.plan, trials=trials), change)


def _factor(plan: Round, remedy: Remedy) -> float:
    """How many times the trials; a remedy speaks of the studies under its conditions, and all
    get equal shares."""
    wanted = remedy.values.get("trials")
    if not isinstance(wanted, int | float):
        return 2.0
    settled = dict(remedy.conditions)
    own = [
        len(s.numbers)
        for s in studies(plan)
        if all(s.branch.conditions.get(k, v) == v for k, v in settled.items())
    ]
    return float(wanted) / max(1, sum(own))


def _goal(plan: Round, draft: _Draft, decision: Decision | None) -> str:
    """The question with what changed about it, or the next one: never the same text again."""
    base = plan.goal.split(" [", 1)[0]
    said = [f"{c.key.split('.', 1)[-1]} {c.after}" for c in draft.changes if c.check != "D3"]
    won = {c.key.split(".", 1)[-1]: c.after for c in draft.changes if c.check == "D3"}
    if won and decision is not None:
        base = f"What improves {', '.join(f'{n}={v}' for n, v in won.items())} further?"
    goal = f"{base} [{', '.join(said)}]" if said else base
    while goal == plan.goal:
        said.append("again")
        goal = f"{base} [{', '.join(said)}]"
    return goal
