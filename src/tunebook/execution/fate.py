"""How a worker's death is recorded: which cause, and in which words (C3 needs them)."""

from __future__ import annotations

import signal
import time
from pathlib import Path

from tunebook.words.trial import Cause, Outcome, Status

TAIL_BYTES = 4096


def output_tail(file: Path) -> str:
    """The end of what a trial printed, about 4 kB, from the start of a line where possible."""
    try:
        with file.open("rb") as stream:
            size = stream.seek(0, 2)
            stream.seek(max(0, size - TAIL_BYTES))
            tail = stream.read().decode(errors="replace")
    except OSError:
        return ""
    cut = tail.find("\n") if size > TAIL_BYTES else -1
    return tail[cut + 1 :]


def infeasible(cause: Cause, detail: str, *, output: Path, seconds: float) -> Outcome:
    """The outcome of an attempt that the executor ended, or that ended without a word."""
    return Outcome(
        status=Status.INFEASIBLE,
        cause=cause,
        detail=detail,
        output_tail=output_tail(output),
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
