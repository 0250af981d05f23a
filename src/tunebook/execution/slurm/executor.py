"""Trials as SLURM jobs, one a job, arrays of what was submitted together (I2).

The book's folder of files is shared by this machine and the nodes. Training writes each trial's
log there as everywhere; this host reads it as it grows, watches for the jobs' own words on how
they ended, and asks SLURM about all of them once a second.
"""

from __future__ import annotations

import secrets
import sys
import time
from collections.abc import Mapping
from concurrent.futures import Future
from contextlib import ExitStack, suppress

from tunebook.domain.errors import ClusterError
from tunebook.domain.formats.names import spell
from tunebook.domain.trial import TrialKey
from tunebook.execution import Ended
from tunebook.execution.host import host_identity
from tunebook.execution.slurm.files import (
    ArrayFolder,
    Note,
    Orders,
    array_folder,
    forget_job,
    note_job,
)
from tunebook.execution.slurm.outcomes import Judge, Task, ended
from tunebook.execution.slurm.queue import GONE, Job, Queue
from tunebook.execution.slurm.settings import SlurmSettings, check_installed
from tunebook.execution.slurm.submit import Sender
from tunebook.training.assignment import Assignment

NAP_S = 0.2
BEAT_EVERY_S = 5.0
SCANCEL_AGAIN_S = 5.0
REFUSED_AGAIN_S = 30.0
SAY_AWAY_S = 120.0
CLOSE_S = 45.0
"""Beyond the grace: SLURM's KillWait, 30 s as it comes, and its own time."""
MOST_IN_ARRAY = 1000
"""SLURM's MaxArraySize is 1001 as it comes."""


class _Array:
    """Jobs that were submitted together."""

    def __init__(self, folder: ArrayFolder, tasks: list[Task]) -> None:
        self.folder = folder
        self.tasks = {task.number: task for task in tasks}  # those whose job may not be gone
        self.sending: Future[str] | None = None
        self.id = ""

    @property
    def unsettled(self) -> list[Task]:
        """Tasks whose attempt has no end yet."""
        return [task for task in self.tasks.values() if not task.settled]


