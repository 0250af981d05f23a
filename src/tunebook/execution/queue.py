"""The host's queue: trials claimed, trials under way, and how each is settled in the book (I2).

A claim lasts LEASE_S on the database's clock and is renewed while its trial is under way. Should
this host stop for longer (a laptop asleep), another may claim the trial; then ours is cancelled.
"""

from __future__ import annotations

import statistics
import time
from collections import deque
from contextlib import suppress
from dataclasses import replace

from tunebook.domain.errors import StoreError, TrainingLoadError, TrialBusyError
from tunebook.domain.plan_edits import decided_by
from tunebook.domain.trial import Cause, Purpose, TrialKey, TrialRecord
from tunebook.execution import Ended, RunOptions
from tunebook.execution.code import TrainingCode
from tunebook.execution.endings import NOT_NOW, Endings
from tunebook.execution.outcome import failed
from tunebook.execution.progress import UnderWay
from tunebook.execution.recovery import adopt_earlier
from tunebook.execution.reuse import executor_for
from tunebook.store import Store, StoredRound
from tunebook.store.ingest import Followed, follow_all
from tunebook.store.requests import CANCELLED_DETAIL
from tunebook.training.assignment import Assignment, checkpoints_at
from tunebook.training.log import attempt_files

LEASE_S = 60.0
RENEW_EVERY_S = 15.0
CLAIM_AHEAD, MOST_AHEAD, AHEAD_S = 2, 50, 0.5
"""Trials claimed at a time for each worker: two, and of short ones as many as half a second takes.

None of them has begun: where this host is killed, they are pending again for the next run.
"""
BUSY_FOR_S = 5.0


