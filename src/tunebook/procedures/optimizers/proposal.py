"""Optimizers: the round to run next (G1 G2)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tunebook.checks.included_optimizers.check import known
from tunebook.domain.decision import Change
from tunebook.domain.formats.numbers import axis_text
from tunebook.domain.optimizers.catalogue import OPTIMIZERS
from tunebook.domain.record import Proposal
from tunebook.procedures.optimizers.arguments import MOST_TRIALS, OptimizersArguments
from tunebook.procedures.optimizers.results import OptimizersReading, Tuned
from tunebook.procedures.optimizers.several_searches import SearchVerdict
from tunebook.procedures.optimizers.spaces import (
    Space,
    first_space,
    roles,
    without_others,
)


def propose(args: OptimizersArguments, found: OptimizersReading) -> Proposal | None:
    """For a flagged optimizer its inclusive space beside what it lost to; else the winner's space.

    None where no optimizer is best beyond the noise.
    """
    verdict = found.verdict
    if not isinstance(verdict, SearchVerdict):
        return None
    for loser, winner, _ in found.flagged:
        opened = _inclusive(args, found.tuned[loser])
        if opened is not None:
            return _again(args, found, loser, winner, opened)
    first = verdict.order[0]
    beaten = {b for a, b in verdict.better if a == first}
    if found.flagged or len(beaten) < len(verdict.order) - 1:
        return None
    return _winner(args, found.tuned[first])


def _inclusive(args: OptimizersArguments, loser: Tuned) -> Space | None:
    """Its space with nothing held and all that it includes; None where it has that already."""
    entry = OPTIMIZERS.get(known(loser.optimizer) or "")
    if entry is None or not entry.inclusive or entry.name != loser.optimizer:
        return None
    spaces = {n: s for n, s in args.spaces.items() if n != loser.optimizer}
    opened = first_space(replace(args, inclusive=True, spaces=spaces), loser.optimizer)
    return None if opened.varied.keys() == loser.space.varied.keys() else opened


def _again(
    args: OptimizersArguments, found: OptimizersReading, loser: str, winner: str, opened: Space
) -> Proposal:
    spaces = {winner: found.tuned[winner].space, loser: opened}
    made: dict[str, Any] = roles(args, spaces)
    made["fixed"] = {
        n: v
        for n, v in {**without_others(args, args.fixed), **made["fixed"]}.items()
        if n not in made["nuisance"] and n != args.optimizer
    }
    plan = args.proposed(
        f"Does {loser} still lose to {winner} in a space that holds what {winner} does?",
        **made,
        trials=min(2 * args.trials, MOST_TRIALS) * len(spaces),
        max_train_steps=args.max_train_steps,
        seed=args.seed,
    )
    before = found.tuned[loser].space.varied
    changes = [
        Change(
            key=f"nuisance.{name}[{args.optimizer}={loser}]",
            before=axis_text(before[name]) if name in before else "-",
            after=axis_text(axis),
            because=f"{loser} lost to {winner}, which it can imitate",
            check="G2",
        )
        for name, axis in opened.varied.items()
        if before.get(name) != axis
    ]
    return Proposal(plan=plan, changes=tuple(changes))


def _winner(args: OptimizersArguments, best: Tuned) -> Proposal:
    chosen = {args.optimizer: best.optimizer}
    plan = args.proposed(
        f"Which configuration of {best.optimizer} is best here?",
        nuisance=dict(best.space.varied),
        fixed={
            n: v
            for n, v in {**without_others(args, args.fixed), **best.space.held, **chosen}.items()
            if n not in best.space.varied
        },
        trials=args.trials,
        max_train_steps=args.max_train_steps,
        seed=args.seed,
    )
    change = Change(
        key=f"fixed.{args.optimizer}",
        before=str(args.fixed[args.optimizer]),
        after=best.optimizer,
        because="it is the best of those compared",
        check="G1",
    )
    return Proposal(plan=plan, changes=(change,))
