"""Advice on ranges: ends are moved out where the best lie, and in where trials fail (C1 C3 C4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tunebook.advice.draft import Asked, Draft, range_text
from tunebook.domain.decision import Change
from tunebook.domain.design import Role
from tunebook.domain.errors import DesignError
from tunebook.domain.finding import Remedy, RemedyKind, subject_name
from tunebook.domain.plan_edits import conditions_of, leaf_of, unspoken, with_range
from tunebook.domain.space import Float, Integer, spell


def rerange(draft: Draft, asked: Sequence[Asked]) -> bool:
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


def _rerange_one(draft: Draft, where: str, asked: Sequence[Asked]) -> None:
    first = asked[0][1]
    axis = leaf_of(draft.plan, first.subject, first.conditions)
    if not isinstance(axis, Float | Integer):
        draft.unresolved += [f"{f.sentence} (by hand: there is no range)" for f, _ in asked]
        return
    ends: dict[str, float] = {"low": axis.low, "high": axis.high}
    reasons: list[Asked] = []
    for side in ("low", "high"):
        moved = [x for x in asked if x[1].values.get(side, ends[side]) != ends[side]]
        if not moved or _stays(draft, where, side, ends[side], moved):
            continue
        bounds = [float(r.values[side]) for _, r in moved]
        # Of wider ends the widest, of narrower ones the mildest.
        ends[side] = min(bounds) if side == "low" else max(bounds)
        reasons += [x for x in moved if x not in reasons]
    if reasons:
        _move(draft, where, axis, ends, reasons)


def _stays(draft: Draft, where: str, side: str, end: float, moved: Sequence[Asked]) -> bool:
    """Whether an end stays where it is, though findings would move it; says why."""
    wider = [r for _, r in moved if r.kind is RemedyKind.WIDEN]
    narrower = [r for _, r in moved if r.kind is not RemedyKind.WIDEN]
    kept = f"The {side} end of {where} stays at {spell(end)}"
    if wider and narrower:
        if any(_meet(a, b) for a in wider for b in narrower):
            draft.unresolved.append(
                f"{kept}: the best trials lie near it, and trials fail there. Instability holds "
                "this workload back; a warm-up or gradient clipping may move it (H1)."
            )
        else:
            draft.unresolved.append(
                f"{kept}: one study is best near it, another fails there. Give each a range of "
                "its own with tb.per(...)."
            )
        return True
    if narrower and (silent := unspoken(draft.plan, narrower[0].subject, narrower, shared=True)):
        draft.resolved.append(
            f"{kept}: trials fail there in one study, and {silent}, which has the same range, "
            "does not say so."
        )
        return True
    return False


def _meet(one: Remedy, other: Remedy) -> bool:
    """Whether two remedies can speak of the same trials."""
    return all(other.conditions.get(k, v) == v for k, v in one.conditions.items())


def _move(
    draft: Draft,
    where: str,
    axis: Float | Integer,
    ends: Mapping[str, float],
    reasons: Sequence[Asked],
) -> None:
    remedy = reasons[0][1]
    try:
        after = _axis(axis, ends["low"], ends["high"])
        plan = with_range(draft.plan, remedy, after)
    except (DesignError, OverflowError) as error:
        rule = error.rule if isinstance(error, DesignError) else str(error)
        draft.unresolved.append(f"The range of {where} can't be changed so: {rule}")
        return
    if after == axis:
        draft.unresolved.append(
            f"The range of {where} stays: to whole numbers the end asked for is the one it has."
        )
        return
    role = "scientific" if draft.plan.role(remedy.subject) is Role.SCIENTIFIC else "nuisance"
    change = Change(
        key=f"{role}.{where}",
        before=range_text(axis),
        after=range_text(after),
        because=", and ".join(dict.fromkeys(r.because for _, r in reasons)),
        check=" ".join(dict.fromkeys(f.check for f, _ in reasons)),
    )
    draft.take(plan, change, reasons)


def _axis(axis: Float | Integer, low: float, high: float) -> Float | Integer:
    if isinstance(axis, Integer):
        return Integer(round(low), round(high), axis.scale)
    return Float(low, high, axis.scale)
