"""How far a round is, and how its parts read.

Trials done, running and infeasible, the best so far, the time left; of each trial under way its
step, its value now and its time left.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tunebook.domain.formats.numbers import digits, seconds_text

if TYPE_CHECKING:
    from tunebook.domain.trial import TrialRecord
    from tunebook.store.ingest import Reported

MOST_IN_A_LINE = 3
"""Trials under way that a plain line tells of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """A trial that is being trained.

    Attributes:
        name: of the trial; steps: that it trains.
        elapsed_s: since it was given to a worker.
        step: of its last report; None before the first one.
        value: of the objective, as it was last reported.
        seconds_left: expected from its own speed; None before two reports at different steps.
    """

    name: str
    steps: int
    elapsed_s: float
    step: int | None = None
    value: float | None = None
    seconds_left: float | None = None

    @classmethod
    def of(
        cls, trial: TrialRecord, elapsed_s: float, seen: Reported | None, metric: str, now: float
    ) -> UnderWay:
        """What reports say of a trial.

        Args:
            trial, elapsed_s: as above.
            seen: its reports so far.
            metric: the objective's name.
            now: on the clock of `seen`, in seconds.
        """
        steps = trial.max_train_steps
        if seen is None:
            return cls(name=trial.name, steps=steps, elapsed_s=elapsed_s)
        left = seen.seconds_to(steps - 1)
        return cls(
            name=trial.name,
            steps=steps,
            elapsed_s=elapsed_s,
            step=seen.last[0],
            value=seen.values.get(metric),
            seconds_left=None if left is None else max(0.0, left - (now - seen.at)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far the trials of a round are.

    Attributes:
        total: trials of this round and purpose; done: those that have ended.
        running, infeasible, failed: how many of them.
        best: the best objective value of a complete trial, in natural units; best_trial: its name.
        seconds_left: expected, or None before a trial has ended or shown its speed.
        elapsed_s: since this run of the round began.
        last_cause: why the last infeasible or failed trial ended; last_trial: its name.
        metric: the objective's name.
        stopping: what stops the run, while it stops.
        trials: those under way, the one that began first first.
    """

    total: int
    done: int
    running: int
    infeasible: int
    failed: int
    best: float | None = None
    best_trial: str = ""
    seconds_left: float | None = None
    elapsed_s: float = 0.0
    last_cause: str = ""
    last_trial: str = ""
    metric: str = ""
    stopping: str = ""
    trials: tuple[UnderWay, ...] = ()


def parts(progress: Progress) -> list[str]:
    """Progress in words, part by part, most important first."""
    said = [f"{progress.done}/{progress.total} trials done"]
    if progress.running:
        said.append(f"{progress.running} running")
    if progress.best is not None:
        said.append(f"best {best_text(progress)}")
    if progress.infeasible or progress.failed:
        said.append(spoilt_text(progress))
    said.append(left_text(progress))
    return [s for s in said if s]


def plain_line(progress: Progress) -> str:
    """Progress in one line, with the trials under way that began first."""
    known = [t for t in progress.trials if t.step is not None]
    said = [f"trial {t.name} at {' '.join(p for p in trial_parts(t, progress.metric) if p)}"
            for t in known[:MOST_IN_A_LINE]]  # fmt: skip
    return ", ".join([*parts(progress), *said])


def trial_parts(trial: UnderWay, metric: str = "") -> tuple[str, str, str]:
    """Of a trial under way its step, its value and its time left, each empty where not known."""
    named = f"{metric} " if metric else ""
    left = trial.seconds_left
    return (
        "" if trial.step is None else f"step {trial.step}/{trial.steps}",
        "" if trial.value is None else f"{named}{digits(trial.value, 4)}",
        "" if left is None else f"{seconds_text(math.ceil(left))} left",
    )


def best_text(progress: Progress) -> str:
    """The best value so far, with its metric and its trial."""
    named = f"{progress.metric} " if progress.metric else ""
    best = "" if progress.best is None else digits(progress.best, 4)
    return f"{named}{best} (trial {progress.best_trial})"


def spoilt_text(progress: Progress) -> str:
    """How many trials did not complete, and why the last of them did not."""
    said = []
    if progress.infeasible:
        said.append(f"{progress.infeasible} infeasible")
    if progress.failed:
        said.append(f"{progress.failed} failed")
    last = f", last: {progress.last_cause}" if progress.last_cause else ""
    where = f" (trial {progress.last_trial})" if last and progress.last_trial else ""
    return " and ".join(said) + last + where


def left_text(progress: Progress) -> str:
    """The time left where it is known, else the time so far; what stops the run, if anything."""
    if progress.stopping:
        return progress.stopping
    if progress.done >= progress.total:
        return f"in {seconds_text(math.ceil(progress.elapsed_s))}"
    if progress.seconds_left is None:
        return f"{seconds_text(math.ceil(progress.elapsed_s))} so far"
    return f"{seconds_text(math.ceil(progress.seconds_left))} left"
