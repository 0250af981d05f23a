"""What a planned round would take, from how long trials of an earlier one took (B5).

Seconds of a trial are taken to grow in proportion to its steps. Each study takes the mean of the
earlier study whose settled values are its own, where FEWEST of its trials were timed, else the
mean over all. Infeasible trials count as long as they took. A trial that shared its machine with
others took longer than it would alone: what is foretold is meant for as many workers as then.
Before any round, what a short test run measured of each study stands in.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tunebook.domain.design import Round, Study, studies
from tunebook.domain.trial import Configuration

if TYPE_CHECKING:
    from jaxtyping import Float

FEWEST = 3
"""Timed trials of a study below which the mean over all studies counts."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Timed:
    """How long the trials of a round took.

    Attributes:
        number: of the round.
        configs: of the trials that ended on their own account, infeasible ones included.
        seconds: of each; NaN where it is not known.
        max_train_steps: asked of each.
    """

    number: int
    configs: Sequence[Configuration]
    seconds: Float[np.ndarray, "trials"]
    max_train_steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TriedTimes:
    """What a short test run measured of one configuration, in seconds.

    Attributes:
        start_s: before the first step is done.
        step_s: of one step.
        evaluation_s, checkpoint_s: of one; 0 where none was seen.
    """

    start_s: float
    step_s: float
    evaluation_s: float = 0.0
    checkpoint_s: float = 0.0

    def trial_s(self, plan: Round) -> float:
        """Of a whole trial after its start."""
        times = min(plan.evaluations, plan.max_train_steps)
        each = self.evaluation_s + self.checkpoint_s
        return self.step_s * plan.max_train_steps + each * times


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCost:
    """Time, in seconds.

    Attributes:
        number: of the round whose trials were timed, and `timed` how many; 0 where a short test
            run of so many configurations was.
        step_s: of one step of training, evaluations included.
        trial_s: of one trial at the planned length, on average over the studies.
        compute_s: of all trials, one after the other.
        workers: trials at a time, and `wall_s` with these.
    """

    number: int
    timed: int
    step_s: float
    trial_s: float
    compute_s: float
    workers: int
    wall_s: float


def planned_cost(plan: Round, timed: Timed, workers: int) -> PlannedCost | None:
    """The cost of a round by the trials of an earlier one; None where none was timed.

    Args:
        plan: the round.
        timed: the earlier round.
        workers: trials at a time, 1 or more.
    """
    known = np.isfinite(timed.seconds) & (timed.seconds > 0)
    if not known.any():
        return None
    usual = float(timed.seconds[known].mean())
    split = studies(plan)
    steps = plan.max_train_steps / timed.max_train_steps
    compute_s = sum(len(s.numbers) * steps * _like(s, timed, usual) for s in split)
    trial_s = compute_s / plan.trials
    return PlannedCost(
        number=timed.number,
        timed=int(known.sum()),
        step_s=trial_s / plan.max_train_steps,
        trial_s=trial_s,
        compute_s=compute_s,
        workers=workers,
        wall_s=trial_s * math.ceil(plan.trials / workers),
    )


def tried_cost(plan: Round, tried: Mapping[str, TriedTimes], workers: int) -> PlannedCost | None:
    """The cost of a round by a short test run of it; None where nothing was tried.

    A study that was not tried takes the mean of the others. A worker starts once.

    Args:
        plan: the round.
        tried: times by the study's name.
        workers: trials at a time, 1 or more.
    """
    if not tried:
        return None
    usual = float(np.mean([t.trial_s(plan) for t in tried.values()]))
    start_s = float(np.mean([t.start_s for t in tried.values()]))
    own = {name: t.trial_s(plan) for name, t in tried.items()}
    total = sum(len(s.numbers) * own.get(s.name, usual) for s in studies(plan))
    trial_s = total / plan.trials
    return PlannedCost(
        number=0,
        timed=len(tried),
        step_s=trial_s / plan.max_train_steps,
        trial_s=trial_s,
        compute_s=total + start_s * min(workers, plan.trials),
        workers=workers,
        wall_s=start_s + trial_s * math.ceil(plan.trials / workers),
    )


def _like(study: Study, timed: Timed, usual: float) -> float:
    """Seconds of a trial in the earlier study that is settled alike."""
    settled = study.branch.conditions.items()
    own = [
        s
        for c, s in zip(timed.configs, timed.seconds.tolist(), strict=True)
        if s > 0 and all(c.get(k) == v for k, v in settled)
    ]
    return float(np.mean(own)) if settled and len(own) >= FEWEST else usual
