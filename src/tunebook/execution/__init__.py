"""Where trials run: one Protocol, worker processes on this machine, and a fake that runs here.

The scheduler claims trials of a book and hands them to an executor; the executor trains them,
anywhere, and says how each attempt ended. What training reported stands in the attempt's log.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Protocol

from tunebook.domain.trial import Outcome, TrialKey

if TYPE_CHECKING:
    from tunebook.training.assignment import Assignment

EXECUTORS: Mapping[str, str] = MappingProxyType(
    {
        "local": "tunebook.execution.local:LocalExecutor",
        "inline": "tunebook.execution.inline:InlineExecutor",
        "slurm": "tunebook.execution.slurm.executor:SlurmExecutor",
        "ray": "tunebook.execution.ray.executor:RayExecutor",
    }
)
"""Executors by name, as `module:class`, so that none is loaded before it is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """An attempt at a trial is over: nothing more will be written to its log.

    The end line of the log, where there is one, is the truth about how the attempt ended. Where
    there is none, `outcome` is; where that is None too, the attempt was lost by no fault of the
    trial, and may be repeated.

    Attributes:
        key, attempt: which.
        outcome: how it ended, in the executor's judgement.
        seconds: wall-clock time of the attempt.
        preempted: a cluster took its place away, as clusters do: no sign that anything is wrong,
            so that it may be repeated without end.
        killed: its process was ended by SIGKILL with no sign of why: `outcome` stands where that
            happens to the trial again; the first time it may have been anybody's doing.
        unloadable: why the training code could not be loaded; ends the whole round's run.
        unwritable: why its log could not be written; ends the run too.
    """

    key: TrialKey
    attempt: int
    outcome: Outcome | None = None
    seconds: float = 0.0
    preempted: bool = False
    killed: bool = False
    unloadable: str = ""
    unwritable: str = ""


class Executor(Protocol):
    """Trains trials, a number at a time, and never blocks its caller but in `wait` and `close`.

    Whatever a trial does (crash, hang, flood, fill the memory) is that trial's fate. Processes
    that an executor started are gone once `close` has returned, however it was left.
    """

    workers: int
    """How many trials it trains at a time."""

    def submit(self, assignment: Assignment) -> None:
        """Start a trial. At most `workers` are under way at a time."""

    def wait(self, timeout_s: float) -> tuple[Ended, ...]:
        """Attempts that ended since the last call; returns early as soon as there is one."""

    def cancel(self, key: TrialKey) -> None:
        """Stop a trial whose right to run was lost; `wait` returns it without an outcome."""

    def close(self, *, grace_s: float = 2.0) -> tuple[Ended, ...]:
        """Stop everything. Attempts still under way are returned without an outcome.

        Training gets `grace_s` seconds to write a last checkpoint; an executor may give a program
        more where it is left out. Safe to call twice.
        """
