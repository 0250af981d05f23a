"""Plans read and changed by their branches: a range on one, a choice settled (B2 B3)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from tunebook.domain.design import Fixed, Round, studies
from tunebook.domain.errors import DesignError
from tunebook.domain.finding import Remedy
from tunebook.domain.space import Axis, Choice, Per, leaves
from tunebook.domain.trial import Configuration, Value

T = TypeVar("T")


def _known(plan: Round, conditions: Configuration) -> dict[str, Value]:
    """Conditions, and what the plan holds fixed anyway."""
    held = {name: value for name, value in plan.fixed.items() if not isinstance(value, Per)}
    return {**held, **conditions}


def leaf_of(plan: Round, hyperparameter: str, conditions: Configuration) -> Axis | None:
    """The range of a varied hyperparameter under conditions; None where it has none there."""
    axis = plan.varied.get(hyperparameter)
    known = _known(plan, conditions)
    while isinstance(axis, Per):
        axis = axis.under(known[axis.on]) if axis.on in known else None
    return axis


def conditions_of(plan: Round, remedy: Remedy) -> dict[str, Value]:
    """Those of a remedy's conditions that the range of its subject depends on."""
    axis = plan.varied.get(remedy.subject)
    known, needed = _known(plan, remedy.conditions), {}
    while isinstance(axis, Per) and axis.on in known:
        needed[axis.on] = known[axis.on]
        axis = axis.under(known[axis.on])
    return needed


def with_range(plan: Round, remedy: Remedy, range_: Axis) -> Round:
    """The plan with another range for a remedy's subject, on the remedy's branch alone.

    Raises:
        DesignError: the plan does not allow it.
    """
    known = _known(plan, remedy.conditions)

    def replaced(axis: Axis | Per) -> Axis | Per:
        if not isinstance(axis, Per):
            return range_
        here = known[axis.on]
        return Per(axis.on, tuple((v, replaced(a) if v == here else a) for v, a in axis.when))

    name = remedy.subject
    if name in plan.scientific:
        changed = {**plan.scientific, name: replaced(plan.scientific[name])}
        return replace(plan, scientific=changed)
    return replace(plan, nuisance={**plan.nuisance, name: replaced(plan.nuisance[name])})


def unspoken(plan: Round, name: str, remedies: Sequence[Remedy], *, shared: bool = False) -> str:
    """The first study in which a hyperparameter varies and of which no remedy speaks; or "".

    Args:
        plan: the round.
        name: of the hyperparameter.
        remedies: on it, one at least.
        shared: only studies that have the range of the first remedy are asked.
    """
    needed = conditions_of(plan, remedies[0]) if shared else {}
    for study in studies(plan):
        settled = study.branch.conditions
        own = all(settled.get(k, v) == v for k, v in needed.items())
        if (
            own
            and name in study.branch.axes
            and not any(
                all(settled.get(k, v) == v for k, v in r.conditions.items()) for r in remedies
            )
        ):
            return study.name
    return ""


def fix_on_branches(plan: Round, name: str, remedies: Sequence[Remedy]) -> Round:
    """The plan with a conditional hyperparameter fixed, on each branch at its own value.

    Raises:
        DesignError: the plan that is left breaks a rule.
    """

    def fixed(axis: Axis | Per, settled: dict[str, Value]) -> Axis | Per:
        if isinstance(axis, Per):
            return Per(
                axis.on, tuple((v, fixed(a, {**settled, axis.on: v})) for v, a in axis.when)
            )
        own = [
            r.values["value"]
            for r in remedies
            if all(settled.get(k, v) == v for k, v in r.conditions.items())
        ]
        return Choice((own[0],)) if own else axis

    held = fixed(plan.nuisance[name], _known(plan, {}))
    assert isinstance(held, Per)
    return replace(
        plan,
        nuisance=_but(plan.nuisance, name),
        fixed={**plan.fixed, name: held},
        levels=_but(plan.levels, name),
    )


