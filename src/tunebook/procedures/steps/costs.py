"""What the stages of a procedure cost: trials, steps, and seconds where a round tells them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tunebook.domain.design import Round
from tunebook.domain.trial import Purpose, Status, TrialRecord
from tunebook.procedures.steps.stages import Stage


class TimedRound(Protocol):
    """What tells how long trials take."""

    @property
    def plan(self) -> Round:
        """Its plan."""

    @property
    def trials(self) -> tuple[TrialRecord, ...]:
        """Its trials."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageCost:
    """A stage with what it takes.

    Attributes:
        stage: what it is.
        trials, steps: of all trials together; those that ended are not counted any more.
        seconds: wall time with so many workers; None where no trial was timed yet.
        ended: trials of it that have ended.
    """

    stage: Stage
    trials: int
    steps: int
    seconds: float | None
    ended: int


def stage_costs(
    stages: Sequence[Stage],
    rounds: Mapping[str, TimedRound],
    book: Sequence[TimedRound],
    *,
    workers: int,
) -> tuple[StageCost, ...]:
    """The cost of what is left of each stage.

    Args:
        stages: of the procedure; rounds: those that stand already, by stage.
        book: all rounds, oldest first; the newest with a complete trial tells seconds a step.
        workers: trials at a time, from 1.
    """
    step_s = _seconds_a_step(book)
    costs = []
    for stage in stages:
        ended = (
            sum(t.status.ended for t in rounds[stage.name].trials) if stage.name in rounds else 0
        )
        trials = max(stage.trials - ended, 0)
        waves = math.ceil(trials / workers)
        costs.append(
            StageCost(
                stage=stage,
                trials=trials,
                steps=trials * stage.max_train_steps,
                seconds=None if step_s is None else waves * stage.max_train_steps * step_s,
                ended=ended,
            )
        )
    return tuple(costs)


def searched(round_: TimedRound) -> tuple[TrialRecord, ...]:
    """A round's trials without the reruns that a decision may have added."""
    return tuple(t for t in round_.trials if t.purpose is not Purpose.RERUN)


def _seconds_a_step(book: Sequence[TimedRound]) -> float | None:
    """Of the newest round with a complete trial: a proportion of time to steps is taken."""
    for round_ in reversed(book):
        timed = [t for t in round_.trials if t.status is Status.COMPLETE and t.seconds > 0]
        if timed:
            return sum(t.seconds for t in timed) / sum(t.max_train_steps for t in timed)
    return None
