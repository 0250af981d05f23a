"""Optimizers: the round to run next (G1 G2)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tunebook.checks.included_optimizers.check import known
from tunebook.domain.decision import Change
from tunebook.domain.design import Round
from tunebook.domain.formats.numbers import axis_text
from tunebook.domain.optimizers.catalogue import OPTIMIZERS
from tunebook.domain.record import Proposal
from tunebook.procedures.optimizers.arguments import MOST_TRIALS, OptimizersAsked
from tunebook.procedures.optimizers.results import OptimizersReading, Tuned
from tunebook.procedures.optimizers.several_searches import SearchVerdict
from tunebook.procedures.optimizers.spaces import (
    Space,
    first_space,
    roles,
    without_others,
)


def propose(asked: OptimizersAsked, found: OptimizersReading) -> Proposal | None:
    """For a flagged optimizer its inclusive space beside what it lost to; else the winner's space.

    None where no optimizer is best beyond the noise.
    """
    verdict = found.verdict
    if not isinstance(verdict, SearchVerdict):
        return None
    for loser, winner, _ in found.flagged:
        opened = _inclusive(asked, found.tuned[loser])
        if opened is not None:
            return _again(asked, found, loser, winner, opened)
    first = verdict.order[0]
    beaten = {b for a, b in verdict.better if a == first}
    if found.flagged or len(beaten) < len(verdict.order) - 1:
        return None
    return _winner(asked, found.tuned[first])


def _inclusive(asked: OptimizersAsked, loser: Tuned) -> Space | None:
    """Its space with nothing held and all that it includes; None where it has that already."""
    entry = OPTIMIZERS.get(known(loser.optimizer) or "")
    if entry is None or not entry.inclusive or entry.name != loser.optimizer:
        return None
    spaces = {n: s for n, s in asked.spaces.items() if n != loser.optimizer}
    opened = first_space(replace(asked, inclusive=True, spaces=spaces), loser.optimizer)
    return None if opened.varied.keys() == loser.space.varied.keys() else opened


def _again(
    asked: OptimizersAsked, found: OptimizersReading, loser: str, winner: str, opened: Space
) -> Proposal:
    spaces = {winner: found.tuned[winner].space, loser: opened}
    made: dict[str, Any] = roles(asked, spaces)
    made["fixed"] = {
        n: v
        for n, v in {**without_others(asked, asked.fixed), **made["fixed"]}.items()
        if n not in made["nuisance"] and n != asked.optimizer
    }
    plan = Round(
        goal=f"Does {loser} still lose to {winner} in a space that holds what {winner} does?",
        **made,
        trials=min(2 * asked.trials, MOST_TRIALS) * len(spaces),
        max_train_steps=asked.max_train_steps,
        seed=asked.seed,
        note=f"Proposed by the procedure {asked.procedure}.",
    )
    before = found.tuned[loser].space.varied
    changes = [
        Change(
            key=f"nuisance.{name}[{asked.optimizer}={loser}]",
            before=axis_text(before[name]) if name in before else "-",
            after=axis_text(axis),
            because=f"{loser} lost to {winner}, which it can imitate",
            check="G2",
        )
        for name, axis in opened.varied.items()
        if before.get(name) != axis
    ]
    return Proposal(plan=plan, changes=tuple(changes))


def _winner(asked: OptimizersAsked, best: Tuned) -> Proposal:
    chosen = {asked.optimizer: best.optimizer}
    plan = Round(
        goal=f"Which configuration of {best.optimizer} is best here?",
        nuisance=dict(best.space.varied),
        fixed={
            n: v
            for n, v in {**without_others(asked, asked.fixed), **best.space.held, **chosen}.items()
            if n not in best.space.varied
        },
        trials=asked.trials,
        max_train_steps=asked.max_train_steps,
        seed=asked.seed,
        note=f"Proposed by the procedure {asked.procedure}.",
    )
    change = Change(
        key=f"fixed.{asked.optimizer}",
        before=str(asked.set_to("optimizer")),
        after=best.optimizer,
        because="it is the best of those compared",
        check="G1",
    )
    return Proposal(plan=plan, changes=(change,))
