"""Run a round: claim trials, start them, watch, take in what they report, record their fates.

One thread, which sleeps in the executor until something happens. Training never waits for it.
"""

from __future__ import annotations

import errno
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from tunebook.domain.errors import StoreError, TrainingLoadError
from tunebook.domain.formats.numbers import digits
from tunebook.domain.trial import Purpose, Status
from tunebook.execution import RunOptions
from tunebook.execution.code import TrainingCode, size_note, source_of
from tunebook.execution.counts import TrialCounts
from tunebook.execution.endings import NOT_NOW
from tunebook.execution.environment import note_environment
from tunebook.execution.host import host_identity
from tunebook.execution.interrupts import Interrupts, noted_interrupts
from tunebook.execution.progress import Progress
from tunebook.execution.queue import LEASE_S, RENEW_EVERY_S, TrialQueue
from tunebook.execution.recovery import take_back
from tunebook.execution.repeated_crashes import AlikeCrashes
from tunebook.execution.timeouts import BookTimeout
from tunebook.store import Store
from tunebook.training.log import sync_every_s

COLLECT_EVERY_S = 0.75
LOOK_EVERY_S = 0.25
FOLLOWS_S = 0.02
"""An end is recorded once no other has followed for so long, or `endings.GROUP_S` after it."""
OTHERS_EVERY_S = 1.0
OBEY_EVERY_S = 1.0
PAUSED = "paused: no trial begins until `tunebook resume`"
DISK_ERRORS = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EIO}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSummary:
    """What one call of `run_trials` did.

    Attributes:
        ran: trials that ended in it; complete, infeasible, failed: how they ended.
        stopped: why it ended before all trials had: "", "interrupted", "time budget", "drained",
            or "crashes": the first trials all crashed alike.
        seconds: wall-clock time.
        spent_twice_s: compute of attempts that were lost and have to be repeated.
        crash: the error of the last trial, where `stopped` is "crashes".
    """

    ran: int
    complete: int
    infeasible: int
    failed: int
    stopped: str
    seconds: float
    spent_twice_s: float
    crash: str = ""

    def __str__(self) -> str:
        kinds = ("complete", "infeasible", "failed")
        fates = ", ".join(f"{n} {kind}" for kind in kinds if (n := getattr(self, kind)))
        why = f"; stopped: {self.stopped}" if self.stopped else ""
        return f"{self.ran} trials ended in {digits(self.seconds, 3)} s: {fates or 'none'}{why}"


def run_trials(
    store: Store,
    number: int,
    code: TrainingCode,
    options: RunOptions,
    *,
    purpose: Purpose | None = None,
    on_progress: Callable[[Progress], None] | None = None,
) -> RunSummary:
    """Run the trials of a round that have not ended, until they all have.

    Trials that a host on this machine held when it died are taken back first; what they
    acknowledged is kept. Other living hosts may work on the same round: trials are shared out,
    and this call returns when all have ended.

    Args:
        store: the book.
        number: the round.
        code: what trains, from `training_code`.
        options: where trials run, and within which limits.
        purpose: only trials of this purpose; all of them if left out.
        on_progress: called with the latest numbers, about four times a second at most.

    Returns:
        what was done. `stopped` is "interrupted" after Ctrl-C or SIGTERM: workers are stopped,
        what they acknowledged is stored, their trials are pending again; the caller says how to
        go on, and raises KeyboardInterrupt where a script should end. A second Ctrl-C stops
        workers without the seconds for a last checkpoint.

    Raises:
        DesignError: TUNEBOOK_SYNC_EVERY_S is no number of seconds.
        TrainingCodeError: a worker could not load the training code; no trial was used up.
        StoreError: the book can't be written (full or read-only disk). Workers are stopped;
            what they acknowledged stays in their logs and is taken in by the next run.
    """
    stored = store.round(number)
    sync_every_s()  # an invalid setting is refused before a worker meets it
    _note_code(store, number, code, purpose)
    with host_identity() as me, noted_interrupts() as interrupts:
        queue = TrialQueue(
            store=store, stored=stored, host=me, code=code, purpose=purpose, options=options
        )
        watching = not options.keep_going and purpose is not Purpose.RERUN
        crashes = AlikeCrashes(watching=watching)
        run = _Run(queue, interrupts, options.time_budget_s, on_progress, crashes)
        try:
            run.until_done()
        except KeyboardInterrupt:
            run.stopped = "interrupted"
        except TrainingLoadError:
            if stored.source is not None:
                store.set_source(number, stored.source)  # this code has trained nothing
            raise
        except OSError as error:
            if error.errno not in DISK_ERRORS:
                raise
            raise StoreError(
                f"the files in {store.files} can't be written: {error}",
                next_step="free disk space or repair the disk, then run again; no recorded "
                "report is lost",
            ) from error
        finally:
            run.stop()
        return run.summary()


def _note_code(store: Store, number: int, code: TrainingCode, purpose: Purpose | None) -> None:
    """Record the code and environment of trials that are going to run; nothing where none is."""
    waiting = [t for t in store.trials(number) if not t.status.ended]
    if any(purpose is None or t.purpose is purpose for t in waiting):
        store.set_source(number, source_of(code))
        note_environment(store, number, code, reruns=purpose is Purpose.RERUN)
        if note := size_note(code):
            print(note, file=sys.stderr)


