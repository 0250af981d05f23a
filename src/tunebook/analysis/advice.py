"""The findings' remedies put together as the next round's plan, for a person to edit (B C1 E5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from tunebook.words.decision import Change, Decision, Verdict
from tunebook.words.design import Round
from tunebook.words.finding import Examination, Finding, Remedy, RemedyKind, subject_name
from tunebook.words.record import Proposal
from tunebook.words.space import Axis, Choice, Float, Integer, Per, Scale, spell
from tunebook.words.trial import Value

ORDER = (
    RemedyKind.WIDEN,
    RemedyKind.SHRINK,
    RemedyKind.TRAIN_LONGER,
    RemedyKind.MORE_TRIALS,
    RemedyKind.TRAIN_SHORTER,
)


def propose(
    plan: Round, examination: Examination, *, decision: Decision | None = None
) -> Proposal:
    """The round after `plan`: the same question with what its findings ask for changed.

    A cut-off space comes first: density and length are judged again once it is wide enough, so
    that more trials or steps are left for the round after. A side that failing trials lie on is
    not widened. What can't be carried out by itself is listed as unresolved.
    """
    remedies = [(f, f.remedy) for f in examination.findings if f.remedy is not None]
    unresolved = [
        f"{f.sentence} (by hand: {remedy.kind.value.replace('_', ' ')})"
        for f, remedy in remedies
        if remedy.kind not in ORDER
    ]
    widened = {_where(r) for _, r in remedies if r.kind is RemedyKind.WIDEN}
    changes: list[Change] = []
    following = plan
    for kind in ORDER:
        for finding, remedy in (x for x in remedies if x[1].kind is kind):
            refusal = _refusal(remedy, plan, widened)
            if refusal:
                unresolved.append(refusal)
                continue
            following, change = _apply(following, finding, remedy)
            if change is not None:
                changes.append(change)
    following, fresh = _settle_decision(following, decision)
    changes = fresh + changes
    if not changes:
        unresolved.append(
            "The findings ask for no change: the question of this round is answered as far as "
            "this space goes. Ask the next one."
        )
    return Proposal(
        plan=replace(following, goal=_goal(plan, changes)),
        changes=tuple(changes),
        unresolved=tuple(unresolved),
    )


def _where(remedy: Remedy) -> str:
    return subject_name(remedy.subject, remedy.conditions)


def _refusal(remedy: Remedy, plan: Round, widened: set[str]) -> str:
    """Why a remedy is left for later, or an empty string."""
    if remedy.kind is RemedyKind.SHRINK and _where(remedy) in widened:
        return (
            f"{_where(remedy)} is cut off at one end and fails at the other: it was widened, and "
            "not shrunk; instability may be what holds it back."
        )
    if remedy.kind in (RemedyKind.TRAIN_LONGER, RemedyKind.MORE_TRIALS) and widened:
        what = "training longer" if remedy.kind is RemedyKind.TRAIN_LONGER else "more trials"
        return f"{what.capitalize()} waits until the space is wide enough ({remedy.because})."
    if remedy.kind is RemedyKind.TRAIN_SHORTER and (widened or plan.scientific):
        return f"Training shorter waits until the question is answered ({remedy.because})."
    return ""


def _apply(plan: Round, finding: Finding, remedy: Remedy) -> tuple[Round, Change | None]:
    if remedy.kind in (RemedyKind.WIDEN, RemedyKind.SHRINK):
        return _rerange(plan, finding, remedy)
    if remedy.kind is RemedyKind.MORE_TRIALS:
        # The remedy speaks of one study; the round shares its trials out evenly.
        return _set(plan, "trials", max(plan.trials, 2 * plan.trials), finding, remedy)
    asked = remedy.values.get("max_train_steps", plan.max_train_steps)
    return _set(plan, "max_train_steps", int(asked), finding, remedy)


def _set(
    plan: Round, key: str, value: int, finding: Finding, remedy: Remedy
) -> tuple[Round, Change | None]:
    before = getattr(plan, key)
    if before == value:
        return plan, None
    change = Change(
        key=key,
        before=str(before),
        after=str(value),
        because=remedy.because,
        check=finding.check,
    )
    if key == "trials":
        return replace(plan, trials=value), change
    return replace(plan, max_train_steps=value), change


def _rerange(plan: Round, finding: Finding, remedy: Remedy) -> tuple[Round, Change | None]:
    for role in ("scientific", "nuisance"):
        held: Mapping[str, Axis | Per] = getattr(plan, role)
        if remedy.subject not in held:
            continue
        before = _leaf(held[remedy.subject], remedy.conditions)
        after = _ranged(remedy)
        if not isinstance(before, Float | Integer) or before == after:
            return plan, None
        axis = _replaced(held[remedy.subject], remedy.conditions, after)
        change = Change(
            key=f"{role}.{_where(_on_path(held[remedy.subject], remedy))}",
            before=f"{spell(before.low)} to {spell(before.high)}",
            after=f"{spell(after.low)} to {spell(after.high)}",
            because=remedy.because,
            check=finding.check,
        )
        changed = {**held, remedy.subject: axis}
        if role == "scientific":
            return replace(plan, scientific=changed), change
        return replace(plan, nuisance=changed), change
    return plan, None


def _ranged(remedy: Remedy) -> Float | Integer:
    low, high, scale = (remedy.values[k] for k in ("low", "high", "scale"))
    if isinstance(low, int) and isinstance(high, int):
        return Integer(low, high, Scale(str(scale)))
    return Float(float(low), float(high), Scale(str(scale)))


def _leaf(axis: Axis | Per, conditions: Mapping[str, Value]) -> Axis | Per | None:
    while isinstance(axis, Per):
        below = axis.under(conditions[axis.on]) if axis.on in conditions else None
        if below is None:
            return None
        axis = below
    return axis


def _replaced(axis: Axis | Per, conditions: Mapping[str, Value], leaf: Axis) -> Axis | Per:
    if not isinstance(axis, Per):
        return leaf
    here = conditions[axis.on]
    return Per(
        axis.on,
        tuple((v, _replaced(a, conditions, leaf) if v == here else a) for v, a in axis.when),
    )


def _on_path(axis: Axis | Per, remedy: Remedy) -> Remedy:
    """The remedy with only the conditions that the axis itself depends on."""
    needed: dict[str, Value] = {}
    while isinstance(axis, Per):
        needed[axis.on] = remedy.conditions[axis.on]
        below = axis.under(remedy.conditions[axis.on])
        assert below is not None
        axis = below
    return replace(remedy, conditions=needed)


def _settle_decision(plan: Round, decision: Decision | None) -> tuple[Round, list[Change]]:
    """A scientific choice that was decided is fixed, with its branch of everything else."""
    if decision is None or decision.verdict is not Verdict.ADOPT or not plan.scientific:
        return plan, []
    changes, fixed = [], dict(plan.fixed)
    for name, axis in plan.scientific.items():
        if not isinstance(axis, Choice) or name not in decision.config:
            return plan, []
        fixed[name] = decision.config[name]
        changes.append(
            Change(
                key=f"fixed.{name}",
                before="scientific",
                after=spell(decision.config[name]),
                because=f"decision {decision.number} adopted it",
                check="D3",
            )
        )
    nuisance = {
        n: leaf
        for n, a in plan.nuisance.items()
        if (leaf := _leaf(a, {**decision.config})) is not None
    }
    return replace(plan, scientific={}, nuisance=nuisance, fixed=fixed), changes


def _goal(plan: Round, changes: list[Change]) -> str:
    """The question again, with what changed: a round is known by its goal."""
    base = plan.goal.split(" [", 1)[0]
    said = [f"{c.key.split('.', 1)[-1]} {c.after}" for c in changes] or ["again"]
    return f"{base} [{', '.join(said)}]"
