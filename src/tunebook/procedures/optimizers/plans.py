"""Optimizers: the plan of each of its rounds (G1)."""

from __future__ import annotations

from collections.abc import Mapping

from tunebook.domain.design import Round
from tunebook.domain.trial import Configuration
from tunebook.procedures.optimizers.arguments import MOVES, OptimizersAsked
from tunebook.procedures.optimizers.spaces import Space, first_space, round_over
from tunebook.procedures.steps.stages import Stage, stage_of

CONFIRM = "confirm"
CONFIRMS = "Which optimizer is best with fresh seeds?"


def search_name(moved: int) -> str:
    """The stage of the first spaces, and those of widened ones."""
    return "search" + (f", moved {moved}" if moved else "")


def search(asked: OptimizersAsked, spaces: Mapping[str, Space], moved: int) -> Round:
    """Trials of some optimizers, each in its space."""
    shown = f"each of {len(spaces)} optimizers" if len(spaces) > 3 else " and ".join(spaces)
    do = "does" if len(spaces) == 1 or len(spaces) > 3 else "do"
    where = "a space that was cut off and is widened" if moved else "a space of its own"
    asks = f"What {do} {shown} reach in {where}?"
    return round_over(asked, search_name(moved), asks, 1 + moved, spaces, trials=asked.trials)


def confirm(asked: OptimizersAsked, best: Mapping[str, Configuration]) -> Round:
    """The best configuration of each optimizer, with fresh seeds."""
    spaces = {}
    for optimizer, config in best.items():
        own = first_space(asked, optimizer).names
        spaces[optimizer] = Space(held={n: v for n, v in config.items() if n in own})
    return round_over(
        asked, CONFIRM, CONFIRMS, MOVES + 2, spaces,
        trials=asked.seeds,
    )  # fmt: skip


def all_stages(asked: OptimizersAsked, spaces: Mapping[str, Space]) -> tuple[Stage, ...]:
    """Every stage, with the most that it can cost."""
    found = []
    for moved in range(MOVES + 1):
        only_if = "the space of some optimizer is cut off" if moved else ""
        found.append(stage_of(search_name(moved), search(asked, spaces, moved), only_if))
    last = Stage(
        name=CONFIRM,
        asks=CONFIRMS,
        trials=asked.seeds * len(spaces),
        max_train_steps=asked.max_train_steps,
    )
    return (*found, last)
