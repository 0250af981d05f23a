"""The host's desk: trials claimed, trials under way, and how each is settled in the book (I2).

A claim lasts LEASE_S on the database's clock and is renewed while its trial is under way. Should
this host stop for longer (a laptop asleep), another may claim the trial; then ours is cancelled.
"""

from __future__ import annotations

import time
from collections import deque
from contextlib import suppress

from tunebook.execution import Ended, Executor
from tunebook.execution.code import TrainingCode
from tunebook.execution.recovery import adopt_earlier, to_repeat_s
from tunebook.store import Store, StoredRound
from tunebook.store.ingest import collect, settle
from tunebook.training.assignment import Assignment, checkpoints_at
from tunebook.training.log import attempt_files
from tunebook.words.errors import BookBusyError, StoreError, TrainingLoadError
from tunebook.words.trial import Cause, Outcome, Purpose, Status, TrialKey, TrialRecord

LEASE_S = 60.0
RENEW_EVERY_S = 15.0
CLAIM_AHEAD = 2
"""Trials claimed at a time, in multiples of the workers: fewer transactions for short trials."""
BUSY_FOR_S = 5.0
RETRIES = 3
"""How often a trial is started anew after an executor lost it; the next loss makes it failed."""

Settled = tuple[TrialKey, Outcome]


