"""One configuration and seed, trained once: its record, its status and what it reported.

Standard library alone: training code's own process imports this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tunebook.domain.frozen import freeze

Value = bool | int | float | str
"""What a hyperparameter can be set to."""

Configuration = Mapping[str, Value]
"""Hyperparameter name to value; a hyperparameter that does not exist here has no key."""

RERUN_FROM = 1_000_000
"""Reruns with new seeds are numbered from here, so that a search can still be extended."""


class Status(StrEnum):
    """Where a trial stands. Infeasible is the configuration's fate, failed is not its fault."""

    PENDING = "pending"
    RUNNING = "running"
    COMPLETE = "complete"
    INFEASIBLE = "infeasible"
    FAILED = "failed"

    @property
    def ended(self) -> bool:
        """True once nothing more will come from this trial."""
        return self in (Status.COMPLETE, Status.INFEASIBLE, Status.FAILED)


class Cause(StrEnum):
    """Why a trial is infeasible, or (the last three) failed."""

    DIVERGED = "diverged"  # the objective became NaN, or ended infinite
    CHANCE = "stuck at chance"  # the book says what chance is, and the trial never beat it
    OUT_OF_MEMORY = "out of memory"
    TIMED_OUT = "timed out"
    CRASHED = "crashed"  # an exception, a bad exit code or a signal
    BAD_VALUE = "bad value"  # a report that is no number
    BAD_STEP = "bad step"  # a step that went backwards
    TWICE_REPORTED = "twice reported"  # one metric twice at one step
    NOT_REPORTED = "objective never reported"
    DECLARED = "declared infeasible"  # training code raised Infeasible
    NOT_STATED = "no stated cause"  # a foreign file says that it failed, and not why
    MACHINE_LOST = "machine lost"
    RETRIES_SPENT = "retries spent"
    CANCELLED = "cancelled"


class Purpose(StrEnum):
    """Why a trial was run: to search, or to rerun a configuration with a fresh seed."""

    EXPLORE = "explore"
    EXPLOIT = "exploit"
    RERUN = "rerun"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One number reported by a trial.

    Attributes:
        step: training steps taken when it was made, from 0.
        metric: its name, as in `valid/error`.
        value: the number; NaN and infinities are kept as they are.
        time_s: seconds since the trial's attempt began.
    """

    step: int
    metric: str
    value: float
    time_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRecord:
    """The record of one trial, a row of the trial table.

    Attributes:
        round: number of its round in the book, from 1.
        number: its number in the round, from 0; stays the same when the round is extended.
        study: name of its study, such as `optimizer=adam`; empty for an unsplit round and for a
            rerun.
        index: k, its place in the study's sequence of points.
        purpose: search, or rerun with a new seed.
        rerun_of: name of the arm that a rerun belongs to, a candidate's or "baseline"; empty for
            a search trial.
        config: every hyperparameter that exists in its branch, fixed ones included.
        seed: given to the training code.
        max_train_steps: steps that it was asked to train.
        status, cause, detail: its fate; `detail` is one line in words.
        attempt: 0 before it was ever claimed, then 1, 2, ...
        seconds: wall-clock time of all attempts together.
        output_tail: the end of what it printed, kept for trials that did not complete.
        unread: varied hyperparameters that training code never read.
        started_at, ended_at: Unix time, on the host's clock.
        evaluation_share: of the time of training and evaluating, 0 to 1; None where not seen.
        chosen: what chose its configuration, as `domain/origin.py` names it; empty for the round's
            own searcher.
        source_name: of an imported trial, its name where it came from.
    """

    round: int
    number: int
    study: str
    index: int
    config: Configuration
    seed: int
    max_train_steps: int
    purpose: Purpose = Purpose.EXPLORE
    rerun_of: str = ""
    status: Status = Status.PENDING
    cause: Cause | None = None
    detail: str = ""
    attempt: int = 0
    seconds: float = 0.0
    output_tail: str = ""
    unread: tuple[str, ...] = ()
    started_at: float | None = None
    ended_at: float | None = None
    evaluation_share: float | None = None
    chosen: str = ""
    source_name: str = ""

    def __post_init__(self) -> None:
        freeze(self, "config")

    @property
    def key(self) -> TrialKey:
        """Its address in the book."""
        return TrialKey(self.round, self.number)

    @property
    def name(self) -> str:
        """`3.17` is trial 17 of round 3, `3.r2` its rerun 2: what people see and type."""
        return self.key.name


@dataclass(frozen=True, slots=True, order=True)
class TrialKey:
    """Address of a trial in a book: its round's number, and its own."""

    round: int
    number: int

    @property
    def name(self) -> str:
        """`3.17`, or `3.r2` for a rerun."""
        rerun = self.number - RERUN_FROM
        return f"{self.round}.r{rerun}" if rerun >= 0 else f"{self.round}.{self.number}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one attempt at a trial ended.

    Attributes:
        status: complete, infeasible or failed.
        cause: why, unless complete.
        detail: one line in words.
        output_tail: the end of what the attempt printed.
        unread: hyperparameters that training code never read.
        seconds: wall-clock time of this attempt.
        ended_at: Unix time.
        evaluation_share: of the time of training and evaluating, 0 to 1; None where not seen.
    """

    status: Status
    cause: Cause | None = None
    detail: str = ""
    output_tail: str = ""
    unread: tuple[str, ...] = field(default=())
    seconds: float = 0.0
    ended_at: float = 0.0
    evaluation_share: float | None = None
