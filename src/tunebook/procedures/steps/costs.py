"""What the stages of a procedure cost: trials, steps, and seconds where the book has timed any."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from tunebook.domain.design import Round
from tunebook.domain.origin import Stage
from tunebook.domain.trial import Purpose, Status, TrialRecord
from tunebook.procedures.steps.old_notes import origin_in
from tunebook.procedures.steps.stages import PossibleRound, origin_of


class TimedRound(Protocol):
    """A round that shows how long its trials take."""

    number: int

    @property
    def plan(self) -> Round:
        """Its plan."""

    @property
    def trials(self) -> tuple[TrialRecord, ...]:
        """Its trials."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StageCost:
    """A stage with what is left of its cost.

    Attributes:
        stage: which one.
        asks: its question.
        most: trials that it can take at most.
        max_train_steps: of each trial.
        only_if: when it runs, as a clause; empty where it always does.
        round: number of its round; None where there is none yet.
        trials, steps: that are left, steps of all trials together.
        seconds: wall time of these with so many workers; None where no trial was timed yet.
        ended: trials of it that have ended.
    """

    stage: Stage
    asks: str
    most: int
    max_train_steps: int
    only_if: str
    round: int | None
    trials: int
    steps: int
    seconds: float | None
    ended: int


def stage_costs(
    stages: Iterable[PossibleRound],
    rounds: Mapping[Stage, TimedRound],
    book: Sequence[TimedRound],
    *,
    workers: int,
) -> tuple[StageCost, ...]:
    """The cost of what is left of each stage.

    Args:
        stages: of the procedure; rounds: those that the book has, by stage.
        book: all rounds, oldest first; the newest with a complete trial tells seconds a step.
        workers: trials at a time, from 1.
    """
    step_s = _seconds_a_step(book)
    return tuple(
        _cost(possible, rounds.get(origin_of(possible.plan).stage), step_s, workers)
        for possible in stages
    )


def _cost(
    possible: PossibleRound, round_: TimedRound | None, step_s: float | None, workers: int
) -> StageCost:
    """A stage that has a round asks what that asks, and trains as long."""
    origin = origin_of(possible.plan)
    there = origin_in(round_.plan) if round_ else None
    length = (round_ or possible).plan.max_train_steps
    ended = sum(t.status.ended for t in round_.trials) if round_ else 0
    left = max(possible.plan.trials - ended, 0)
    return StageCost(
        stage=origin.stage,
        asks=(there or origin).asks,
        most=possible.plan.trials,
        max_train_steps=length,
        only_if=possible.only_if,
        round=round_.number if round_ else None,
        trials=left,
        steps=left * length,
        seconds=None if step_s is None else math.ceil(left / workers) * length * step_s,
        ended=ended,
    )


def searched(round_: TimedRound) -> tuple[TrialRecord, ...]:
    """A round's trials without the reruns that a decision may have added."""
    return tuple(t for t in round_.trials if t.purpose is not Purpose.RERUN)


def _seconds_a_step(book: Sequence[TimedRound]) -> float | None:
    """Of the newest round with a complete trial, as if time were proportional to steps."""
    for round_ in reversed(book):
        timed = [t for t in round_.trials if t.status is Status.COMPLETE and t.seconds > 0]
        if timed:
            return sum(t.seconds for t in timed) / sum(t.max_train_steps for t in timed)
    return None
