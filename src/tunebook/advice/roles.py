"""Advice on roles: a question settled, what matters little, what is varied anew (B2 C10)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tunebook.advice.draft import Asked, Draft
from tunebook.advice.first_ranges import FIRST_RANGES, first_range, fixed_named, number_of
from tunebook.deciding.rerun_count import MOST_MORE, more_reruns
from tunebook.domain.decision import Change, Decision, Verdict
from tunebook.domain.design import Role
from tunebook.domain.errors import DesignError
from tunebook.domain.finding import RemedyKind
from tunebook.domain.plan_edits import fix_on_branches, leaf_of, settle, unspoken, without
from tunebook.domain.space import Choice, Float, Per, Scale, spell
from tunebook.domain.trial import Value


def settle_decision(draft: Draft, decision: Decision | None) -> None:
    """Fix the scientific choices whose winner was adopted."""
    if decision is None:
        return
    if decision.verdict is not Verdict.ADOPT:
        kept = decision.verdict is Verdict.KEEP and decision.baseline is not None
        said = draft.resolved if kept else draft.unresolved
        said.append(f"Decision {decision.number}: {decision.sentence}")
        if decision.verdict is Verdict.MORE_EVIDENCE:
            draft.unresolved.append(_before_the_next(decision))
        elif decision.baseline is not None:
            _keep(draft, decision)
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


def _keep(draft: Draft, decision: Decision) -> None:
    """Fix the scientific hyperparameters at the baseline's values, which a decision has kept."""
    base = next((s.config for s in decision.sides if s.name == "baseline"), {})
    kept = {name: base[name] for name in draft.plan.scientific if name in base}
    if kept:
        _settle(draft, kept, f"decision {decision.number} kept the baseline", "D3")
    for name in [n for n in draft.plan.scientific if n not in base]:
        _take_out(draft, name, decision)


def _take_out(draft: Draft, name: str, decision: Decision) -> None:
    """Take out a scientific hyperparameter that the kept baseline does not have."""
    axis = draft.plan.scientific[name]
    before = "scientific"
    if isinstance(axis, Choice):
        before += f", one of {', '.join(spell(v) for v in axis.values)}"
    change = Change(
        key=f"scientific.{name}", before=before, after="", check="D3",
        because=f"decision {decision.number} kept the baseline, which has no {name}",
    )  # fmt: skip
    try:
        taken = draft.take(without(draft.plan, name), change)
    except DesignError:
        taken = False
    if not taken:
        draft.unresolved.append(
            f"The baseline has no {name}: take it out of the plan, or fix it at the value that "
            "stands for the baseline."
        )


def _before_the_next(decision: Decision) -> str:
    """What an open decision asks of a person before the round after it."""
    more = more_reruns(decision)
    if more is not None and more >= MOST_MORE:
        asked = decision.least_improvement
        less = f", or ask for a smaller least improvement than {spell(asked)}" if asked else ""
        return f"Decision {decision.number} is yours to make: keep what there is{less}."
    return (
        f"Decision {decision.number} is still open: run more reruns with new seeds first, because "
        "their answer may change the next question."
    )


def _settle(
    draft: Draft,
    values: Mapping[str, Value],
    because: str,
    check: str,
    asked: Sequence[Asked] = (),
) -> bool:
    roles = {name: draft.plan.role(name).value for name in values}
    try:
        settled = settle(draft.plan, values)
    except DesignError as error:
        named = ", ".join(f"{n}={spell(v)}" for n, v in values.items())
        draft.unresolved.append(f"Fix {named} by hand ({because}): {error.rule}")
        return False
    taken = True
    for name, value in values.items():
        change = Change(
            key=f"fixed.{name}", before=roles[name], after=spell(value), because=because,
            check=check,
        )  # fmt: skip
        taken = taken and draft.take(settled, change, asked)
    return taken