def settle(plan: Round, values: Mapping[str, Value]) -> Round:
    """The plan with varied hyperparameters fixed, and everything that depended on them decided.

    A hyperparameter that exists under another value alone leaves the plan, with its constraints
    and levels.

    Raises:
        DesignError: the plan that is left breaks a rule.
    """
    scientific = _under(plan.scientific, values)
    nuisance = _under(plan.nuisance, values)
    fixed: dict[str, Fixed] = {}
    for name, value in plan.fixed.items():
        left = _reduced(value, values) if isinstance(value, Per) else Choice((value,))
        if isinstance(left, Per):
            fixed[name] = left
        elif isinstance(left, Choice):
            fixed[name] = left.values[0]
    for name, value in values.items():
        scientific.pop(name, None)
        nuisance.pop(name, None)
        fixed[name] = value
    known = {*scientific, *nuisance, *fixed}
    return replace(
        plan,
        scientific=scientific,
        nuisance=nuisance,
        fixed=fixed,
        levels={n: k for n, k in plan.levels.items() if n in scientific or n in nuisance},
        subject_to=tuple(
            c
            for c in plan.subject_to
            if c.left in known and (not isinstance(c.right, str) or c.right in known)
        ),
    )


def without(plan: Round, name: str) -> Round:
    """The plan without a varied hyperparameter on which nothing depends.

    Raises:
        DesignError: another hyperparameter or a constraint depends on it, or the plan that is
            left breaks a rule.
    """
    held = {**plan.scientific, **plan.nuisance, **plan.fixed}
    leaning = [n for n, axis in held.items() if n != name and _depends(axis, name)]
    leaning += [
        f"{c.left} {c.relation} {c.right}" for c in plan.subject_to if name in (c.left, c.right)
    ]
    if leaning:
        raise DesignError(
            f"{leaning[0]} depends on {name}, which can't be taken out of the plan alone",
            next_step=f"fix {name} at the value that stands for the baseline",
        )
    return replace(
        plan,
        scientific=_but(plan.scientific, name),
        nuisance=_but(plan.nuisance, name),
        levels=_but(plan.levels, name),
    )


def _but(held: Mapping[str, T], name: str) -> dict[str, T]:
    return {n: value for n, value in held.items() if n != name}


def _depends(axis: Fixed | Axis, name: str) -> bool:
    """Whether a range or a fixed value differs by another hyperparameter."""
    if not isinstance(axis, Per):
        return False
    return axis.on == name or any(_depends(below, name) for _, below in axis.when)


def _under(axes: Mapping[str, Axis | Per], values: Mapping[str, Value]) -> dict[str, Axis | Per]:
    left = {name: _reduced(axis, values) for name, axis in axes.items()}
    return {name: axis for name, axis in left.items() if axis is not None}


def _reduced(axis: Axis | Per, values: Mapping[str, Value]) -> Axis | Per | None:
    """An axis with the conditions on settled hyperparameters decided; None where it is gone."""
    if not isinstance(axis, Per):
        return axis
    if axis.on in values:
        below = axis.under(values[axis.on])
        return None if below is None else _reduced(below, values)
    when = tuple((v, left) for v, a in axis.when if (left := _reduced(a, values)) is not None)
    return Per(axis.on, when) if when else None


def decided_by(plan: Round) -> dict[str, tuple[str, ...]]:
    """For each hyperparameter that exists in some trials only, those whose values decide it.

    One that exists under every value of another, with a range for each, is not among them.
    """
    axes: dict[str, Axis | Per] = dict(plan.varied)
    for name, value in plan.fixed.items():
        axes[name] = value if isinstance(value, Per) else Choice((value,))
    found = {name: tuple(dict.fromkeys(_deciding(axis, axes))) for name, axis in axes.items()}
    return {name: on for name, on in found.items() if on}


def _deciding(axis: Axis | Per, axes: Mapping[str, Axis | Per]) -> Iterator[str]:
    if not isinstance(axis, Per):
        return
    parent = axes.get(axis.on)
    known = (
        [v for a in leaves(parent) if isinstance(a, Choice) for v in a.values] if parent else []
    )
    if any(axis.under(value) is None for value in known):
        yield axis.on
        yield from _deciding(parent, axes) if parent is not None else ()
    for _, below in axis.when:
        yield from _deciding(below, axes)


def same_search(a: Round, b: Round) -> bool:
    """True where two plans are one search but for what it is called and its seed."""
    return _bare(a) == _bare(b)


def _bare(plan: Round) -> Round:
    return replace(
        plan,
        goal="a repeat",
        seed=0,
        note="",
        predictions=(),
        least_improvement=0.0,
        overrule=(),
        origin=None,
    )
