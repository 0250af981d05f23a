"""A script run again goes on: which plans are the same round (B2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from typing import Any

from tunebook.domain.design import Fixed, Round
from tunebook.domain.errors import DesignError, PlanDiffersError
from tunebook.domain.formats.notation import parse_constraint
from tunebook.domain.formats.plain_data import to_data
from tunebook.domain.formats.toml_text import value_text


def read_constraints(given: Any) -> Any:
    """Constraints, those that are written as texts read; a plan refuses what is no sequence."""
    if not isinstance(given, list | tuple):
        return given
    return tuple(parse_constraint(c) if isinstance(c, str) else c for c in given)


def with_baseline(
    roles: Mapping[str, Mapping[str, Any]], baseline: Mapping[str, Fixed]
) -> dict[str, Any]:
    """Fix every hyperparameter of the baseline that was given no role.

    Args:
        roles: "scientific", "nuisance" and "fixed", each with its hyperparameters.
        baseline: the hyperparameters that the book knows, with their values.
    """
    named = {name for own in roles.values() for name in own}
    carried = {name: value for name, value in baseline.items() if name not in named}
    return {**roles, "fixed": {**carried, **roles["fixed"]}}


def carried_into(plan: Round, baseline: Mapping[str, Fixed]) -> Round:
    """`with_baseline` of a plan that is made already, as a round file's."""
    roles = {"scientific": plan.scientific, "nuisance": plan.nuisance, "fixed": plan.fixed}
    return replace(plan, fixed=with_baseline(roles, baseline)["fixed"])


def same_predictions(stands: Round, asked: Round) -> Round:
    """`asked` with the predictions of `stands`, where it has none of its own.

    Predictions are written down before a round runs: a script that plans the round again does not
    repeat them, and a file can't change them afterwards.
    """
    return asked if asked.predictions else replace(asked, predictions=stands.predictions)


def extend_or_refuse(number: int, stands: Round, asked: Round) -> None:
    """Return where `asked` is `stands` with more trials; raise otherwise.

    Raises:
        PlanDiffersError: anything else differs; shows what.
        DesignError: fewer trials than the round has.
    """
    differences = [
        f"{key}: {before} -> {after}"
        for field in fields(Round)
        if field.name != "trials"
        for key, before, after in _differences(
            field.name, getattr(stands, field.name), getattr(asked, field.name)
        )
    ]
    if differences:
        raise PlanDiffersError(
            f"round {number} has this goal and another plan: " + "; ".join(differences),
            next_step="give the new plan a goal of its own, or restore the old one",
        )
    if asked.trials < stands.trials:
        raise DesignError(
            f"a round is extended, never cut; round {number} has {stands.trials} trials, "
            f"got {asked.trials}",
            next_step=f"ask for {stands.trials} or more",
        )


def _differences(key: str, before: Any, after: Any) -> Iterator[tuple[str, str, str]]:
    """What differs, by key, as a round file has it."""
    if to_data(before) == to_data(after):  # a NaN is no difference
        return
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in dict.fromkeys([*before, *after]):
            both = name in before and name in after
            if not both or to_data(before[name]) != to_data(after[name]):
                yield f"{key}.{name}", _written(before.get(name)), _written(after.get(name))
        return
    yield key, _written(before), _written(after)


def _written(value: Any) -> str:
    return "none" if value is None else value_text(to_data(value))
