"""The fates of trials that were run elsewhere, in the words of many tools (C3)."""

from __future__ import annotations

import math
import re

from tunebook.words.trial import Cause, Status

STATUS_WORDS = {
    Status.COMPLETE: "complete completed done finished success succeeded ok passed terminated",
    Status.INFEASIBLE: "infeasible diverged nan crashed crash oom timeout invalid",
    Status.FAILED: "failed fail failure error lost preempted cancelled canceled killed aborted",
    Status.RUNNING: "running started",
    Status.PENDING: "pending waiting queued scheduled created",
}
"""Statuses of Tunebook, Optuna, Weights & Biases, MLflow, Ray Tune and SLURM by what they mean.

`failed` is taken at its word: not the configuration's fault. A tool that says failed where
training raised an error should say crashed.
"""

STOPPED_EARLY = "pruned stopped early_stopped early-stopped"

_CAUSES = (
    (r"memory|\boom\b", Cause.OUT_OF_MEMORY),
    (r"time", Cause.TIMED_OUT),
    (r"\bchance\b", Cause.CHANCE),
    (r"\bnan|\binf\b|infinit|finite|diverg", Cause.DIVERGED),
    (r"crash|exception|error|signal", Cause.CRASHED),
    (r"\blost\b|preempt", Cause.MACHINE_LOST),
    (r"cancel|kill|abort", Cause.CANCELLED),
)
_NOT_ITS_FAULT = (Cause.MACHINE_LOST, Cause.RETRIES_SPENT, Cause.CANCELLED)

_BY_WORD = {word: status for status, words in STATUS_WORDS.items() for word in words.split()}


def fate(status: str, cause: str, value: float) -> tuple[Status, Cause | None] | str:
    """A trial's status and cause, or why its row can't be used.

    Args:
        status: cell of the file; empty is complete.
        cause: cell of the file, may be empty.
        value: the objective; NaN where it is missing. A complete trial without a finite one
            diverged.
    """
    word = status.lower().replace(" ", "_")
    if word in STOPPED_EARLY.split():
        return f'status "{status}": it was stopped early, so its value is no full training\'s'
    known = _BY_WORD.get(word, Status.COMPLETE if not word else None)
    if known is None:
        return f'status "{status}" is none of complete, infeasible, failed, running, pending'
    if known is Status.COMPLETE:
        if math.isfinite(value):
            return Status.COMPLETE, None
        return Status.INFEASIBLE, _cause(cause) or Cause.DIVERGED
    if known is Status.INFEASIBLE:
        said = _cause(cause) or _cause(word)
        if cause and said is None:
            said = Cause.DECLARED
        return known, said or Cause.DIVERGED
    if known is Status.FAILED:
        said = _cause(cause) or _cause(word)
        return known, said if said in _NOT_ITS_FAULT else None
    return known, None


def _cause(text: str) -> Cause | None:
    lower = text.lower()
    for cause in Cause:
        if lower == cause.value:
            return cause
    return next((cause for part, cause in _CAUSES if re.search(part, lower)), None)