class SlurmExecutor(SlurmSettings):
    """Trains trials as jobs of a SLURM cluster.

    Args:
        workers: jobs at a time, waiting ones included.
        partition, account, qos, constraint: as sbatch takes them; left out, SLURM's own.
        time_s: time limit of a job, rounded up to a minute by SLURM; left out, the partition's. A
            trial that needs longer goes on from its last checkpoint in a new job.
        cpus, gpus, memory_mb: of each job.
        setup: shell lines before Python starts, such as `module load cuda`.
        extra: further options of sbatch by name, as `{"reservation": "tuning"}`.
        python: the interpreter on the nodes; left out, this one's path. Its environment must be
            the same.
        grace_s: for a last checkpoint, where SLURM stops a job. Keep it below the cluster's
            KillWait (30 s as SLURM comes).
        host_gone_s: jobs end themselves once this host has given no sign of life for so long.

    Raises:
        DesignError: an argument makes no sense, or SLURM's commands are not on this machine.

    Example:
        >>> asked.run(train, executor=tb.SlurmExecutor(8, partition="gpu"))  # doctest: +SKIP
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        check_installed()
        self._sender = Sender(self)
        self._judge = Judge(self.time_s)
        self._queue = Queue()
        self._arrays: list[_Array] = []
        self._waiting: list[Assignment] = []
        self._ended: list[Ended] = []
        self._beat_at = self._send_at = 0.0
        self._said_away = False
        self._closed = False
        self._alive = ExitStack()
        self._me = self._alive.enter_context(host_identity())

    def submit(self, assignment: Assignment) -> None:
        """Keep a trial for the next `wait`, which submits all that came since the last."""
        self._waiting.append(assignment)

    def wait(self, timeout_s: float) -> tuple[Ended, ...]:
        """Attempts that ended; sleeps until there is one or the time is up.

        Raises:
            ClusterError: SLURM refuses the jobs.
        """
        until = time.monotonic() + timeout_s
        self._send()
        while True:
            self._look()
            left = until - time.monotonic()
            if self._ended or left <= 0:
                return self._take_ended()
            time.sleep(min(NAP_S, left))

    def cancel(self, key: TrialKey) -> None:
        """Ask SLURM to end a trial's job; `wait` returns it once that is gone."""
        for assignment in [a for a in self._waiting if a.trial.key == key]:
            self._waiting.remove(assignment)
            self._ended.append(Ended(key=key, attempt=assignment.trial.attempt))
        for array in self._arrays:
            for task in array.unsettled:
                if task.assignment.trial.key == key:
                    task.cancelled = True
                    task.folder.withdraw(task.number)

    def close(self, *, grace_s: float = 2.0) -> tuple[Ended, ...]:
        """Cancel all jobs and wait until they are gone, at most `grace_s` and CLOSE_S seconds.

        A job that SLURM does not end in that time ends itself: its orders are withdrawn.
        """
        if self._closed:
            return ()
        self._closed = True
        for a in self._waiting:
            self._ended.append(Ended(key=a.trial.key, attempt=a.trial.attempt))
        self._waiting.clear()
        try:
            for array in self._arrays:
                with suppress(OSError):
                    array.folder.set_grace(grace_s)
                # Withdrawn too, so that running jobs end even where the controller is away.
                for task in array.unsettled:
                    task.cancelled = True
                    task.folder.withdraw(task.number)
            self._sender.close()
            until = time.monotonic() + grace_s + CLOSE_S
            while self._arrays and time.monotonic() < until and not self._all_said():
                self._look()
                time.sleep(NAP_S)
        except KeyboardInterrupt:  # a second Ctrl-C
            pass
        finally:
            self._leave()
        return self._take_ended()

    def _all_said(self) -> bool:
        """True where all jobs say that they end, and SLURM says nothing."""
        away = self._queue.away_since is not None
        return away and not any(array.unsettled for array in self._arrays)

    def _send(self) -> None:
        """Submit what is waiting, as one array (or several of SLURM's largest)."""
        while self._waiting and time.monotonic() >= self._send_at:
            part = self._waiting[:MOST_IN_ARRAY]
            name = f"tunebook-{secrets.token_hex(6)}"
            folder = array_folder(part[0].files.lock, name)
            tasks = [Task(assignment=a, folder=folder, number=n) for n, a in enumerate(part)]
            folder.create()
            for task in tasks:
                self._order(task)
            array = _Array(folder, tasks)
            self._arrays.append(array)
            del self._waiting[: len(part)]
            array.sending = self._sender.send(folder, len(tasks))

    def _order(self, task: Task) -> None:
        note = Note(name=task.folder.name, task=task.number, host=self._me)
        note_job(task.assignment.files.lock, note)
        orders = Orders(
            assignment=task.assignment,
            cpus=self.cpus,
            grace_s=self.grace_s,
            host_gone_s=self.host_gone_s,
        )
        task.folder.order(task.number, orders)

    def _look(self) -> None:
        """Files first, then SLURM's word; settle what has ended."""
        now = time.monotonic()
        if now >= self._beat_at:
            self._beat_at = now + BEAT_EVERY_S
            for array in self._arrays:
                array.folder.beat()
        for array in list(self._arrays):
            self._take_id(array)
            if array.id:
                with suppress(FileNotFoundError):
                    for number, end in array.folder.ended().items():
                        task = array.tasks.get(number)
                        if task is not None and task.job_end is None:
                            task.job_end, task.job_end_at = end, now
        known = self._queue.look({a.id for a in self._arrays if a.id})
        if known is not None:
            self._hear(known, now)
        self._say_away(now)
        self._settle(now)
        self._cancel_again(now)

    def _take_id(self, array: _Array) -> None:
        if array.sending is None or not array.sending.done():
            return
        sending, array.sending = array.sending, None
        try:
            array.id = sending.result()
        except ClusterError as error:
            self._take_back(array)
            if self._closed:
                return
            if not any(other.unsettled for other in self._arrays):
                raise
            # Jobs like these were taken before: a limit of jobs at a time, or a partition that is
            # closed for an hour, is no reason to stop those that run.
            self._send_at = time.monotonic() + REFUSED_AGAIN_S
            print(
                f"Warning: {error.rule}. It is tried again every {spell(REFUSED_AGAIN_S)} s while "
                "other jobs of this run go on.",
                file=sys.stderr,
            )
            return
        if not array.id:  # closed before it was sent
            self._take_back(array)

    def _take_back(self, array: _Array) -> None:
        """No job of these is anywhere."""
        for task in array.tasks.values():
            self._forget(task)
            if self._closed or task.cancelled:
                self._ended.append(ended(task))
            else:
                self._waiting.append(task.assignment)
        array.folder.remove()
        self._arrays.remove(array)

    def _hear(self, known: Mapping[Job, tuple[str, str]], now: float) -> None:
        for array in self._arrays:
            if array.id not in self._queue.asked_ids:
                continue
            for number, task in array.tasks.items():
                state, reason = known.get((array.id, number), (GONE, ""))
                task.hear(state, reason, now)

    def _settle(self, now: float) -> None:
        for array in list(self._arrays):
            for task in array.unsettled:
                end = self._judge.judge(task, now)
                if end is not None:
                    self._ended.append(end)
                    self._forget(task)
            # SLURM is asked to end a job that is still there a while after its attempt's end.
            array.tasks = {
                n: t for n, t in array.tasks.items() if not t.settled or t.over_at is None
            }
            if not array.tasks and array.sending is None:
                array.folder.remove()
                self._arrays.remove(array)

    def _forget(self, task: Task) -> None:
        task.settled, task.scancel_at = True, time.monotonic()
        forget_job(task.assignment.files.lock)
        task.folder.forget(task.number)

    def _cancel_again(self, now: float) -> None:
        """Ask SLURM, and ask again while a job that should end is still there."""
        jobs: list[Job] = []
        for array in self._arrays:
            if not array.id:
                continue
            for number, task in array.tasks.items():
                ends = task.cancelled or task.settled
                if ends and now - task.scancel_at >= SCANCEL_AGAIN_S:
                    task.scancel_at = now
                    jobs.append((array.id, number))
        self._queue.cancel(jobs)

    def _say_away(self, now: float) -> None:
        since = [t for t in (self._queue.away_since, self._sender.away_since) if t is not None]
        if not since:
            if self._said_away:
                print("SLURM's controller answers again.", file=sys.stderr)
            self._said_away = False
        elif not self._said_away and now - min(since) > SAY_AWAY_S:
            self._said_away = True
            print(
                f"Warning: SLURM's controller has not answered for {spell(SAY_AWAY_S / 60)} "
                f"minutes ({self._queue.away_words or 'sbatch can not reach it'}). Running jobs "
                "go on and their reports are taken in; new ones wait until it is back.",
                file=sys.stderr,
            )

    def _leave(self) -> None:
        """What SLURM has not ended by now is withdrawn, and ends itself."""
        for array in self._arrays:
            for task in array.unsettled:
                task.folder.withdraw(task.number)
                self._ended.append(ended(task))
            if not array.unsettled:
                array.folder.remove()
        self._arrays.clear()
        self._queue.close()
        self._alive.close()

    def _take_ended(self) -> tuple[Ended, ...]:
        out, self._ended = tuple(self._ended), []
        return out