class _Run:
    """The loop of one call of `run_trials`, and its ways to end."""

    def __init__(
        self,
        queue: TrialQueue,
        interrupts: Interrupts,
        time_budget_s: float | None,
        on_progress: Callable[[Progress], None] | None,
        crashes: AlikeCrashes,
    ) -> None:
        self._crashes = crashes
        self.stopped = ""
        self._queue = queue
        self._interrupts = interrupts
        self._on_progress = on_progress
        self._began = time.monotonic()
        self._ends_at = None if time_budget_s is None else self._began + time_budget_s
        self._counts = TrialCounts(objective=queue.objective, workers=queue.executor.workers)
        self._timeout = BookTimeout()
        self._began_there = 0.0
        self._quiet = True
        self._due = dict.fromkeys(("collect", "renew", "obey", "others", "show"), self._began)

    def until_done(self) -> None:
        queue, counts = self._queue, self._counts
        queue.store.files.mkdir(parents=True, exist_ok=True)
        queue.endings.spent_twice_s += take_back(queue.store, queue.number, queue.purpose)
        counts.refresh(queue.store, queue.number, queue.purpose)
        self._crashes.watching &= not counts.count(Status.COMPLETE)
        self._began_there = queue.store.now()
        while True:
            if self._interrupts.asked:
                raise KeyboardInterrupt
            if self._ends_at is not None and time.monotonic() >= self._ends_at and counts.unended:
                self.stopped = "time budget"
            try:
                if self._turn():
                    return
                self._timeout.back()
            except NOT_NOW as error:
                self._timeout.away(error)
                self._show()
                if not queue.listen(LOOK_EVERY_S):
                    time.sleep(LOOK_EVERY_S)

    def _turn(self) -> bool:
        """Once around: start, look, settle, take in; True once there is nothing left to do."""
        queue = self._queue
        # First of all, so that no lease runs out behind what takes long.
        if self._is_due("renew", RENEW_EVERY_S):
            queue.renew(LEASE_S)
        if self._is_due("obey", OBEY_EVERY_S) and queue.obey(self._began_there):
            self.stopped = "drained"
        idle = not queue.running and (bool(self.stopped) or not queue.waiting)
        if idle or self._quiet or self._crashes.watching or queue.endings.due:
            queue.settle()
            self._count()
        if not self.stopped:
            queue.start()
        self._count()
        self._show()
        if not queue.running and (self.stopped or not self._others()):
            self._show(last=True)
            return True
        # Ends that follow each other closely are recorded together, after their workers go on.
        self._quiet = not queue.listen(FOLLOWS_S if queue.endings.keys else LOOK_EVERY_S)
        if self._is_due("collect", COLLECT_EVERY_S):
            queue.collect()
        return False

    def stop(self) -> None:
        """End what is under way, keep what it acknowledged, give its trials back."""
        if self._queue.running and self._on_progress is not None:
            with suppress(Exception):  # how it is shown must not keep workers alive
                self._on_progress(self._progress(stopping="stopping"))
        self._queue.close()
        with suppress(*NOT_NOW):
            self._count()
        if self.stopped == "interrupted" and self._on_progress is not None:
            self._on_progress(self._progress(stopping="stopped"))

    def summary(self) -> RunSummary:
        ended = list(self._counts.ran.values())
        return RunSummary(
            ran=len(ended),
            complete=ended.count(Status.COMPLETE),
            infeasible=ended.count(Status.INFEASIBLE),
            failed=ended.count(Status.FAILED),
            stopped=self.stopped,
            seconds=time.monotonic() - self._began,
            spent_twice_s=self._queue.endings.spent_twice_s,
            crash=self._crashes.detail if self.stopped == "crashes" else "",
        )

    def _count(self) -> None:
        settled = self._queue.endings.settled
        while settled:
            key, outcome = settled[0]
            self._counts.ended(self._queue.store, key, outcome)
            self._crashes.take(outcome, self._queue.lasted_s.pop(key, 0.0))
            settled.popleft()
        running_s = self._queue.running_s().values()
        if not self.stopped and self._counts.unended and self._crashes.enough(running_s):
            self.stopped = "crashes"

    def _others(self) -> bool:
        """Nothing to do here: look whether another host still works on this round, and wait."""
        queue, counts = self._queue, self._counts
        if counts.unended and self._is_due("others", OTHERS_EVERY_S):
            queue.endings.spent_twice_s += take_back(queue.store, queue.number, queue.purpose)
            counts.refresh(queue.store, queue.number, queue.purpose)
        if counts.unended:
            time.sleep(LOOK_EVERY_S)
        return bool(counts.unended)

    def _is_due(self, what: str, every_s: float) -> bool:
        now = time.monotonic()
        if now < self._due[what]:
            return False
        self._due[what] = now + every_s
        return True

    def _show(self, *, last: bool = False) -> None:
        if self._on_progress is not None and (self._is_due("show", LOOK_EVERY_S) or last):
            ending = "finishing those under way" if self.stopped and not last else ""
            waiting = PAUSED if self._queue.paused else ""
            self._on_progress(self._progress(self._timeout.said or ending or waiting))

    def _progress(self, stopping: str = "") -> Progress:
        return self._counts.progress(self._queue.under_way(), stopping)
