"""One attempt at a trial, from its first line to its last: what becomes of it, and why (C3)."""

from __future__ import annotations

import math
import random
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from tunebook.domain.errors import Infeasible, ReportError, nearest
from tunebook.domain.trial import Cause, Outcome, Status
from tunebook.training.assignment import Assignment
from tunebook.training.error_text import place, said_by_exit, traceback_text
from tunebook.training.handle import Diverged, Trial
from tunebook.training.log import TrialLog
from tunebook.training.report_values import BadReport

MEMORY_WORDS = (
    "out of memory",  # CUDA, in PyTorch and JAX
    "out_of_memory",
    "resource_exhausted",  # XLA
    "oom when allocating",  # TensorFlow
    "allocate memory",  # PyTorch on the CPU; ENOMEM
    "status_alloc_failed",  # cuBLAS, cuDNN
)
"""What errors of frameworks say, in lower case, where memory did not suffice."""


class ProgramFailed(Infeasible):
    """A training program ended with another code than 0; `cause` is what that means."""

    def __init__(self, said: str, cause: Cause) -> None:
        super().__init__(said)
        self.cause = cause


Fate = tuple[Status, Cause | None, str]


def train_once(
    assignment: Assignment, train: Callable[[Trial], Any], stop: threading.Event
) -> tuple[Outcome | None, bool]:
    """Train a trial to its end, whatever that is, and write the end into its log.

    Returns:
        how it ended, or None where it was asked to stop: such an attempt has no end of its own.
        And whether this process can train another: it can't after an exception.
    """
    log = TrialLog(assignment.files)
    began = time.monotonic()
    trial = Trial(assignment, log, stop)
    try:
        seed_generators(trial.seed)
        fate, healthy = _fate(trial, train)
        refused = trial._disk_error or log.failed
        if not healthy and refused is not None:
            # The disk's fault and no trial's: the run stops, and this trial is repeated.
            raise refused
        if stop.is_set():
            # What training did once it was asked to stop is not how the trial would have ended.
            return None, False
        unread = tuple(n for n in assignment.varied if n not in trial.config.read)
        status, cause, detail = fate
        outcome = Outcome(
            status=status,
            cause=cause,
            detail=detail,
            unread=unread if healthy else (),
            seconds=time.monotonic() - began,
            ended_at=time.time(),
            evaluation_share=trial._evaluating.share,
        )
        trial._begin()
        log.end(outcome)
        return outcome, healthy
    finally:
        log.close()


def _fate(trial: Trial, train: Callable[[Trial], Any]) -> tuple[Fate, bool]:
    try:
        returned = train(trial)
        if trial._told_late and trial._step < trial.max_train_steps - 1:
            return _too_slow(trial), True
        if returned is not None:
            _report_returned(trial, returned)
    except SystemExit as error:
        if error.code not in (None, 0):
            words = said_by_exit(error)
            said = f"training code left with sys.exit({error.code!r})"
            return _crashed(error, f"{said}: {words}" if words else said), False
    except ProgramFailed as error:  # the fault is another process's, and this one is whole
        return (Status.INFEASIBLE, error.cause, _one_line(str(error))), True
    except BaseException as error:  # every way out is this trial's fate, never the worker's
        with suppress(Exception):  # training code may have closed its standard error
            sys.stderr.write(traceback_text(error))
        return _classified(error), False
    if trial._refused is not None:  # training code passed over the error, which does not undo it
        return _classified(trial._refused), True
    return _judged(trial), True


def _report_returned(trial: Trial, value: Any) -> None:
    """A number that training returns is the objective's last report."""
    objective = trial._assignment.objective.metric
    last = max(trial.max_train_steps - 1, trial._step)
    if last == trial._step and objective in trial._at_step:
        if trial._last == value:
            return
        last += 1
    try:
        trial.report(last, {objective: value})
    except BadReport as error:
        shown = " ".join(str(error.rule).split())
        raise BadReport(
            f"training returns the objective's last value, or nothing; {shown}",
            error.cause,
            next_step="end with a plain return, or return a number",
        ) from error


def _too_slow(trial: Trial) -> Fate:
    limit = trial._assignment.time_limit_s
    detail = f"stopped itself at step {trial._step}, just before its limit of {limit:g} s"
    return Status.INFEASIBLE, Cause.TIMED_OUT, detail


def _judged(trial: Trial) -> Fate:
    """The fate of a trial that ran to its end: by what it reported of the objective."""
    assignment = trial._assignment
    metric, chance = assignment.objective.metric, assignment.chance
    if not trial._losses:
        return (
            Status.INFEASIBLE,
            Cause.NOT_REPORTED,
            f'the objective "{metric}" was never reported{_instead(trial)}',
        )
    if trial._divergence.nan_at is not None:
        trial._settle_divergence()
        detail = f"{metric} became NaN at step {trial._divergence.nan_at}"
        return Status.INFEASIBLE, Cause.DIVERGED, detail
    if not math.isfinite(trial._last):
        return Status.INFEASIBLE, Cause.DIVERGED, f"{metric} ended as {trial._last}"
    best = min(loss for loss in trial._losses if math.isfinite(loss))
    if chance is not None and best >= assignment.objective.sign * chance:
        value = assignment.objective.sign * best
        return (
            Status.INFEASIBLE,
            Cause.CHANCE,
            f"{metric} was never better than chance ({chance:g}); its best was {value:g}",
        )
    return Status.COMPLETE, None, ""


def _instead(trial: Trial) -> str:
    """What was reported in the objective's place."""
    if not trial._metrics:
        return "; nothing was"
    metric = trial._assignment.objective.metric
    shown = ", ".join(list(trial._metrics)[:5])
    slip = nearest(metric, trial._metrics)
    return f".{slip} Reported were {shown}" if slip else f"; reported were {shown}"


def _classified(error: BaseException) -> Fate:
    status = Status.INFEASIBLE
    if isinstance(error, Diverged):
        return status, Cause.DIVERGED, str(error)
    if isinstance(error, Infeasible):
        return status, Cause.DECLARED, _one_line(str(error))
    if isinstance(error, ReportError):
        cause = error.cause if isinstance(error, BadReport) else Cause.CRASHED
        way_out = f". Next: {error.next_step}" if error.next_step else ""
        return status, cause, _one_line(error.rule + way_out)
    text = f"{type(error).__name__}: {error}"
    memory = isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError"
    if memory or any(words in text.lower() for words in MEMORY_WORDS):
        return status, Cause.OUT_OF_MEMORY, _one_line(text)
    return _crashed(error, text)


def _crashed(error: BaseException, text: str) -> Fate:
    return Status.INFEASIBLE, Cause.CRASHED, _one_line(text) + place(error)


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 300 else line[:297] + "..."


def seed_generators(seed: int) -> None:
    """Seed the generators of Python, and of NumPy and torch where they are loaded."""
    random.seed(seed)
    # Only what training has imported already: importing them here would cost a second.
    if numpy := sys.modules.get("numpy"):
        with suppress(AttributeError):
            numpy.random.seed(seed % 2**32)
    if torch := sys.modules.get("torch"):
        with suppress(AttributeError):
            torch.manual_seed(seed)