def fix(
    draft: Draft, asked: Sequence[Asked], widened: frozenset[str], narrowed: Sequence[Asked]
) -> frozenset[str]:
    """Fix what matters little, where every study in which it varies says so.

    Args:
        draft: changed.
        asked: findings that ask for it.
        widened: hyperparameters of which a finding asks for a wider range.
        narrowed: findings that ask for a narrower range.

    Returns:
        The names of the fixed.
    """
    together: dict[str, list[Asked]] = {}
    for finding, remedy in asked:
        if remedy.subject in draft.plan.scientific:
            draft.unresolved.append(
                f"{remedy.subject} is the question of this round, and a finding never settles "
                f"one: {finding.sentence} Fix it by hand, if you ask something else next."
            )
        elif remedy.subject in draft.plan.nuisance and "value" in remedy.values:
            together.setdefault(remedy.subject, []).append((finding, remedy))
    fixed = set()
    for name, own in together.items():
        if kept := _why_varied(draft, name, own, widened, narrowed):
            draft.resolved.append(f"{name} stays varied{kept}")
        elif _fix_one(draft, name, own):
            fixed.add(name)
    return frozenset(fixed)


def _why_varied(
    draft: Draft,
    name: str,
    own: Sequence[Asked],
    widened: frozenset[str],
    narrowed: Sequence[Asked],
) -> str:
    """The rule by which a hyperparameter that matters little is varied all the same, or ""."""
    if name in widened:
        return " while its range is being widened."
    if silent := unspoken(draft.plan, name, [r for _, r in own]):
        return f": it matters little in some studies, and {silent} does not say so."
    cut = next((r for _, r in narrowed if r.subject == name and _cut_off(own, r.values)), None)
    if cut is not None:
        return f": the value to fix it at lies where trials fail ({cut.because})."
    if not draft.plan.scientific and set(draft.plan.nuisance) == {name}:
        return ": it is the last that does, and a search needs one."
    return ""


def _cut_off(own: Sequence[Asked], values: Mapping[str, Value]) -> bool:
    """Whether a value to fix at lies outside a narrower range."""
    at = [r.values["value"] for _, r in own]
    low, high = values.get("low"), values.get("high")
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        return False
    return any(isinstance(v, int | float) and not low <= v <= high for v in at)


def _fix_one(draft: Draft, name: str, own: Sequence[Asked]) -> bool:
    finding, remedy = own[0]
    if not isinstance(draft.plan.nuisance[name], Per):
        value = {name: remedy.values["value"]}
        return _settle(draft, value, remedy.because, finding.check, own)
    try:
        plan = fix_on_branches(draft.plan, name, [r for _, r in own])
    except DesignError as error:
        draft.unresolved.append(f"Fix {name} by hand ({remedy.because}): {error.rule}")
        return False
    values = dict.fromkeys(spell(r.values["value"]) for _, r in own)
    change = Change(
        key=f"fixed.{name}", before=Role.NUISANCE.value, after=", ".join(values),
        because=remedy.because, check=finding.check,
    )  # fmt: skip
    return draft.take(plan, change, own)


def vary_anew(draft: Draft, asked: Sequence[Asked]) -> list[Asked]:
    """Vary a remedy that is fixed now, since training reads it already; one at a time.

    Returns:
        The findings whose remedy was not taken up.
    """
    left: list[Asked] = []
    for finding, remedy in asked:
        kinds = str(remedy.values.get("hyperparameters", "")).split(", ")
        held = [(k, n) for k in kinds if k in FIRST_RANGES and (n := fixed_named(draft.plan, k))]
        add = remedy.kind is RemedyKind.ADD and draft.plan.searcher != "by_hand"
        if not (add and held and _vary(draft, *held[0], (finding, remedy))):
            left.append((finding, remedy))
    return left


def _vary(draft: Draft, kind: str, name: str, asked: Asked) -> bool:
    """Vary a fixed hyperparameter over its first range, which is widened to its value."""
    finding, remedy = asked
    value = number_of(draft.plan, name)
    if value is None:
        return False
    axis = first_range(draft.plan, kind, value)
    low = 0.0 if value <= 0 else min(axis.low, value)
    scale = Scale.LINEAR if value <= 0 < axis.low else axis.scale
    try:
        varied = Float(low, max(axis.high, value), scale)
    except DesignError:
        return False
    return draft.vary(name, varied, remedy.because, finding.check, [asked])
