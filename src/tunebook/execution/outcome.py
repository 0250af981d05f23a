"""How a worker's death is recorded: which cause, and in which words (C3 needs them)."""

from __future__ import annotations

import signal
import time

from tunebook.domain.trial import Cause, Outcome, Status


def infeasible(cause: Cause, detail: str, *, seconds: float) -> Outcome:
    """The outcome of an attempt that the executor ended, or that ended without a word."""
    return Outcome(
        status=Status.INFEASIBLE,
        cause=cause,
        detail=detail,
        seconds=seconds,
        ended_at=time.time(),
    )


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
