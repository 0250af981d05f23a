"""Worker processes on this machine, reused from trial to trial while they are healthy (I2).

Importing a framework takes 0.5 to 1.5 s, so a worker trains many trials, one after another. After
any fault (an exception too) it is replaced: what a fault leaves behind is nobody's to guess.
"""

from __future__ import annotations

import os
import selectors
import signal
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from tunebook.domain.errors import DesignError
from tunebook.domain.formats.names import spell
from tunebook.domain.program import MARK
from tunebook.domain.trial import Cause, Outcome, TrialKey
from tunebook.execution import Ended, ExecutorSpec
from tunebook.execution.child import WorkerProcess
from tunebook.execution.gpus import gpu_settings
from tunebook.execution.outcome import death, infeasible
from tunebook.execution.resources import (
    cores,
    memory_mb,
    oom_kills,
    own_memory_mb,
    thread_settings,
)
from tunebook.store.ingest import output_tail
from tunebook.training import program
from tunebook.training.assignment import Assignment, TrainingCode, encode

SPEC = ExecutorSpec(kind="local", factory="tunebook.execution.local:LocalExecutor")

LOOK_EVERY_S = 0.25
"""How often limits of time and memory are looked at: a limit is kept to within this."""
GRACE_S = 2.0
"""Seconds between asking a training function to end, for a last checkpoint, and ending it."""
PROGRAM_GRACE_S = program.GRACE_S + 1.5
"""Of a program: it has its own ten seconds, and what it printed last is read after that."""
LOAD_LIMIT_S = 600.0
"""Importing a framework from a slow disk takes a minute; longer than this is a hang."""


@dataclass(slots=True)
class Slot:
    """One place for a worker, and the trial that it trains.

    Attributes:
        environment: what its worker finds set beside what this process has.
        worker: None before the first trial and after a fault.
        watch: descriptor that tells of the worker's death, -1 where the system has none.
        code: the training code that the worker was sent; loaded: it has loaded that.
        assignment: its trial, None while idle; began: when training began.
        stopping: cause and words why its trial is being stopped; kill_at: when it is ended.
    """

    environment: Mapping[str, str]
    worker: WorkerProcess | None = None
    watch: int = -1
    code: TrainingCode | None = None
    loaded: bool = False
    assignment: Assignment | None = None
    began: float = 0.0
    oom_before: int = 0
    stopping: tuple[Cause, str] | None = None
    kill_at: float = 0.0

    @property
    def seconds(self) -> float:
        """Since its trial was begun."""
        return time.monotonic() - self.began

    @property
    def imposed(self) -> Outcome | None:
        """The outcome of a trial that is being stopped."""
        return None if self.stopping is None else infeasible(*self.stopping, seconds=self.seconds)


