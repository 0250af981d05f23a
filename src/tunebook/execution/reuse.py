"""An executor for several runs in a row: its workers outlive a run that ended by itself (D1).

A decision reruns a few trials, looks, and reruns a few more; a worker that has imported a
framework and compiled a model is worth keeping from one look to the next.
"""

from __future__ import annotations

from tunebook.domain.trial import TrialKey
from tunebook.execution import Ended, Executor, RunOptions
from tunebook.execution.inline import InlineExecutor
from tunebook.execution.local import LocalExecutor
from tunebook.training.assignment import Assignment


def executor_for(options: RunOptions) -> Executor:
    """The executor of a run: the given one, this process for 0 workers, else worker processes."""
    if options.executor is not None:
        return options.executor
    return InlineExecutor() if options.workers == 0 else LocalExecutor(options.workers)


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
