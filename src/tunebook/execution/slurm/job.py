"""What runs on a node: `python -m tunebook.execution.slurm.job FOLDER`, one trial a job (I2).

The trial's worker is a process of this one, as on any machine, so that limits of time and memory,
crashes and stray children are judged here. The job ends itself, after a last checkpoint, when
SLURM or a person asks it to, when its assignment is withdrawn, and when the host's heartbeat has
stood still for long on this machine's own clock.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from tunebook.domain.trial import Cause
from tunebook.domain.version import VERSION
from tunebook.execution import Ended
from tunebook.execution.local import GRACE_S, LocalExecutor
from tunebook.execution.slurm.files import ArrayFolder, JobEnd, Orders

LOOK_EVERY_S = 1.0
SIGNAL_LAG_S = 0.3
"""SLURM signals all processes of a job; what died of that may be heard of before the signal."""


def main() -> None:
    """Train the task of this job, and say how it ended."""
    asked = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, lambda *_: asked.set())
    folder, task = ArrayFolder(Path(sys.argv[1])), int(os.environ["SLURM_ARRAY_TASK_ID"])
    del sys.argv[1:]  # nothing that is loaded here takes it for its own
    orders = folder.orders(task)
    if orders is None:
        print(f"nothing to do: {folder.path}/{task}.json is not there", file=sys.stderr)
        return
    if not folder.begin(task):
        print("nothing to do: another job has begun this task", file=sys.stderr)
        return
    folder.end(task, _differs(orders) or train(folder, task, orders, asked))


def train(folder: ArrayFolder, task: int, orders: Orders, asked: threading.Event) -> JobEnd:
    """Train to the end, or until something asks to stop.

    Args:
        asked: set by a signal.
    """
    # Without control groups a job sees all cores of its node, the other jobs' too.
    if cpus := orders.cpus or os.environ.get("SLURM_CPUS_ON_NODE"):
        os.environ.setdefault("OMP_NUM_THREADS", str(cpus))
    executor = LocalExecutor(1)
    watch = Watch(folder, task, orders.host_gone_s)
    ended: tuple[Ended, ...] = ()
    stopped = ""
    try:
        executor.submit(orders.assignment)
        while not ended and not stopped:
            ended = executor.wait(0.25)
            if ended and _may_be_of_a_signal(ended[0]):
                asked.wait(SIGNAL_LAG_S)
            stopped = "signal" if asked.is_set() else "" if ended else watch.says()
    finally:
        ended += executor.close(grace_s=_grace(folder, orders, stopped) if stopped else 0.0)
    if stopped:
        # The end line of the log, where there is one, still says how it ended.
        lost = replace(ended[0], outcome=None, killed=False, unloadable="")
        return JobEnd(stopped=stopped, ended=lost)
    return JobEnd(ended=ended[0])


class Watch:
    """Looks whether the host still wants this job."""

    def __init__(self, folder: ArrayFolder, task: int, host_gone_s: float) -> None:
        self._folder, self._task, self._host_gone_s = folder, task, host_gone_s
        self._heard, self._text = time.monotonic(), folder.heartbeat()
        self._look_at = 0.0

    def says(self) -> str:
        """Why to stop; empty for no reason."""
        now = time.monotonic()
        if now < self._look_at:
            return ""
        self._look_at = now + LOOK_EVERY_S
        with suppress(OSError):  # a folder that is away for a moment withdraws nothing
            if self._folder.withdrawn(self._task):
                return "withdrawn"
        text = self._folder.heartbeat()
        if text and text != self._text:
            self._heard, self._text = now, text
        return "host" if now - self._heard > self._host_gone_s else ""


def _grace(folder: ArrayFolder, orders: Orders, stopped: str) -> float:
    told = folder.grace()
    if told is not None:
        return min(told, orders.grace_s)
    return GRACE_S if stopped == "withdrawn" else orders.grace_s


def _may_be_of_a_signal(ended: Ended) -> bool:
    crashed = ended.outcome is not None and ended.outcome.cause is Cause.CRASHED
    return crashed or bool(ended.unloadable) or ended.outcome is None


def _differs(orders: Orders) -> JobEnd | None:
    here = VERSION
    if orders.version == here:
        return None
    trial = orders.assignment.trial
    why = (
        f"the job's Python has Tunebook {here}, and the host has {orders.version}: "
        "give python= the same environment"
    )
    return JobEnd(ended=Ended(key=trial.key, attempt=trial.attempt, unloadable=why))


if __name__ == "__main__":
    main()
