"""Worker processes on this machine, reused from trial to trial while they are healthy (I2).

Importing a framework takes 0.5 to 1.5 s, so a worker trains many trials, one after another. After
any fault (an exception too) it is replaced: what a fault leaves behind is nobody's to guess.
"""

from __future__ import annotations

import os
import selectors
import time
from contextlib import suppress
from dataclasses import dataclass

from tunebook.execution import Ended
from tunebook.execution.child import WorkerProcess, end_all
from tunebook.execution.fate import death, infeasible
from tunebook.execution.resources import (
    cores,
    memory_mb,
    oom_kills,
    own_memory_mb,
    thread_settings,
)
from tunebook.training.assignment import Assignment
from tunebook.words.errors import DesignError
from tunebook.words.trial import Cause, Outcome, TrialKey

LOOK_EVERY_S = 0.25
"""How often limits of time and memory are looked at: a limit is kept to within this."""
GRACE_S = 2.0
"""Seconds between asking training to end, for a last checkpoint, and ending it."""


@dataclass(slots=True)
class Slot:
    """One place for a worker, and the trial that it trains.

    Attributes:
        worker: None before the first trial and after a fault.
        loaded: it has loaded the training code.
        stopping: why its trial is being stopped, else None; kill_at: when patience ends.
    """

    worker: WorkerProcess | None = None
    watch: int = -1
    unread: bytes = b""
    loaded: bool = False
    assignment: Assignment | None = None
    began: float = 0.0
    oom_before: int = 0
    stopping: Outcome | str | None = None
    kill_at: float = 0.0


