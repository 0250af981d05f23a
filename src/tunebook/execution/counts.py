"""What a run of a round has come to so far, from which its progress is told."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from tunebook.domain.design import Objective
from tunebook.domain.table import reduce_curve
from tunebook.domain.trial import Outcome, Purpose, Status, TrialKey, TrialRecord
from tunebook.execution.progress import Progress, UnderWay
from tunebook.store import Store

RECENT = 50
"""Trials from which the time left is predicted: the last ones, since spaces are uneven."""


@dataclass(slots=True, kw_only=True)
class TrialCounts:
    """Counts of a round's trials, kept up to date by the scheduler.

    Attributes:
        statuses: of every trial of the round and purpose.
        best, best_name: the best complete trial.
        seconds: how long the last ended trials took.
        ran: outcomes of this run alone.
    """

    objective: Objective
    workers: int
    statuses: dict[TrialKey, Status] = field(default_factory=dict)
    best: float | None = None
    best_name: str = ""
    last_cause: str = ""
    last_name: str = ""
    seconds: list[float] = field(default_factory=list)
    ran: dict[TrialKey, Status] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    def count(self, status: Status) -> int:
        """Trials of a status, those ended before this run included."""
        return sum(1 for s in self.statuses.values() if s is status)

    @property
    def unended(self) -> int:
        """Trials that still have to end."""
        return sum(1 for s in self.statuses.values() if not s.ended)

    def refresh(self, store: Store, number: int, purpose: Purpose | None) -> None:
        """Read all trials anew: at the start, and where other hosts work on them too."""
        trials = [t for t in store.trials(number) if purpose is None or t.purpose is purpose]
        self.statuses = {t.key: t.status for t in trials}
        self.seconds = [t.seconds for t in trials if t.status is Status.COMPLETE][-RECENT:]
        curves = store.curves_of(number, [t.number for t in trials]).get(self.objective.metric)
        for i, trial in enumerate(trials):
            values = [] if curves is None else curves.of(i)[1].tolist()
            if trial.status is Status.COMPLETE and values:
                self._offer(trial.name, values)
            elif trial.status.ended:
                self._spoil(trial)

    def ended(self, store: Store, key: TrialKey, outcome: Outcome) -> None:
        """Count how a trial ended in this run."""
        self.statuses[key] = self.ran[key] = outcome.status
        if outcome.status is Status.COMPLETE:
            self.seconds = [*self.seconds, outcome.seconds][-RECENT:]
            metric = self.objective.metric
            values = [m.value for m in store.measurements(key) if m.metric == metric]
            self._offer(key.name, values)
        else:
            self.last_cause = str(outcome.cause or outcome.status)
            self.last_name = key.name

    def progress(self, running: Sequence[UnderWay], stopping: str = "") -> Progress:
        """The numbers to show. `running`: the trials under way."""
        done = len(self.statuses) - self.unended
        return Progress(
            total=len(self.statuses),
            done=done,
            running=len(running),
            infeasible=self.count(Status.INFEASIBLE),
            failed=self.count(Status.FAILED),
            best=self.best,
            best_trial=self.best_name,
            seconds_left=self._left(running),
            elapsed_s=time.monotonic() - self.began,
            last_cause=self.last_cause,
            last_trial=self.last_name,
            metric=self.objective.metric,
            stopping=stopping,
            trials=tuple(running),
        )

    def _left(self, running: Sequence[UnderWay]) -> float | None:
        """Seconds until all trials have ended, on workers that share them out evenly.

        A trial that is waiting takes the median of those that ended and of those under way whose
        speed is known. None before either is.
        """
        foreseen = [t.elapsed_s + t.seconds_left for t in running if t.seconds_left is not None]
        lengths = [*self.seconds, *foreseen]
        if not lengths:
            return None
        typical = statistics.median(lengths)
        own = [
            max(0.0, typical - t.elapsed_s) if t.seconds_left is None else t.seconds_left
            for t in running
        ]
        work = sum(own) + max(0, self.unended - len(running)) * typical
        return max(work / max(1, min(self.workers, self.unended)), *own, 0.0)

    def _offer(self, name: str, values: Sequence[float]) -> None:
        value = reduce_curve(np.asarray(values, dtype=np.float64), self.objective)
        sign = self.objective.sign
        if np.isfinite(value) and (self.best is None or sign * value < sign * self.best):
            self.best, self.best_name = value, name

    def _spoil(self, trial: TrialRecord) -> None:
        self.last_cause = str(trial.cause or trial.status)
        self.last_name = trial.name
