"""How an attempt ended that did not say so itself, and ends as plain data (C3)."""

from __future__ import annotations

import signal
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from tunebook.domain.trial import Cause, Outcome, Status, TrialKey
from tunebook.execution import Ended
from tunebook.training.log_reading import outcome_of


def infeasible(cause: Cause, detail: str, *, seconds: float) -> Outcome:
    """The outcome of an attempt that the executor ended, or that ended without an end line."""
    return _now(Status.INFEASIBLE, cause, detail, seconds)


def failed(cause: Cause, detail: str, *, seconds: float) -> Outcome:
    """The outcome of a trial that ended for a reason outside its configuration."""
    return _now(Status.FAILED, cause, detail, seconds)


def _now(status: Status, cause: Cause, detail: str, seconds: float) -> Outcome:
    return Outcome(
        status=status, cause=cause, detail=detail, seconds=seconds, ended_at=time.time()
    )


def ended_to_data(ended: Ended) -> dict[str, Any]:
    """An end as plain data, for another process of the same version."""
    return {**asdict(ended), "key": [ended.key.round, ended.key.number]}


def ended_from_data(data: Mapping[str, Any]) -> Ended:
    """The end that `ended_to_data` wrote."""
    told = data["outcome"]
    outcome = None if told is None else outcome_of(told)
    return Ended(**{**data, "key": TrialKey(*data["key"]), "outcome": outcome})


def death(code: int, *, out_of_memory: bool) -> tuple[Cause, str]:
    """Cause and words for a worker that died during a trial.

    Args:
        code: its exit code, negative for a signal.
        out_of_memory: the kernel has counted a kill for want of memory meanwhile.
    """
    if code >= 0:
        return Cause.CRASHED, f"its process ended itself with exit code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    if -code == signal.SIGKILL and out_of_memory:
        return Cause.OUT_OF_MEMORY, "killed by SIGKILL; the kernel counted a kill for memory"
    if -code == signal.SIGKILL:
        return Cause.CRASHED, "killed by SIGKILL, often the work of the out-of-memory killer"
    return Cause.CRASHED, f"killed by {name}"
