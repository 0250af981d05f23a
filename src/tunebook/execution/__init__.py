"""Where trials run: one Protocol, worker processes on this machine, and a fake that runs here.

The scheduler claims trials of a book and hands them to an executor; the executor trains them,
anywhere, and says how each attempt ended. What training reported stands in the attempt's log.
Each folder in here is an executor, registered by its `SPEC`; packages can register others.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

from tunebook.domain.errors import DesignError
from tunebook.domain.trial import Outcome, TrialKey

if TYPE_CHECKING:
    from tunebook.training.assignment import Assignment


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


class Lender(Protocol):
    """Has workers of its own for runs that name no executor; see `reuse.KeptWorkers`."""

    def lend(self, workers: int | None) -> Executor:
        """An executor for a run, which gives it back by `close`."""

    def end(self) -> None:
        """End the workers that no run has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How trials are run: what the arguments of one call say, whatever the trials are for.

    Attributes:
        workers: processes on this machine, by default one per core; 0 trains in this process.
        executor: trains elsewhere, instead of `workers`. It is closed at the end of the run.
        time_budget_s: once spent, no trial begins. Trials under way run to their end, which
            only the round's `time_limit_s` bounds.
        memory_limit_mb: a trial whose processes together use more is infeasible.
        progress: show live progress in the terminal or notebook.
        keep_going: go on although the first three trials of the run crashed alike.
        kept: the book's own workers, which serve a run that names no executor.
    """

    workers: int | None = None
    executor: Executor | None = None
    time_budget_s: float | None = None
    memory_limit_mb: int | None = None
    progress: bool = True
    keep_going: bool = False
    kept: Lender | None = None


NOT_A_KIND = frozenset({"lock", "checkpoints", "damaged"})
"""Suffixes that files of a trial have already; a trial's note of its job ends in the kind."""


def is_kind(name: str) -> bool:
    """True for a lower-case word that no file of a trial has as its suffix."""
    return bool(re.fullmatch(r"[a-z][a-z0-9_]*", name)) and name not in NOT_A_KIND


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutorSpec:
    """The one registration of an executor: an entry point of `tunebook.executors` names it.

    Places are texts, `module:name`, so that reading a spec loads nothing of the executor.

    Attributes:
        kind: its name in `[executor]` of a round file, and the name of its entry point.
        factory: what makes the executor; its arguments are the keys of the table.
        requirement: what pip has to install for it, such as `tunebook[ray]`; empty where it
            needs no more than the package that registers it.
        end_stray_job: a function of a trial's lock file, for executors whose jobs outlive the
            host. Before it submits a job, such an executor writes the note `lock.with_suffix(
            "." + kind)`, and removes it afterwards. Where a note is left, the function is called
            before the trial is run again: it ends the job, waits until it is gone, and removes
            the note. It imports nothing that only `requirement` brings.
        checkup: a function without arguments for `tunebook doctor`; returns a `ClusterReply`.

    Raises:
        DesignError: the kind is no lower-case word, or one that trial files use.
    """

    kind: str
    factory: str
    requirement: str = ""
    end_stray_job: str = ""
    checkup: str = ""

    def __post_init__(self) -> None:
        if not is_kind(self.kind):
            raise DesignError(
                f"an executor's kind must be a lower-case word; got {self.kind!r}",
                next_step=f"choose another; {', '.join(sorted(NOT_A_KIND))} are reserved",
            )

    def not_installed(self, module: str) -> DesignError:
        """The error for a module that the executor needs and that is not there."""
        return DesignError(
            f'the executor "{self.kind}" needs the package "{module}", which is not installed',
            next_step=f"pip install '{self.requirement or module}'",
        )


def check_argument(name: str, value: object, holds: bool, what: str) -> None:
    """Refuse an argument of an executor that does not hold.

    Raises:
        DesignError: names the argument, what it has to be, and its value.
    """
    if not holds:
        raise DesignError(f"{name} is {what}; got {value!r:.80}", next_step=f"correct {name}")


def is_whole(value: object, least: int) -> bool:
    """True for a whole number of at least `least`."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def is_number(value: object) -> bool:
    """True for a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterReply:
    """Whether a cluster could be used from this machine; nothing was trained on it.

    Attributes:
        state: "absent" where there is none, "silent" where there is one that does not answer.
        sentence: with its numbers, and without a full stop.
    """

    state: Literal["answered", "absent", "silent"]
    sentence: str
