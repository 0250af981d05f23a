"""The arguments of SLURM jobs, checked before any is submitted."""

from __future__ import annotations

import math
import shlex
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Any

from tunebook.domain.errors import DesignError
from tunebook.execution import check_argument, is_number, is_whole

SIGNAL_EARLY_S = 60.0
"""SLURM may send a job's signal this much before it is due (man sbatch, --signal)."""
EXIT_S = 5.0
"""From a last checkpoint to the end of the job's process."""
COMMANDS = ("sbatch", "squeue", "scancel")
OURS = frozenset({"array", "job_name", "name", "requeue", "no_requeue", "signal", "output",
                  "error", "open_mode", "nodes", "ntasks"})  # fmt: skip


@dataclass(eq=False)
class SlurmSettings:
    """Arguments of `SlurmExecutor`, which says what each is; checked as they are given.

    Raises:
        DesignError: one is none that SLURM knows, or the time is too short for a checkpoint.
    """

    workers: int
    _: KW_ONLY
    partition: str | None = None
    account: str | None = None
    qos: str | None = None
    time_s: float | None = None
    cpus: int | None = None
    gpus: int | None = None
    memory_mb: int | None = None
    constraint: str | None = None
    setup: str | Sequence[str] = ()
    extra: Mapping[str, Any] | None = None
    python: str | None = None
    grace_s: float = 20.0
    host_gone_s: float = 600.0

    def __post_init__(self) -> None:
        if isinstance(self.setup, str):
            self.setup = self.setup.splitlines()
        for name, least in (("workers", 1), ("cpus", 1), ("gpus", 0), ("memory_mb", 1)):
            value = getattr(self, name)
            fits = is_whole(value, least) or (value is None and name != "workers")
            check_argument(name, value, fits, f"a whole number of at least {least}")
        for name in ("partition", "account", "qos", "constraint", "python"):
            value = getattr(self, name)
            fits = value is None or (isinstance(value, str) and bool(value.strip()))
            check_argument(name, value, fits, "a text, as SLURM knows it")
        for name in ("time_s", "grace_s", "host_gone_s"):
            value = getattr(self, name)
            fits = (value is None and name == "time_s") or (is_number(value) and value > 0)
            check_argument(name, value, fits, "a number of seconds above 0")
        lines = isinstance(self.setup, Sequence) and all(isinstance(x, str) for x in self.setup)
        check_argument(
            "setup", self.setup, lines, 'a list of shell lines: setup=["module load cuda"]'
        )
        self._check_time()
        self._check_extra()

    def _check_time(self) -> None:
        least_s = self.grace_s + EXIT_S + SIGNAL_EARLY_S
        if self.time_s is not None and self.time_s <= least_s:
            raise DesignError(
                f"SLURM may ask a job to end {least_s:g} s before its time limit (grace_s, and up "
                f"to a minute of its own); time_s={self.time_s:g} leaves nothing for training",
                next_step=f"give time_s well above {least_s:g}, or a smaller grace_s",
            )

    def _check_extra(self) -> None:
        extra = self.extra or {}
        named = isinstance(extra, Mapping) and all(isinstance(key, str) for key in extra)
        what = 'sbatch\'s options by name: extra={"reservation": "tuning"}'
        check_argument("extra", extra, named, what)
        taken = sorted(key for key in extra if key.replace("-", "_") in OURS)
        if taken:
            raise DesignError(
                f'extra can\'t set "{taken[0]}": Tunebook sets it, and needs it as it is',
                next_step="leave it out",
            )

    def options(self, folder: Path, tasks: int) -> list[str]:
        """Options of sbatch for an array of jobs; SLURM decides what is left out."""
        values: dict[str, Any] = {
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
            **{name.replace("_", "-"): value for name, value in (self.extra or {}).items()},
            # A job that SLURM repeats by itself would be a second writer of its attempt.
            "no-requeue": True,
            "signal": f"B:TERM@{math.ceil(self.grace_s + EXIT_S)}",
        }
        return [
            f"--{name}" if value is True else f"--{name}={value}"
            for name, value in values.items()
            if value is not None
        ]

    def script(self, folder: Path) -> str:
        """What a job does. Python takes the shell's place, so that SLURM's signals reach it."""
        python = self.python or shlex.quote(sys.executable)
        command = f"exec {python} -u -m tunebook.execution.slurm.job {shlex.quote(str(folder))}"
        return "\n".join(["#!/bin/bash", *self.setup, command, ""])


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


def _time(seconds: float) -> str:
    whole = math.ceil(seconds)
    return f"{whole // 60}:{whole % 60:02d}"
