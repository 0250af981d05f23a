"""A script run again goes on: which plans are the same round (B2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from tunebook.words.design import Fixed, Round
from tunebook.words.errors import DesignError, PlanDiffersError


def with_baseline(asked: Mapping[str, Any], baseline: Mapping[str, Fixed]) -> dict[str, Any]:
    """Fix every hyperparameter of the baseline that was given no role.

    Args:
        asked: attributes of a plan, roles included.
        baseline: the hyperparameters that the book knows, with their values.
    """
    named = {*asked["scientific"], *asked["nuisance"], *asked["fixed"]}
    carried = {name: value for name, value in baseline.items() if name not in named}
    return {**asked, "fixed": {**carried, **asked["fixed"]}}


def extend_or_refuse(number: int, stands: Round, asked: Round) -> None:
    """Return where `asked` is `stands` with more trials; raise otherwise.

    Raises:
        PlanDiffersError: anything else differs; shows what.
        DesignError: fewer trials than the round has.
    """
    differences = [
        f"{field.name}: {getattr(stands, field.name)!r} -> {getattr(asked, field.name)!r}"
        for field in fields(Round)
        if field.name != "trials" and getattr(stands, field.name) != getattr(asked, field.name)
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
