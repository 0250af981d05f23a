"""Optimizers: the plan of each of its rounds (G1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tunebook.domain.design import Round
from tunebook.domain.origin import Stage
from tunebook.domain.trial import Configuration
from tunebook.procedures.optimizers.arguments import OptimizersArguments
from tunebook.procedures.optimizers.spaces import Space, first_space, round_over
from tunebook.procedures.steps.stages import PossibleRound
from tunebook.procedures.steps.tuned_sweep import MOVES, moved_stage

CONFIRM = Stage(kind="confirm", name="confirm")


def search_stage(moved: int) -> Stage:
    """The stage of the first spaces, and those of widened ones."""
    return moved_stage("search", moved, "search")


def search(args: OptimizersArguments, spaces: Mapping[str, Space], moved: int) -> Round:
    """Trials of some optimizers, each in its space."""
    shown = f"each of {len(spaces)} optimizers" if len(spaces) > 3 else " and ".join(spaces)
    do = "does" if len(spaces) == 1 or len(spaces) > 3 else "do"
    where = "a space that was cut off and is widened" if moved else "a space of its own"
    asks = f"What {do} {shown} reach in {where}?"
    return round_over(args, search_stage(moved), asks, 1 + moved, spaces, trials=args.trials)


def confirm(args: OptimizersArguments, best: Mapping[str, Configuration]) -> Round:
    """The best configuration of each optimizer, with new seeds."""
    spaces = {}
    for optimizer, config in best.items():
        own = first_space(args, optimizer).names
        spaces[optimizer] = Space(held={n: v for n, v in config.items() if n in own})
    return _confirm(args, spaces)


def _confirm(args: OptimizersArguments, spaces: Mapping[str, Space]) -> Round:
    asks = "Which optimizer is best with new seeds?"
    return round_over(args, CONFIRM, asks, MOVES + 2, spaces, trials=args.seeds)


def all_rounds(args: OptimizersArguments) -> Iterator[PossibleRound]:
    """Every round, with the most trials that it can take."""
    spaces = {o: first_space(args, o) for o in args.optimizers}
    for moved in range(MOVES + 1):
        only_if = "the space of some optimizer is cut off" if moved else ""
        yield PossibleRound(plan=search(args, spaces, moved), only_if=only_if)
    yield PossibleRound(plan=_confirm(args, spaces))
