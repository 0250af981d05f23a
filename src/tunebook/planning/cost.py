"""What a planned round would take, from how long trials of an earlier one took (B5).

Seconds of a trial are taken to grow in proportion to its steps. Each study takes the mean of the
earlier study whose settled values are its own, where FEWEST of its trials were timed, else the
mean over all. Infeasible trials count as long as they took. A trial that shared its machine with
others took longer than it would alone: what is foretold is meant for as many workers as then.
Before any round, what a short test run measured of each study stands in. The start of a worker
(imports, data) is counted apart, once for each worker, where a test run timed it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
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
        start_s: of a worker's start, once for each worker; None where no test run timed it.
        workers: trials at a time.
        compute_s: of all `trials` and starts, one after the other; `wall_s` with the workers.
    """

    number: int
    timed: int
    trials: int
    step_s: float
    trial_s: float
    start_s: float | None
    workers: int
    compute_s: float = field(init=False)
    wall_s: float = field(init=False)

    def __post_init__(self) -> None:
        starting = self.start_s or 0.0
        compute_s = self.trials * self.trial_s + starting * min(self.workers, self.trials)
        object.__setattr__(self, "compute_s", compute_s)
        waves = math.ceil(self.trials / self.workers)
        object.__setattr__(self, "wall_s", starting + self.trial_s * waves)

    def of_trials(self, trials: int) -> PlannedCost:
        """The cost of so many trials that take as long as these."""
        return replace(self, trials=trials)


def planned_cost(
    plan: Round, timed: Timed | None, tried: Mapping[str, TriedTimes], workers: int
) -> PlannedCost | None:
    """The cost of a round by the trials of an earlier one, or else by a short test run.

    Args:
        plan: the round.
        timed: the earlier round, where there is one.
        tried: times of the test run by the study's name; a study that was not tried takes the
            mean of the others.
        workers: trials at a time, 1 or more.

    Returns:
        None where no trial was timed and nothing was tried.
    """
    if timed is not None and not (timed.seconds > 0).any():
        timed = None
    if timed is not None:
        usual = float(timed.seconds[timed.seconds > 0].mean())
        longer = plan.max_train_steps / timed.max_train_steps
        own = {s.name: longer * _like(s, timed, usual) for s in studies(plan)}
    elif tried:
        usual = float(np.mean([t.trial_s(plan) for t in tried.values()]))
        own = {s.name: usual for s in studies(plan)}
        own |= {name: t.trial_s(plan) for name, t in tried.items() if name in own}
    else:
        return None
    start_s = float(np.mean([t.start_s for t in tried.values()])) if tried else None
    trial_s = sum(len(s.numbers) * own[s.name] for s in studies(plan)) / plan.trials
    return PlannedCost(
        number=timed.number if timed is not None else 0,
        timed=int((timed.seconds > 0).sum()) if timed is not None else len(tried),
        trials=plan.trials,
        step_s=trial_s / plan.max_train_steps,
        trial_s=trial_s,
        start_s=start_s,
        workers=workers,
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