class LocalExecutor:
    """Trains trials in processes here.

    Args:
        workers: how many at a time; by default one for each core.
        threads: of each worker's numeric libraries; by default its share of the cores. Results
            that must be the same for any number of workers need it fixed, see
            `resources.thread_settings`.
    """

    def __init__(self, workers: int | None = None, *, threads: int | None = None) -> None:
        if workers is not None and (isinstance(workers, bool) or workers < 1):
            raise DesignError(
                f"workers is a whole number of at least 1; got {workers!r}",
                next_step="workers=0 trains in this process, without an executor",
            )
        self.workers = cores() if workers is None else workers
        self._environment = thread_settings(self.workers, os.environ, threads)
        self._slots = [Slot() for _ in range(self.workers)]
        self._selector = selectors.DefaultSelector()
        self._ended: list[Ended] = []
        self._look_at = 0.0
        self._closed = False

    def submit(self, assignment: Assignment) -> None:
        """Start a trial on a free worker, one that is already there if possible."""
        free = [s for s in self._slots if s.assignment is None]
        slot = next((s for s in free if s.worker is not None), free[0])
        if slot.worker is None:
            self._hire(slot, assignment)
        slot.assignment = assignment
        slot.began = time.monotonic()
        slot.oom_before = oom_kills()
        slot.stopping = None
        if slot.worker is not None:
            slot.worker.send(encode(assignment, first=not slot.loaded))

    def wait(self, timeout_s: float) -> tuple[Ended, ...]:
        """Attempts that ended; sleeps until there is one or the time is up."""
        until = time.monotonic() + timeout_s
        while not self._ended:
            now = time.monotonic()
            for key, _ in self._selector.select(max(0.0, min(until, now + LOOK_EVERY_S) - now)):
                self._hear(key.data)
            self._look()
            if time.monotonic() >= until:
                break
        ended, self._ended = tuple(self._ended), []
        return ended

    def cancel(self, key: TrialKey) -> None:
        """Stop a trial at once; its attempt is worth nothing any more."""
        for slot in self._slots:
            if slot.assignment is not None and slot.assignment.trial.key == key:
                self._finish(slot, None)
                self._dismiss(slot)

    def close(self, *, grace_s: float = GRACE_S) -> tuple[Ended, ...]:
        """End all workers, busy ones after asking them to, and wait until they are gone."""
        if self._closed:
            return ()
        self._closed = True
        hired = [(s, s.worker) for s in self._slots if s.worker is not None]
        try:
            for slot, worker in hired:
                self._unwatch(slot)
                if slot.assignment is not None:
                    worker.terminate()
                worker.hang_up()
            with suppress(KeyboardInterrupt):  # a second Ctrl-C: at once, then
                end_all([worker for _, worker in hired], grace_s)
        finally:
            end_all([worker for _, worker in hired], 0.0)
            for slot, _ in hired:
                if slot.assignment is not None:
                    self._finish(slot, None)
                slot.worker = None
            self._selector.close()
        ended, self._ended = tuple(self._ended), []
        return ended

    def _hire(self, slot: Slot, assignment: Assignment) -> None:
        slot.worker = worker = WorkerProcess(self._environment, assignment.code.cwd)
        slot.loaded, slot.unread = False, b""
        self._selector.register(worker.replies, selectors.EVENT_READ, slot)
        # A data loader's process may keep the pipe open beyond the worker's death, so the death
        # itself is watched too where the system can tell of it.
        with suppress(AttributeError, OSError):
            slot.watch = os.pidfd_open(worker.pid)
            self._selector.register(slot.watch, selectors.EVENT_READ, slot)

    def _hear(self, slot: Slot) -> None:
        """Take in what a worker says, and its death."""
        worker = slot.worker
        if worker is None:
            return
        said = worker.read()
        for message in self._messages(slot, said or b""):
            self._obey(slot, message)
        if slot.worker is worker and worker.ended() is not None:
            self._bury(slot, worker)

    def _look(self) -> None:
        """Enforce limits: of time whenever they are reached, of memory four times a second."""
        now = time.monotonic()
        for slot in self._slots:
            if slot.worker is None or slot.assignment is None:
                continue
            limit = slot.assignment.time_limit_s
            if slot.stopping is None and limit is not None and now - slot.began >= limit:
                self._stop(slot, Cause.TIMED_OUT, f"still training after its {limit:g} s", now)
            elif slot.stopping is not None and now >= slot.kill_at:
                self._bury(slot, slot.worker)
        if now >= self._look_at:
            self._look_at = now + LOOK_EVERY_S
            self._look_at_memory(now)

    def _look_at_memory(self, now: float) -> None:
        limited = {
            slot.worker.pid: (slot, slot.assignment.memory_limit_mb)
            for slot in self._slots
            if slot.worker is not None
            and slot.assignment is not None
            and slot.assignment.memory_limit_mb is not None
            and slot.stopping is None
        }
        for pid, used in memory_mb(limited).items() if limited else ():
            slot, limit = limited[pid]
            if used > limit and (own := own_memory_mb(pid)) > limit:
                detail = f"its processes used {own:.0f} MB of the {limit} MB that a trial may use"
                self._stop(slot, Cause.OUT_OF_MEMORY, detail, now)
                slot.kill_at = now  # no patience: it may fill the machine meanwhile

    def _stop(self, slot: Slot, cause: Cause, detail: str, now: float) -> None:
        if slot.worker is not None and slot.assignment is not None:
            slot.stopping = (cause, detail)
            slot.kill_at = now + GRACE_S
            slot.worker.terminate()

    def _bury(self, slot: Slot, worker: WorkerProcess) -> None:
        """The worker is dead, or has to be: end all of it, and say how its trial ended."""
        early = worker.early_output()
        code = self._dismiss(slot)
        assignment = slot.assignment
        if assignment is None:
            return
        if not slot.loaded:
            self._finish(slot, None, unloadable=early or f"the worker ended with exit code {code}")
            return
        out_of_memory = oom_kills() > slot.oom_before
        cause, detail = slot.stopping or death(code, out_of_memory=out_of_memory)
        seconds = time.monotonic() - slot.began
        output = assignment.files.output
        self._finish(slot, infeasible(cause, detail, output=output, seconds=seconds))

    def _dismiss(self, slot: Slot) -> int:
        worker, slot.worker = slot.worker, None
        if worker is None:
            return 0
        self._unwatch(slot, worker)
        return worker.kill()

    def _unwatch(self, slot: Slot, worker: WorkerProcess) -> None:
        with suppress(KeyError):
            self._selector.unregister(worker.replies)
        if slot.watch >= 0:
            self._selector.unregister(slot.watch)
            os.close(slot.watch)
            slot.watch = -1

    def _finish(self, slot: Slot, outcome: Outcome | None, *, unloadable: str = "") -> None:
        if slot.assignment is not None:
            trial = slot.assignment.trial
            self._ended.append(
                Ended(
                    key=trial.key,
                    attempt=trial.attempt,
                    outcome=outcome,
                    seconds=time.monotonic() - slot.began,
                    unloadable=unloadable,
                )
            )
        slot.assignment = None
        slot.stopping = None
