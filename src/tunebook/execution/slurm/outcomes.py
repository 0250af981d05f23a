"""What a job's end means for its trial (C3 I2).

A job's own word comes first, and where there is none, SLURM's state. Files may lag on a network
file system, so a job without a word is given up only some seconds after SLURM has seen it end.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from tunebook.domain.formats.names import spell
from tunebook.domain.program import MARK
from tunebook.domain.trial import Cause, Outcome, TrialKey
from tunebook.execution import Ended
from tunebook.execution.outcome import failed, infeasible
from tunebook.execution.slurm.files import ArrayFolder, JobEnd
from tunebook.execution.slurm.queue import ALIVE
from tunebook.training.assignment import Assignment
from tunebook.training.checkpoint_places import place_of
from tunebook.training.log import read_log

LAG_S = 5.0
"""How long an end that SLURM has seen may stay unseen in the folder."""
STATE_S = 60.0
"""How long SLURM may take to say why it stopped a job."""
STUCK_ATTEMPTS = 3
"""Attempts in a row that a time limit cut off without progress, after which a trial has failed."""

PREEMPTED = frozenset({"PREEMPTED", "REQUEUED", "REVOKED"})
OUT_OF_TIME = frozenset({"TIMEOUT", "DEADLINE"})


@dataclass(slots=True, kw_only=True)
class Task:
    """One attempt on its way through SLURM.

    Attributes:
        state, reason: SLURM's last word; empty before it has one.
        over_at: when it was first seen to have ended; running_at: or to run.
        job_end_at: when its own word was first seen.
        cancelled: by us; settled: its attempt's end was told; scancel_at: when SLURM was last
            asked to end it.
    """

    assignment: Assignment
    folder: ArrayFolder
    number: int
    state: str = ""
    reason: str = ""
    running_at: float | None = None
    over_at: float | None = None
    job_end_at: float | None = None
    job_end: JobEnd | None = None
    cancelled: bool = False
    settled: bool = False
    scancel_at: float = -1e9

    def hear(self, state: str, reason: str, now: float) -> None:
        """Take in SLURM's word."""
        self.state, self.reason = state, reason
        if self.running_at is None and state == "RUNNING":
            self.running_at = now
        if state in ALIVE:
            self.over_at = None
        elif self.over_at is None:
            self.over_at = now

    @property
    def seconds(self) -> float:
        """Wall-clock time of the attempt, as far as it is known here."""
        if self.job_end is not None:
            return self.job_end.ended.seconds
        return 0.0 if self.running_at is None else time.monotonic() - self.running_at


class Judge:
    """Says how attempts ended; remembers which trials a time limit keeps from going on."""

    def __init__(self, time_s: float | None) -> None:
        self._time_s = time_s
        self._reached: dict[TrialKey, int] = {}
        self._stuck: dict[TrialKey, int] = {}

    def judge(self, task: Task, now: float) -> Ended | None:
        """How an attempt ended; None while that is not known."""
        end = task.job_end
        if end is not None and not end.stopped:
            return end.ended
        if task.cancelled:
            return ended(task) if task.over_at is not None or end is not None else None
        over = task.over_at is not None and (end is not None or now - task.over_at >= LAG_S)
        if end is not None and end.stopped != "signal":
            return ended(task, preempted=True)  # this host was silent: no fault of the trial
        if end is not None and not over:
            late = task.job_end_at is not None and now - task.job_end_at >= STATE_S
            return ended(task, preempted=True) if late else None
        return self._by_state(task) if over else None

    def _by_state(self, task: Task) -> Ended:
        state, end = task.state, task.job_end
        if state in PREEMPTED:
            return ended(task, preempted=True)
        if state == "OUT_OF_MEMORY":
            detail = "SLURM ended its job: it used more memory than it was given"
            why = infeasible(Cause.OUT_OF_MEMORY, detail, seconds=task.seconds)
            return ended(task, outcome=why)
        # Asked to stop, and neither preempted nor cancelled: its time was nearly up.
        if state in OUT_OF_TIME or (end is not None and state == "COMPLETED"):
            return self._out_of_time(task)
        if state in ("COMPLETED", "FAILED") and not task.folder.begun(task.number):
            return ended(task, unloadable=_never_began(task))
        return ended(task)

    def _out_of_time(self, task: Task) -> Ended:
        key = task.assignment.trial.key
        reached, before = furthest(task.assignment), self._reached.get(key, -1)
        self._reached[key] = max(reached, before)
        self._stuck[key] = 0 if reached > before else self._stuck.get(key, 0) + 1
        if self._stuck[key] < STUCK_ATTEMPTS:
            return ended(task, preempted=True)
        limit = "the partition's" if self._time_s is None else f"time_s={spell(self._time_s)}"
        detail = (
            f"SLURM's time limit ({limit}) ended {STUCK_ATTEMPTS} attempts in a row before "
            "a new checkpoint: checkpoint more often, or give jobs more time"
        )
        return ended(task, outcome=failed(Cause.RETRIES_SPENT, detail, seconds=task.seconds))


def ended(
    task: Task, *, outcome: Outcome | None = None, preempted: bool = False, unloadable: str = ""
) -> Ended:
    """The end of a task's attempt."""
    trial = task.assignment.trial
    return Ended(
        key=trial.key,
        attempt=trial.attempt,
        outcome=outcome,
        seconds=task.seconds,
        preempted=preempted,
        unloadable=unloadable,
        unwritable="" if task.job_end is None else task.job_end.ended.unwritable,
    )


def furthest(assignment: Assignment) -> int:
    """The step from which a new attempt could go on; -1 for none."""
    if assignment.code.path.startswith(MARK):
        # A program keeps its own state: what it has reported is all that is known of it.
        try:
            steps = [m.step for m in read_log(assignment.files.log).measurements]
        except OSError:
            steps = []
    else:
        try:
            place = place_of(assignment.checkpoints_at, assignment.files.checkpoints)
            steps = [c.step for c in place.listed()]
        except Exception:  # a place that is away: nothing is known, and nothing held against it
            return 1 << 62
    return max(steps, default=-1)


def _never_began(task: Task) -> str:
    printed = task.folder.printed(task.number)
    said = f"SLURM ran a job, which ended ({task.state}) before it began its trial"
    if printed:
        return f"{said}: {printed}"
    return (
        f"{said}, and nothing of it is in {task.folder.path}: is that folder the same on the "
        "nodes, and is the Python there?"
    )