class Desk:
    """What one host does with the trials of one round; every method is quick but `wait`."""

    def __init__(
        self,
        *,
        store: Store,
        stored: StoredRound,
        host: str,
        code: TrainingCode,
        purpose: Purpose | None,
        memory_limit_mb: int | None,
        executor: Executor,
    ) -> None:
        made = store.setting()
        if made is None:
            raise StoreError(f'the book "{store.location}" has no setting yet')
        self.store = store
        self.number = stored.number
        self.purpose = purpose
        self.executor = executor
        self.objective = made[1]
        self.running: dict[TrialKey, TrialRecord] = {}
        self.spent_twice_s = 0.0
        self._setting = made[0]
        self._plan = stored.plan
        self._host = host
        self._code = code
        self._memory_limit_mb = memory_limit_mb
        self._waiting: deque[TrialRecord] = deque()
        self._started: dict[TrialKey, float] = {}
        self._losses: dict[TrialKey, int] = {}
        self._sizes: dict[TrialKey, int] = {}
        self._dry_until = 0.0
        self._closed = False

    def running_s(self) -> dict[TrialKey, float]:
        """Seconds since each trial under way was started."""
        now = time.monotonic()
        return {key: now - at for key, at in self._started.items()}

    def start(self) -> list[Settled]:
        """Give every free worker a trial, claiming some ahead.

        Returns:
            trials that another host had already trained to their end.
        """
        settled: list[Settled] = []
        while len(self.running) < self.executor.workers:
            trial = self._next()
            if trial is None:
                break
            # From here on it is among those that `close` gives back, whatever happens.
            self.running[trial.key] = trial
            try:
                ended = adopt_earlier(self.store, trial) if trial.attempt > 1 else None
            except BookBusyError:
                # Its process lives, against all leases: leave it to that one for a while.
                self._dry_until = time.monotonic() + BUSY_FOR_S
                self.store.release(trial.key, trial.attempt)
                del self.running[trial.key]
                continue
            if ended is not None:
                del self.running[trial.key]
                settled.append((trial.key, ended))
                continue
            self._started[trial.key] = time.monotonic()
            self.executor.submit(self._assignment(trial))
        return settled

    def wait(self, timeout_s: float, *, start: bool) -> list[Settled]:
        """Sleep until an attempt has ended, or the time is up, and settle what ended.

        Args:
            timeout_s: how long to sleep at most.
            start: give free workers their next trials first, so that none waits for the book.

        Raises:
            TrainingLoadError: a worker could not load the training code.
            StoreError: a worker could not write its log.
        """
        over = [
            (self.running.pop(ended.key), ended)
            for ended in (self.executor.wait(timeout_s) if self.running else ())
        ]
        for trial, _ in over:
            self._started.pop(trial.key, None)
            self._sizes.pop(trial.key, None)
        settled: list[Settled] = []
        if start and not any(ended.unloadable or ended.unwritable for _, ended in over):
            settled += self.start()
        return settled + self._settle_all(over)

    def collect(self) -> None:
        """Take in what running trials have reported; a log that has not grown is left alone."""
        for key, trial in list(self.running.items()):
            try:
                size = attempt_files(self.store.files, key, trial.attempt).log.stat().st_size
            except OSError:  # the worker has not begun it
                continue
            if size != self._sizes.get(key):
                self._sizes[key] = size
                try:
                    collect(self.store, key, trial.attempt)
                except BookBusyError:
                    self.executor.cancel(key)

    def renew(self, lease_s: float) -> None:
        """Renew all leases; cancel trials that another host has claimed meanwhile."""
        waiting = {t.key for t in self._waiting}
        held = [*self.running, *waiting]
        lost = self.store.renew(self._host, held, lease_s) if held else ()
        for key in lost:
            if key in self.running:
                self.executor.cancel(key)
        self._waiting = deque(t for t in self._waiting if t.key not in lost)

    def close(self) -> list[Settled]:
        """Stop the executor, keep what was acknowledged, give back what has not ended.

        An error of the store here would hide the one that led here; claims that could not be
        given back run out by themselves.
        """
        if self._closed:
            return []
        self._closed = True
        settled: list[Settled] = []
        for ended in self.executor.close():
            with suppress(StoreError, OSError, TrainingLoadError):
                settled += self._settle(self.running.pop(ended.key), ended)
        for trial in [*self._waiting, *self.running.values()]:
            with suppress(StoreError, OSError):
                self.store.release(trial.key, trial.attempt)
        self._waiting.clear()
        self.running.clear()
        self._started.clear()
        return settled

    def _next(self) -> TrialRecord | None:
        now = time.monotonic()
        if not self._waiting and now >= self._dry_until:
            limit = CLAIM_AHEAD * self.executor.workers - len(self.running)
            claims = self.store.claim(self.number, self._host, LEASE_S, limit, self.purpose)
            self._waiting.extend(c.trial for c in claims)
            # With nothing to claim, ask again when something may have changed.
            self._dry_until = now if claims else now + 1.0
        return self._waiting.popleft() if self._waiting else None

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
            reported=self._reported(trial) if trial.attempt > 1 else (),
            checkpoints_at=checkpoints_at(setting.checkpoints, trial.key),
        )

    def _reported(self, trial: TrialRecord) -> tuple[tuple[int, float], ...]:
        metric = self.objective.metric
        found = self.store.measurements(trial.key)
        return tuple((m.step, m.value) for m in found if m.metric == metric)

    def _settle_all(self, over: list[tuple[TrialRecord, Ended]]) -> list[Settled]:
        """Settle each, so that none is left claimed, and only then say what went wrong first."""
        settled: list[Settled] = []
        wrong: list[Exception] = []
        for trial, ended in over:
            try:
                settled += self._settle(trial, ended)
            except (TrainingLoadError, StoreError, OSError) as error:
                wrong.append(error)
        if wrong:
            raise wrong[0]
        return settled

    def _settle(self, trial: TrialRecord, ended: Ended) -> list[Settled]:
        key, attempt = ended.key, ended.attempt
        if ended.unloadable:
            self.store.release(key, attempt)
            raise TrainingLoadError(
                f"training code can't be loaded, so no trial was run: {ended.unloadable}",
                next_step="mend that line, then run again",
            )
        if ended.unwritable:
            self.store.release(key, attempt, ended.seconds)
            raise StoreError(
                f"trial {key.name} could not write its log: {ended.unwritable}",
                next_step="make room or mend the disk, then run again: nothing acknowledged is "
                "lost",
            )
        try:
            outcome = settle(self.store, key, attempt, ended.outcome)
        except BookBusyError:  # another host has claimed it meanwhile, and will end it
            return []
        if outcome is None:
            return self._lost(trial, ended) if ended.outcome is None else []
        return [(key, outcome)]

    def _lost(self, trial: TrialRecord, ended: Ended) -> list[Settled]:
        """Give a lost trial back, or, once too many of its attempts were lost, end it."""
        key, attempt, seconds = trial.key, trial.attempt, ended.seconds
        self._losses[key] = self._losses.get(key, 0) + (not ended.preempted)
        if self._losses[key] > RETRIES and not self._closed:
            outcome = Outcome(
                status=Status.FAILED,
                cause=Cause.RETRIES_SPENT,
                detail=f"its worker was lost {self._losses[key]} times",
                seconds=seconds,
                ended_at=time.time(),
            )
            return [(key, outcome)] if self.store.finish(key, attempt, outcome) else []
        repeated_s = to_repeat_s(self.store, trial, seconds)
        self.store.release(key, attempt, seconds)
        self._dry_until = 0.0
        self.spent_twice_s += repeated_s
        if repeated_s:
            self.store.add_spent_twice(key.round, repeated_s)
        return []
