"""What a SLURM job and its host tell each other: files in a folder that both see (I2).

```
round-1/slurm/NAME/     one array of jobs; NAME is also their name in SLURM
  3.json                the assignment of task 3, for its user alone; once it is gone, so is the
                        right to run it: its job ends itself
  3.began               made by the job that runs it; a second job finds it and leaves
  3.ended               how the attempt ended, whole or not there at all
  heartbeat             counted on by the host while it lives
  grace                 seconds for a last checkpoint, once the host has asked to stop
round-1/7.slurm         which array and task trial 7 was last given to, and by whom
```

Clocks of machines are never compared.
"""

from __future__ import annotations

import json
import os
import shutil
import time
from contextlib import suppress
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

from tunebook.domain.version import VERSION
from tunebook.execution import Ended
from tunebook.execution.outcome import ended_from_data, ended_to_data
from tunebook.training.assignment import Assignment, from_data, to_data


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What a job is to do.

    Attributes:
        assignment: the attempt.
        cpus: cores that it was given, None for what the node says.
        grace_s: for a last checkpoint, where SLURM stops it.
        host_gone_s: it ends once the heartbeat has stood still for so long.
        version: of Tunebook at the host.
    """

    assignment: Assignment
    cpus: int | None
    grace_s: float
    host_gone_s: float
    version: str = VERSION


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEnd:
    """A job's last word on its attempt.

    Attributes:
        stopped: "signal" (SLURM's, or a person's), "host" (its heartbeat stood still),
            "withdrawn"; empty where the attempt ended by itself.
        ended: the attempt's end.
    """

    ended: Ended
    stopped: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Which job a trial was last given to."""

    name: str
    task: int
    host: str


class ArrayFolder:
    """The folder of one array of jobs."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.name = path.name
        self._beats = 0

    def create(self) -> None:
        """Make the folder, and show that the host lives."""
        self.path.mkdir(parents=True)
        self.beat()

    def order(self, task: int, orders: Orders) -> None:
        """Write what a task's job is to do."""
        told = asdict(replace(orders, assignment=None))  # type: ignore[arg-type]
        told |= to_data(orders.assignment, with_code=True)
        _write(self.path / f"{task}.json", json.dumps(told, default=dict))

    def orders(self, task: int) -> Orders | None:
        """What a task's job is to do; None where that was withdrawn."""
        try:
            told = json.loads((self.path / f"{task}.json").read_bytes())
        except FileNotFoundError:
            return None
        own = {f.name: told[f.name] for f in fields(Orders) if f.name != "assignment"}
        return Orders(assignment=from_data(told, None), **own)

    def withdraw(self, task: int) -> None:
        """Take back a task: its job ends itself, or never begins."""
        (self.path / f"{task}.json").unlink(missing_ok=True)

    def withdrawn(self, task: int) -> bool:
        """True once the task was taken back."""
        return not (self.path / f"{task}.json").exists()

    def begin(self, task: int) -> bool:
        """Say that this job runs a task; False where another did before."""
        try:
            (self.path / f"{task}.began").touch(mode=0o600, exist_ok=False)
        except (FileExistsError, FileNotFoundError):
            return False
        return True

    def begun(self, task: int) -> bool:
        """True once a job has begun the task."""
        return (self.path / f"{task}.began").exists()

    def end(self, task: int, end: JobEnd) -> None:
        """Say how a task ended; to nobody, where the host has given the task up."""
        with suppress(FileNotFoundError):
            data = {"stopped": end.stopped, "ended": ended_to_data(end.ended)}
            _write(self.path / f"{task}.ended", json.dumps(data))

    def ended(self) -> dict[int, JobEnd]:
        """How tasks ended, by their jobs; one reading of the folder for all of them."""
        found: dict[int, JobEnd] = {}
        for name in os.listdir(self.path):
            stem, _, kind = name.partition(".")
            if kind == "ended" and stem.isdigit():
                with suppress(FileNotFoundError):
                    data = json.loads((self.path / name).read_bytes())
                    end = ended_from_data(data["ended"])
                    found[int(stem)] = JobEnd(ended=end, stopped=data["stopped"])
        return found

    def beat(self) -> None:
        """Show that the host lives.

        The file is replaced, which also has an NFS client look at the folder anew.
        """
        self._beats += 1
        _write(self.path / "heartbeat", f"{time.time_ns()} {self._beats}\n")

    def heartbeat(self) -> str:
        """Some text that is another one after each beat; empty where it can't be read."""
        try:
            return (self.path / "heartbeat").read_text()
        except OSError:
            return ""

    def set_grace(self, seconds: float) -> None:
        """How long training has for a last checkpoint, now that the host stops."""
        _write(self.path / "grace", f"{seconds:g}")

    def grace(self) -> float | None:
        """The seconds that `set_grace` wrote; None where it wrote none."""
        try:
            return float((self.path / "grace").read_text())
        except (OSError, ValueError):
            return None

    def printed(self, task: int) -> str:
        """The end of what a task's job printed itself: Python's start, SLURM's words."""
        logs = sorted(self.path.glob(f"*_{task}.out"))
        text = logs[-1].read_text("utf-8", "replace") if logs else ""
        return "\n".join(text.strip().splitlines()[-8:])

    def forget(self, task: int) -> None:
        """Drop a task's files."""
        for kind in ("json", "began", "ended"):
            (self.path / f"{task}.{kind}").unlink(missing_ok=True)

    def remove(self) -> None:
        """Drop everything."""
        shutil.rmtree(self.path, ignore_errors=True)
        with suppress(OSError):
            self.path.parent.rmdir()


def array_folder(lock: Path, name: str) -> ArrayFolder:
    """The folder of an array of jobs, beside a trial's lock file."""
    return ArrayFolder(lock.parent / "slurm" / name)


def note_job(lock: Path, note: Note) -> None:
    """Remember which job a trial is given to, before it is."""
    _write(lock.with_suffix(".slurm"), json.dumps(asdict(note)))


def job_noted(lock: Path) -> Note | None:
    """Which job a trial was last given to; None for none."""
    try:
        return Note(**json.loads(lock.with_suffix(".slurm").read_bytes()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def forget_job(lock: Path) -> None:
    """The trial's job is gone."""
    lock.with_suffix(".slurm").unlink(missing_ok=True)


def _write(path: Path, text: str) -> None:
    """A whole file or none, for its user alone: training code may stand in it."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    file = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(file, "w") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    part.replace(path)
