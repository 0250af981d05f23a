"""Trials run here, in the calling process, one at a time: for a debugger, and for tests.

The same handle, log and store as everywhere. Nothing protects the caller from a crash, a hang or
a full memory: a limit of time or memory is not enforced here, only told to training.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tunebook.domain.trial import TrialKey
from tunebook.execution import Ended
from tunebook.execution.interrupts import at_once
from tunebook.training.assignment import Assignment, TrainingCode
from tunebook.training.attempt import train_once
from tunebook.training.handle import Trial
from tunebook.training.worker import load, script_of, why_unloadable


class InlineExecutor:
    """Trains trials in this process; `wait` is where they run, one a call."""

    workers = 1

    def __init__(self) -> None:
        self._waiting: list[Assignment] = []
        self._loaded: tuple[TrainingCode, Callable[..., Any]] | None = None

    def submit(self, assignment: Assignment) -> None:
        """Keep a trial for the next `wait`."""
        self._waiting.append(assignment)

    def wait(self, timeout_s: float) -> tuple[Ended, ...]:
        """Train the trial that is waiting, however long it takes.

        Raises:
            KeyboardInterrupt: Ctrl-C in training code; the trial is given back by `close`.
        """
        if not self._waiting:
            time.sleep(timeout_s)
            return ()
        assignment = self._waiting[0]
        trial, began = assignment.trial, time.monotonic()
        unloadable = unwritable = ""
        with _as_its_script(assignment.code):
            try:
                train = self._train(assignment.code)
            except (Exception, SystemExit) as error:  # whatever the import raises
                unloadable = why_unloadable(error)
            else:
                try:
                    self._once(assignment, train)
                except OSError as error:
                    unwritable = str(error)
        self._waiting.pop(0)
        return (
            Ended(
                key=trial.key,
                attempt=trial.attempt,
                seconds=time.monotonic() - began,
                unloadable=unloadable,
                unwritable=unwritable,
            ),
        )

    def cancel(self, key: TrialKey) -> None:
        """Drop a trial that has not begun."""
        self._waiting = [a for a in self._waiting if a.trial.key != key]

    def close(self, *, grace_s: float = 0.0) -> tuple[Ended, ...]:
        """Return what has not ended."""
        del grace_s
        waiting, self._waiting = self._waiting, []
        return tuple(Ended(key=a.trial.key, attempt=a.trial.attempt) for a in waiting)

    def _train(self, code: TrainingCode) -> Callable[..., Any]:
        if code.call is not None:
            return code.call
        if self._loaded is None or self._loaded[0] is not code:
            self._loaded = (code, load(code))
        return self._loaded[1]

    def _once(self, assignment: Assignment, train: Callable[..., Any]) -> None:
        stop = threading.Event()
        interrupted = False

        def watched(trial: Trial) -> Any:
            nonlocal interrupted
            try:
                with at_once():
                    return train(trial)
            except KeyboardInterrupt:
                # An attempt that was asked to stop gets no end line: it may be repeated.
                interrupted = True
                stop.set()
                raise

        train_once(assignment, watched, stop)
        if interrupted:
            raise KeyboardInterrupt


@contextmanager
def _as_its_script(code: TrainingCode) -> Iterator[None]:
    """Hide this process's own arguments from code that is named; a function's are its script's."""
    before = list(sys.argv)
    if code.call is None:
        sys.argv[:] = [script_of(code)]
    try:
        yield
    finally:
        sys.argv[:] = before
