"""An executor of another package: a process for each trial, which outlives the host.

Tests install a copy of this file as a distribution of its own, `toy-executor`. A job is
`python -m toy_executor ASSIGNMENT`; the note beside a trial's lock has its process id.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from tunebook.domain.trial import TrialKey
from tunebook.execution import ClusterReply, Ended, ExecutorSpec
from tunebook.training.assignment import Assignment, decode, encode
from tunebook.training.attempt import train_once
from tunebook.training.worker import load

SPEC = ExecutorSpec(
    kind="toy",
    factory="toy_executor:ToyExecutor",
    requirement="toy-executor[fast]",
    end_stray_job="toy_executor:end_stray_job",
    checkup="toy_executor:checkup",
)


class ToyExecutor:
    """Trains each trial in a process of its own.

    Args:
        workers: how many at a time.
        nice: added to the processes' niceness.
    """

    def __init__(self, workers: int, *, nice: int = 0) -> None:
        self.workers, self._nice = workers, nice
        self._jobs: dict[TrialKey, tuple[Assignment, subprocess.Popen[bytes]]] = {}

    def submit(self, assignment: Assignment) -> None:
        files = assignment.files
        files.lock.parent.mkdir(parents=True, exist_ok=True)
        order = files.lock.with_suffix(".order")
        order.write_bytes(encode(assignment, with_code=True))
        with files.output.open("wb") as output:
            job = subprocess.Popen(
                [sys.executable, "-m", "toy_executor", str(order)],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True,
                preexec_fn=lambda: os.nice(self._nice),
            )  # fmt: skip
        files.lock.with_suffix(".toy").write_text(str(job.pid))
        self._jobs[assignment.trial.key] = assignment, job

    def wait(self, timeout_s: float) -> tuple[Ended, ...]:
        until = time.monotonic() + timeout_s
        while True:
            over = [key for key, (_, job) in self._jobs.items() if job.poll() is not None]
            if over or time.monotonic() > until:
                return tuple(self._ended(key) for key in over)
            time.sleep(0.02)

    def cancel(self, key: TrialKey) -> None:
        self._jobs[key][1].kill()

    def close(self, *, grace_s: float = 2.0) -> tuple[Ended, ...]:
        for _, job in self._jobs.values():
            job.kill()
            job.wait()
        return tuple(self._ended(key) for key in list(self._jobs))

    def _ended(self, key: TrialKey) -> Ended:
        assignment, _ = self._jobs.pop(key)
        for suffix in (".order", ".toy"):
            assignment.files.lock.with_suffix(suffix).unlink(missing_ok=True)
        return Ended(key=key, attempt=assignment.trial.attempt)


def end_stray_job(lock: Path) -> None:
    """Kill the process that a dead host left, wait until it lets go of the lock."""
    note = lock.with_suffix(".toy")
    with suppress(ProcessLookupError):
        os.kill(int(note.read_text()), signal.SIGKILL)
        while True:  # until the system has taken it away
            os.kill(int(note.read_text()), 0)
            time.sleep(0.02)
    note.unlink()
    with Path("ended.txt").open("a") as witness:
        witness.write(f"{lock.name}\n")


def checkup() -> ClusterReply:
    """There is always this machine."""
    return ClusterReply(state="answered", sentence="Toy answers, nodes: 1")


def job(order: Path) -> None:
    """Train the trial of an order."""
    assignment = decode(order.read_bytes(), None)
    train_once(assignment, load(assignment.code), threading.Event())


if __name__ == "__main__":
    job(Path(sys.argv[1]))
