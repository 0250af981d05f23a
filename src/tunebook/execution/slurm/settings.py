"""What a person says of their SLURM jobs, checked before any is submitted."""

from __future__ import annotations

import math
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tunebook.domain.errors import DesignError
from tunebook.domain.formats.names import spell

SIGNAL_EARLY_S = 60.0
"""SLURM may send a job's signal this much before it is due (man sbatch, --signal)."""
EXIT_S = 5.0
"""From a last checkpoint to the end of the job's process."""
COMMANDS = ("sbatch", "squeue", "scancel")
OURS = frozenset({"array", "job_name", "name", "requeue", "no_requeue", "signal", "output",
                  "error", "open_mode", "nodes", "ntasks"})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SlurmSettings:
    """Arguments of `SlurmExecutor`; see there."""

    workers: int
    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    time_s: float | None = None
    cpus: int | None = None
    gpus: int | None = None
    memory_mb: int | None = None
    constraint: str | None = None
    setup: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    python: str | None = None
    grace_s: float = 20.0
    host_gone_s: float = 600.0

    def options(self, folder: Path, tasks: int) -> list[str]:
        """Options of sbatch for an array of jobs; SLURM decides what is left out."""
        told: dict[str, Any] = {
            "job-name": folder.name,
            "array": f"0-{tasks - 1}",
            "output": folder / "%A_%a.out",
            "open-mode": "append",
            "nodes": 1,
            "partition": self.partition,
            "account": self.account,
            "qos": self.qos,
            "time": None if self.time_s is None else _time(self.time_s),
            "cpus-per-task": self.cpus,
            "gpus-per-node": self.gpus,
            "mem": None if self.memory_mb is None else f"{self.memory_mb}M",
            "constraint": self.constraint,
            **{name.replace("_", "-"): value for name, value in self.extra.items()},
            # A job that SLURM repeats by itself would be a second writer of its attempt.
            "no-requeue": True,
            "signal": f"B:TERM@{math.ceil(self.grace_s + EXIT_S)}",
        }
        return [
            f"--{name}" if value is True else f"--{name}={value}"
            for name, value in told.items()
            if value is not None
        ]

    def script(self, folder: Path) -> str:
        """What a job does. Python takes the shell's place, so that SLURM's signals reach it."""
        python = self.python or shlex.quote(sys.executable)
        command = f"exec {python} -u -m tunebook.execution.slurm.job {shlex.quote(str(folder))}"
        return "\n".join(["#!/bin/bash", *self.setup, command, ""])


def checked(settings: SlurmSettings) -> SlurmSettings:
    """The settings, if they make sense.

    Raises:
        DesignError: one is none that SLURM knows, or the time is too short for a checkpoint.
    """
    s = settings
    for name, least in (("workers", 1), ("cpus", 1), ("gpus", 0), ("memory_mb", 1)):
        value = getattr(s, name)
        optional = name != "workers" and value is None
        if not optional and (isinstance(value, bool) or not isinstance(value, int)
                             or value < least):  # fmt: skip
            raise _wrong(name, value, f"a whole number of at least {least}")
    for name in ("partition", "account", "qos", "constraint", "python"):
        value = getattr(s, name)
        if value is not None and (not isinstance(value, str) or not value.strip()):
            raise _wrong(name, value, "a text, as SLURM knows it")
    for name in ("time_s", "grace_s", "host_gone_s"):
        value = getattr(s, name)
        if value is not None and (isinstance(value, bool) or not isinstance(value, int | float)
                                  or not 0 < value < math.inf):  # fmt: skip
            raise _wrong(name, value, "a number of seconds above 0")
    least_s = s.grace_s + EXIT_S + SIGNAL_EARLY_S
    if s.time_s is not None and s.time_s <= least_s:
        raise DesignError(
            f"SLURM may ask a job to end {spell(least_s)} s before its time limit (grace_s, and "
            f"up to a minute of its own); time_s={spell(s.time_s)} leaves nothing for training",
            next_step=f"give time_s well above {spell(least_s)}, or a smaller grace_s",
        )
    if isinstance(s.setup, str) or not all(isinstance(line, str) for line in s.setup):
        raise _wrong("setup", s.setup, 'a list of shell lines: setup=["module load cuda"]')
    _check_extra(s.extra)
    return s


def _check_extra(extra: Any) -> None:
    if not isinstance(extra, Mapping) or not all(isinstance(key, str) for key in extra):
        raise _wrong("extra", extra, 'sbatch\'s options by name: extra={"reservation": "tuning"}')
    taken = sorted(key for key in extra if key.replace("-", "_") in OURS)
    if taken:
        raise DesignError(
            f'extra can\'t set "{taken[0]}": Tunebook sets it, and needs it as it is',
            next_step="leave it out",
        )


def check_installed() -> None:
    """Refuse a machine without SLURM's commands.

    Raises:
        DesignError: one of them is missing.
    """
    lacking = [name for name in COMMANDS if shutil.which(name) is None]
    if lacking:
        raise DesignError(
            f"SLURM's commands are not on this machine: {', '.join(lacking)}",
            next_step="run this on a login node of the cluster",
        )


def as_lines(setup: str | Sequence[str]) -> tuple[str, ...]:
    """Shell lines; a single text is several lines, or one."""
    if isinstance(setup, str):
        return tuple(setup.splitlines())
    return tuple(setup) if isinstance(setup, Sequence) else (setup,)


def _time(seconds: float) -> str:
    whole = math.ceil(seconds)
    return f"{whole // 60}:{whole % 60:02d}"


def _wrong(name: str, value: object, what: str) -> DesignError:
    return DesignError(f"{name} is {what}; got {value!r:.80}", next_step=f"correct {name}")