class LocalExecutor:
    """Trains trials in processes here.

    Args:
        workers: how many at a time; by default one for each core, or for each place on a GPU.
        threads: of each worker's numeric libraries; by default its share of the cores. Results
            that must be the same for any number of workers need it fixed, see
            `resources.thread_settings`.
        gpus: "all", how many, or which: each worker sees one of them alone. Left out, workers
            see what this process sees.
        trials_per_gpu: trials that share a GPU at a time.

    Raises:
        DesignError: fewer GPUs than asked for, or more workers than places on them.

    Example:
        >>> executor = LocalExecutor(workers=2, threads=1)
        >>> executor.workers, executor.environment["OMP_NUM_THREADS"]
        (2, '1')
        >>> executor.close()
        ()
    """

    def __init__(
        self,
        workers: int | None = None,
        *,
        threads: int | None = None,
        gpus: str | int | Sequence[int | str] | None = None,
        trials_per_gpu: int = 1,
    ) -> None:
        for name, count in (("workers", workers), ("threads", threads)):
            if count is not None and (isinstance(count, bool) or count < 1):
                raise DesignError(
                    f"{name} is a whole number of at least 1; got {count!r}",
                    next_step="workers=0 trains in this process; leave threads out for a share",
                )
        places = [] if gpus is None else gpu_settings(gpus, trials_per_gpu, os.environ)
        self.workers = workers or len(places) or cores()
        if places and self.workers > len(places):
            raise DesignError(
                f"{self.workers} workers, but the GPUs have places for only {len(places)} trials",
                next_step=f"give workers={len(places)}, or more trials_per_gpu",
            )
        share = thread_settings(self.workers, os.environ, threads)
        own = places[: self.workers] or [{} for _ in range(self.workers)]
        self._slots = [Slot(environment={**share, **place}) for place in own]
        self._selector = selectors.DefaultSelector()
        self._ended: list[Ended] = []
        self._look_at = 0.0
        self._ever_loaded = False
        self._closed = False

    @property
    def environment(self) -> Mapping[str, str]:
        """What its first worker finds set beside what this process has."""
        return self._slots[0].environment

    def submit(self, assignment: Assignment) -> None:
        """Start a trial on a free worker, one that is already there if possible."""
        free = [s for s in self._slots if s.assignment is None]
        slot = next((s for s in free if s.worker is not None), free[0])
        self._begin(slot, assignment)

    def drop_dead(self) -> None:
        """Before another run: let go of workers that died while idle."""
        for slot in self._slots:
            if slot.worker is not None and slot.worker.ended() is not None:
                self._dismiss(slot)

    def _begin(self, slot: Slot, assignment: Assignment) -> None:
        worker = slot.worker or self._hire(slot, assignment.code.cwd)
        # Sent once a run: a worker that has it already checks that it is still so.
        fresh = assignment.code is not slot.code
        slot.code, slot.loaded = assignment.code, slot.loaded and not fresh
        slot.assignment = assignment
        slot.began = time.monotonic()
        slot.oom_before = oom_kills()
        slot.stopping = None
        worker.send(encode(assignment, with_code=fresh))

    def wait(self, timeout_s: float) -> tuple[Ended, ...]:
        """Attempts that ended; sleeps until there is one or the time is up."""
        until = time.monotonic() + timeout_s
        while not self._ended:
            behind = [s.worker for s in self._slots if s.worker is not None and s.worker.behind]
            nap = min(until - time.monotonic(), 0.01 if behind else LOOK_EVERY_S)
            for ready, _ in self._selector.select(max(0.0, nap)):
                self._hear(ready.data)
            for worker in behind:
                worker.flush()
            self._look()
            if time.monotonic() >= until:
                break
        return self._take_ended()

    def cancel(self, key: TrialKey) -> None:
        """Stop a trial at once; its attempt is worth nothing any more."""
        for slot in self._slots:
            if slot.assignment is not None and slot.assignment.trial.key == key:
                self._dismiss(slot)
                self._finish(slot)

    def close(self, *, grace_s: float | None = None) -> tuple[Ended, ...]:
        """End all workers, busy ones after asking them to, and wait until they are gone.

        Args:
            grace_s: for a last checkpoint; what the training code gets by itself if left out.
        """
        if self._closed:
            return ()
        self._closed = True
        under_way = [s.assignment.code for s in self._slots if s.assignment is not None]
        if grace_s is None:
            grace_s = max(map(grace_of, under_way), default=0.0)
        hired = [s.worker for s in self._slots if s.worker is not None]
        try:
            for slot in self._slots:
                if slot.worker is not None and slot.assignment is not None:
                    slot.worker.terminate()
                elif slot.worker is not None:
                    slot.worker.hang_up()
            with suppress(KeyboardInterrupt):  # a second Ctrl-C: at once, then
                self._let_finish(time.monotonic() + grace_s)
        finally:
            for worker in hired:
                worker.kill()
            for slot in self._slots:
                self._dismiss(slot)
                self._finish(slot)
            self._selector.close()
        return self._take_ended()

    def _let_finish(self, until: float) -> None:
        while time.monotonic() < until and any(s.worker is not None for s in self._slots):
            for ready, _ in self._selector.select(0.05):
                self._hear(ready.data)
            for slot in self._slots:
                worker = slot.worker
                if worker is not None and (slot.assignment is None or worker.ended() is not None):
                    # A worker that says that its trial is over has written all that it had.
                    worker.hang_up()
                    if worker.ended() is not None:
                        self._dismiss(slot)

    def _hire(self, slot: Slot, cwd: str) -> WorkerProcess:
        slot.worker = worker = WorkerProcess(slot.environment, cwd)
        slot.code, slot.loaded = None, False
        self._selector.register(worker.replies, selectors.EVENT_READ, slot)
        # A data loader's process may keep the pipe open beyond the worker's death, so the death
        # itself is watched too where the system can tell of it.
        with suppress(AttributeError, OSError):
            slot.watch = os.pidfd_open(worker.pid)
            self._selector.register(slot.watch, selectors.EVENT_READ, slot)
        return worker

    def _hear(self, slot: Slot) -> None:
        """Take in what a worker says, and its death."""
        worker = slot.worker
        if worker is None:
            return
        # Asked first: what it said before it died is then certainly there to be read.
        dead = worker.ended() is not None
        for message in worker.read():
            self._obey(slot, message)
        if dead and slot.worker is worker and not self._closed:
            self._bury(slot, worker)

    def _obey(self, slot: Slot, message: dict[str, Any]) -> None:
        said = message["said"]
        if said == "loaded":
            slot.loaded = self._ever_loaded = True
            slot.began = time.monotonic()
        elif said == "ended":
            imposed = slot.imposed
            if not self._closed and (not message["healthy"] or imposed is not None):
                self._dismiss(slot)
            self._finish(slot, outcome=imposed)
        elif said == "stale" and slot.assignment is not None and not self._closed:
            # It has loaded what is no longer so: a fresh worker trains the trial.
            self._dismiss(slot)
            self._begin(slot, slot.assignment)
        elif said == "stale":
            self._dismiss(slot)
            self._finish(slot)
        elif said != "ready":  # "unloadable", "unwritable" or "busy"
            self._dismiss(slot)
            self._finish(slot, **({} if said == "busy" else {said: message["why"]}))

    def _look(self) -> None:
        """Enforce limits: of time whenever they are reached, of memory four times a second."""
        now = time.monotonic()
        for slot in self._slots:
            if slot.worker is None:
                continue
            if slot.watch < 0 and slot.worker.ended() is not None:
                self._hear(slot)
            elif slot.assignment is not None and slot.stopping is not None:
                if now >= slot.kill_at:
                    self._bury(slot, slot.worker)
            elif slot.assignment is not None:
                limit = slot.assignment.time_limit_s if slot.loaded else LOAD_LIMIT_S
                if limit is not None and now - slot.began >= limit:
                    doing = "training" if slot.loaded else "loading its code"
                    self._stop(slot, Cause.TIMED_OUT, f"still {doing} after {spell(limit)} s", now)
        if now >= self._look_at:
            self._look_at = now + LOOK_EVERY_S
            self._look_at_memory(now)

    def _look_at_memory(self, now: float) -> None:
        limits = {
            slot.worker.pid: (slot, slot.assignment.memory_limit_mb)
            for slot in self._slots
            if slot.worker is not None and slot.assignment is not None and slot.stopping is None
        }
        if all(limit is None for _, limit in limits.values()):
            return
        for pid, used in memory_mb(limits).items():
            slot, limit = limits[pid]
            if limit is not None and used > limit and (own := own_memory_mb(pid)) > limit:
                detail = f"its processes used {own:.0f} MB; a trial may use {limit} MB"
                self._stop(slot, Cause.OUT_OF_MEMORY, detail, now)

    def _stop(self, slot: Slot, cause: Cause, detail: str, now: float) -> None:
        if slot.worker is None:
            return
        slot.stopping = (cause, detail)
        if cause is Cause.TIMED_OUT:
            slot.worker.terminate()
            grace_s = grace_of(slot.assignment.code) if slot.assignment is not None else GRACE_S
            slot.kill_at = now + grace_s
        else:  # at once: it may fill the machine meanwhile
            self._bury(slot, slot.worker)

    def _bury(self, slot: Slot, worker: WorkerProcess) -> None:
        """The worker is dead, or has to be: end all of it, and say how its trial ended."""
        early = worker.early_output().strip()
        code = self._dismiss(slot)
        if slot.assignment is None:
            return
        imposed, killed = slot.imposed, False
        if imposed is None and slot.loaded:
            out_of_memory = oom_kills() > slot.oom_before
            fate = death(code, out_of_memory=out_of_memory)
            imposed = infeasible(*fate, seconds=slot.seconds)
            killed = _by_force(code, slot)
        elif imposed is None and not self._ever_loaded and not _by_force(code, slot):
            why = death(code, out_of_memory=oom_kills() > slot.oom_before)[1]
            tail = output_tail(slot.assignment.files.output).strip()
            said = "\n".join(part for part in (early, tail, f"the worker ended: {why}") if part)
            self._finish(slot, unloadable=said)
            return
        self._finish(slot, outcome=imposed, killed=killed)

    def _dismiss(self, slot: Slot) -> int:
        """End a worker with all that it started; returns its exit code."""
        worker, slot.worker = slot.worker, None
        if worker is None:
            return 0
        self._selector.unregister(worker.replies)
        if slot.watch >= 0:
            self._selector.unregister(slot.watch)
            os.close(slot.watch)
            slot.watch = -1
        return worker.kill()

    def _finish(self, slot: Slot, **how: Any) -> None:
        """Note the end of a slot's attempt; `how` as in `Ended`."""
        if slot.assignment is None:
            return
        trial = slot.assignment.trial
        self._ended.append(
            Ended(key=trial.key, attempt=trial.attempt, seconds=slot.seconds, **how)
        )
        slot.assignment = None
        slot.stopping = None

    def _take_ended(self) -> tuple[Ended, ...]:
        ended, self._ended = tuple(self._ended), []
        return ended


def grace_of(code: TrainingCode) -> float:
    """Seconds from asking training to end until it is ended."""
    return PROGRAM_GRACE_S if code.path.startswith(MARK) else GRACE_S


def _by_force(code: int, slot: Slot) -> bool:
    """Killed with no sign of why: whoever did that meant no trial, and no training code."""
    return code == -signal.SIGKILL and oom_kills() == slot.oom_before
