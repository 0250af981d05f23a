"""Executors for several runs in a row: workers outlive a run that ended by itself (D1 I2).

Importing a framework and compiling a model takes longer than many trials, so a book keeps its
workers from run to run. What a worker has loaded, it checks itself: see `training.loaded`.
"""

from __future__ import annotations

import os
import threading
import weakref
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tunebook.domain.trial import TrialKey
    from tunebook.execution import Ended, Executor, RunOptions
    from tunebook.execution.local import LocalExecutor
    from tunebook.training.assignment import Assignment

IDLE_S = 30.0
"""Seconds without a run after which a book's workers end: they may hold the memory of a GPU."""


def executor_for(options: RunOptions) -> Executor:
    """The executor of a run: the given one, this process for 0 workers, else worker processes."""
    given, kept = options.executor, options.kept
    if given is None and options.workers != 0:
        return _local(options.workers) if kept is None else kept.lend(options.workers)
    if kept is not None:
        kept.end()  # what they hold is free for this run
    if given is not None:
        return given
    from tunebook.execution.inline import InlineExecutor  # noqa: PLC0415 - opening loads none

    return InlineExecutor()


def _local(workers: int | None) -> LocalExecutor:
    from tunebook.execution.local import LocalExecutor  # noqa: PLC0415 - opening loads none

    return LocalExecutor(workers)


class ReusedExecutor:
    """Hands everything on, but for `close` where no trial is under way.

    Used in a `with`: its processes are gone after it, however it was left.
    """

    def __init__(self, executor: Executor) -> None:
        self.workers = executor.workers
        self._executor = executor
        self._under_way: set[TrialKey] = set()

    def submit(self, assignment: Assignment) -> None:
        """Start a trial."""
        self._under_way.add(assignment.trial.key)
        self._executor.submit(assignment)

    def wait(self, timeout_s: float) -> tuple[Ended, ...]:
        """Attempts that ended."""
        ended = self._executor.wait(timeout_s)
        self._under_way.difference_update(e.key for e in ended)
        return ended

    def cancel(self, key: TrialKey) -> None:
        """Stop a trial."""
        self._executor.cancel(key)
        self._under_way.discard(key)

    def close(self, *, grace_s: float | None = None) -> tuple[Ended, ...]:
        """Stop everything if a trial is under way; else keep the workers for the next run."""
        if not self._under_way:
            return ()
        given = {} if grace_s is None else {"grace_s": grace_s}
        return self._executor.close(**given)

    def __enter__(self) -> ReusedExecutor:
        return self

    def __exit__(self, *_: object) -> None:
        self._executor.close()


class KeptWorkers:
    """The worker processes of a book, lent to one run at a time, and ended once idle for a while.

    A run gets those of the run before where it asks for as many, in the same environment; others
    are ended first. Linux ends a worker with the thread that started it, so only runs of the
    main thread share them.

    Args:
        idle_s: seconds without a run after which they end.

    Example:
        >>> kept = KeptWorkers()
        >>> first = kept.lend(2)
        >>> first.close(), kept.lend(2) is first
        ((), True)
    """

    def __init__(self, idle_s: float = IDLE_S) -> None:
        self._idle_s = idle_s
        self._lock = threading.Lock()
        self._held: list[_Lent] = []
        self._asked: tuple[object, ...] = ()
        self._timer: threading.Timer | None = None
        # At the end of the process too, and of a book that nobody closed.
        weakref.finalize(self, _end, self._held)

    def lend(self, workers: int | None) -> Executor:
        """An executor with as many workers; one of its own where a run is under way already."""
        asked = (workers, dict(os.environ), os.getpid())
        with self._lock:
            self._wait_no_longer()
            shared = threading.current_thread() is threading.main_thread()
            if not shared or any(lent.in_run for lent in self._held):
                return _local(workers)
            if self._asked != asked:
                _end(self._held)
            if not self._held:
                self._held.append(_Lent(_local(workers), self))
            self._asked = asked
            self._held[0].begin()
            return self._held[0]

    def end(self) -> None:
        """End the workers, unless a run has them; safe to call twice."""
        with self._lock:
            self._wait_no_longer()
            _end(self._held)

    def back(self, *, sound: bool) -> None:
        """Take them back from a run; `sound` where they can serve another."""
        with self._lock:
            if not sound:
                self._held.clear()
                return
            self._wait_no_longer()
            self._timer = threading.Timer(self._idle_s, self.end)
            self._timer.daemon = True
            self._timer.start()

    def _wait_no_longer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class _Lent(ReusedExecutor):
    """A book's workers in the hands of a run."""

    def __init__(self, executor: LocalExecutor, owner: KeptWorkers) -> None:
        super().__init__(executor)
        self.in_run = False
        self._local = executor
        self._owner = weakref.ref(owner)
        self._process = os.getpid()

    def begin(self) -> None:
        """Hand them to a run."""
        self.in_run = True
        self._local.drop_dead()

    def close(self, *, grace_s: float | None = None) -> tuple[Ended, ...]:
        """As `ReusedExecutor.close`; the run gives them back by it."""
        if not self.in_run:
            return ()
        sound = not self._under_way
        try:
            return super().close(grace_s=grace_s)
        finally:
            self.in_run = False
            owner = self._owner()
            if owner is not None:
                owner.back(sound=sound)
            elif sound:
                self._local.close()

    def end(self) -> None:
        """End the processes; a forked child leaves those of its parent alone."""
        if self._process == os.getpid():
            self._local.close()


def _end(held: list[_Lent]) -> None:
    for lent in [lent for lent in held if not lent.in_run]:
        held.remove(lent)
        lent.end()