class TrialQueue:
    """What one host does with the trials of one round; every method is quick but `listen`."""

    def __init__(
        self,
        *,
        store: Store,
        stored: StoredRound,
        host: str,
        code: TrainingCode,
        purpose: Purpose | None,
        options: RunOptions,
    ) -> None:
        made = store.setting()
        if made is None:
            raise StoreError(f'the book "{store.location}" has no setting yet')
        self.store = store
        self.number = stored.number
        self.purpose = purpose
        self.executor = executor_for(options)
        self.objective = made[1]
        self.running: dict[TrialKey, TrialRecord] = {}
        self.endings = Endings(store)
        self.paused = False
        self.lasted_s: dict[TrialKey, float] = {}
        self._setting = made[0]
        self._plan = stored.plan
        self._decided_by = decided_by(stored.plan)
        self._host = host
        self._code = code
        self._memory_limit_mb = options.memory_limit_mb
        self._waiting: deque[TrialRecord] = deque()
        self._started: dict[TrialKey, float] = {}
        self._followed: dict[TrialKey, Followed] = {}
        self._cancelled: set[TrialKey] = set()
        self._recent_s: deque[float] = deque(maxlen=20)
        self._dry_until = 0.0
        self._closed = False

    def running_s(self) -> dict[TrialKey, float]:
        """Seconds since each trial under way was started."""
        now = time.monotonic()
        return {key: now - at for key, at in self._started.items()}

    @property
    def waiting(self) -> int:
        """Trials that are claimed and have not begun."""
        return len(self._waiting)

    def under_way(self) -> list[UnderWay]:
        """How far each trial under way is."""
        now, metric = time.monotonic(), self.objective.metric
        found = []
        for key, at in self._started.items():
            followed = self._followed.get(key)
            seen = followed.reported if followed else None
            found.append(UnderWay.of(self.running[key], now - at, seen, metric, now))
        return found

    def start(self) -> None:
        """Give every free worker a trial, claiming some ahead.

        Raises:
            BookAwayError, BookBusyError: the book can't be asked now; what was begun goes on.
        """
        while len(self.running) < self.executor.workers:
            trial = None if self.paused else self._next()
            if trial is None:
                break
            # From here on it is among those that `close` gives back, whatever happens.
            self.running[trial.key] = trial
            try:
                assignment = self._begun(trial)
            except NOT_NOW:
                del self.running[trial.key]
                self._waiting.appendleft(trial)
                raise
            if assignment is None:
                del self.running[trial.key]
                continue
            self._started[trial.key] = time.monotonic()
            self.executor.submit(assignment)

    def _begun(self, trial: TrialRecord) -> Assignment | None:
        """What to train; None where an earlier attempt goes on, or has ended the trial."""
        try:
            ended = adopt_earlier(self.store, trial) if trial.attempt > 1 else None
        except TrialBusyError:
            # Its process lives, against all leases: leave it to that one for a while.
            self._dry_until = time.monotonic() + BUSY_FOR_S
            self.store.release(trial.key, trial.attempt)
            return None
        if ended is not None:
            self.endings.settled.append((trial.key, ended))
            return None
        return self._assignment(trial)

    def listen(self, timeout_s: float) -> bool:
        """Sleep until an attempt has ended, or the time is up.

        Returns:
            True where one ended by no fault of the training code, so that its place is free.
        """
        if not self.running:
            return False
        over = self.executor.wait(timeout_s)
        for ended in over:
            if ended.key in self._cancelled and ended.outcome is None:
                ended = _cancelled(ended)
            self.endings.add(self.running.pop(ended.key), ended)
            began = self._started.pop(ended.key, time.monotonic())
            self.lasted_s[ended.key] = time.monotonic() - began
            self._recent_s.append(self.lasted_s[ended.key])
            self._followed.pop(ended.key, None)
        return bool(over) and not any(e.unloadable or e.unwritable for e in over)

    def settle(self) -> None:
        """Record what ended; see `Endings.settle` for what it raises."""
        before = self.endings.given_back
        self.endings.settle()
        if self.endings.given_back > before:
            self._dry_until = 0.0

    def collect(self) -> None:
        """Take in what running trials have reported; a log that has not grown is left alone."""
        grown = [trial for trial in self.running.values() if self._has_grown(trial)]
        if not grown:
            return
        before = [(t.key, t.attempt, self._followed.get(t.key)) for t in grown]
        for trial, after in zip(grown, follow_all(self.store, before), strict=True):
            if isinstance(after, TrialBusyError):
                self.executor.cancel(trial.key)
            elif after is not None:
                self._followed[trial.key] = after

    def _has_grown(self, trial: TrialRecord) -> bool:
        before = self._followed.get(trial.key)
        log = attempt_files(self.store.files, trial.key, trial.attempt).log
        try:
            return before is None or log.stat().st_size != before.offset
        except OSError:  # the worker has not begun it
            return False

    def obey(self, began: float) -> bool:
        """Do what people asked of this round's hosts.

        Args:
            began: when this run began, on the database's clock.

        Returns:
            True where it is to end once the trials under way have.
        """
        asked = self.store.asked(self.number)
        self.paused = asked.paused
        for trial in [t for t in self._waiting if t.number in asked.cancelled]:
            self._waiting.remove(trial)
            self.endings.add(trial, _cancelled(Ended(key=trial.key, attempt=trial.attempt)))
        for key in self.running:
            if key.number in asked.cancelled and key not in self._cancelled:
                self._cancelled.add(key)
                self.executor.cancel(key)
        return asked.drained_at is not None and asked.drained_at >= began

    def renew(self, lease_s: float) -> None:
        """Renew all leases; cancel trials that another host has claimed meanwhile."""
        waiting = {t.key for t in self._waiting}
        held = [*self.running, *waiting, *self.endings.keys]
        lost = self.store.renew(self._host, held, lease_s) if held else ()
        for key in lost:
            if key in self.running:
                self.executor.cancel(key)
        self._waiting = deque(t for t in self._waiting if t.key not in lost)

    def close(self) -> None:
        """Stop the executor, keep what was acknowledged, give back what has not ended.

        An error of the store here would hide the one that led here; claims that could not be
        given back run out by themselves.
        """
        if self._closed:
            return
        self._closed = True
        for ended in self.executor.close():
            self.endings.add(self.running.pop(ended.key), ended)
        with suppress(StoreError, OSError, TrainingLoadError):
            self.endings.settle(closing=True)
        for trial in [*self._waiting, *self.running.values()]:
            with suppress(StoreError, OSError):
                self.store.release(trial.key, trial.attempt)
        self._waiting.clear()
        self.running.clear()
        self._started.clear()

    def _next(self) -> TrialRecord | None:
        now = time.monotonic()
        if not self._waiting and now >= self._dry_until:
            limit = self._ahead() * self.executor.workers - len(self.running)
            holding = [key.number for key in (*self.running, *self.endings.keys)]
            claims = self.store.claim(
                self.number, self._host, LEASE_S, limit, self.purpose, holding
            )
            self._waiting.extend(c.trial for c in claims)
            # With nothing to claim, ask again when something may have changed.
            self._dry_until = now if claims else now + 1.0
        return self._waiting.popleft() if self._waiting else None

    def _ahead(self) -> int:
        """Trials to claim for each worker, by how long the last ones lasted."""
        if not self._recent_s:
            return CLAIM_AHEAD
        typical_s = max(statistics.median(self._recent_s), 1e-3)
        return min(MOST_AHEAD, max(CLAIM_AHEAD, int(AHEAD_S / typical_s)))

    def _assignment(self, trial: TrialRecord) -> Assignment:
        plan, setting = self._plan, self._setting
        return Assignment(
            trial=trial,
            files=attempt_files(self.store.files, trial.key, trial.attempt),
            code=self._code,
            objective=self.objective,
            training_objective=setting.training_objective,
            chance=setting.chance,
            time_limit_s=plan.time_limit_s,
            memory_limit_mb=self._memory_limit_mb,
            evaluations=plan.evaluations,
            varied=tuple(name for name in plan.varied if name in trial.config),
            decided_by=self._decided_by,
            reported=self._reported(trial) if trial.attempt > 1 else (),
            checkpoints_at=checkpoints_at(setting.checkpoints, trial.key),
        )

    def _reported(self, trial: TrialRecord) -> tuple[tuple[int, float], ...]:
        metric = self.objective.metric
        found = self.store.measurements(trial.key)
        return tuple((m.step, m.value) for m in found if m.metric == metric)


def _cancelled(ended: Ended) -> Ended:
    """The end of an attempt at a trial that a person cancelled."""
    outcome = failed(Cause.CANCELLED, CANCELLED_DETAIL, seconds=ended.seconds)
    return replace(ended, outcome=outcome)
