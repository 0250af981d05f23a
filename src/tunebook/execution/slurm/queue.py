"""SLURM's word on jobs: one `squeue` for all of them, never waited for (I2).

Works without accounting. A controller that is away says nothing; its jobs go on.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Collection, Iterable
from typing import IO

ASK_EVERY_S = 1.0
GIVE_UP_S = 150.0
"""Commands of SLURM's wait for their controller by themselves, up to its MessageTimeout."""
GONE = "GONE"
"""SLURM does not know the job any more."""
FORMAT = "%F|%K|%T|%r"

ALIVE = frozenset(
    {"PENDING", "CONFIGURING", "RUNNING", "COMPLETING", "SUSPENDED", "STOPPED", "SIGNALING",
     "RESIZING", "STAGE_OUT", "REQUEUE_HOLD", "REQUEUE_FED", "RESV_DEL_HOLD"}
)  # fmt: skip

Job = tuple[str, int]
"""An array's id and the number of a task in it."""


class Queue:
    """Asks for the states of jobs in the background.

    Attributes:
        away_since: when the controller was first found away, on the monotonic clock; None while
            it answers.
        away_words: what the command said then.
        asked_ids: the arrays that the latest answer is about.
    """

    def __init__(self) -> None:
        self.away_since: float | None = None
        self.away_words = ""
        self.asked_ids: frozenset[str] = frozenset()
        self._asked: subprocess.Popen[bytes] | None = None
        self._asked_at = -ASK_EVERY_S
        self._answer: IO[bytes] | None = None
        self._cancels: list[subprocess.Popen[bytes]] = []

    def look(self, ids: Collection[str]) -> dict[Job, tuple[str, str]] | None:
        """States and reasons of all tasks of arrays, as often as there is a new answer.

        Returns:
            (id, task) to (state, reason), without those that SLURM has forgotten; None while
            there is no new answer.
        """
        self._cancels = [c for c in self._cancels if c.poll() is None]
        now = time.monotonic()
        if self._asked is None:
            if ids and now - self._asked_at >= ASK_EVERY_S:
                self._ask(ids, now)
            return None
        if self._asked.poll() is None:
            if now - self._asked_at > GIVE_UP_S:
                self._asked.kill()
            return None
        return self._read()

    def cancel(self, jobs: Iterable[Job]) -> None:
        """Ask SLURM to end jobs; whether it did is seen by `look`."""
        ids = [f"{array}_{task}" for array, task in jobs]
        if ids:
            self._cancels.append(
                subprocess.Popen(
                    ["scancel", *ids],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                )
            )

    def close(self) -> None:
        """Let go of commands under way."""
        for command in [*self._cancels, *([self._asked] if self._asked else [])]:
            try:
                command.wait(10)
            except subprocess.TimeoutExpired:
                command.kill()
                command.wait()
        if self._answer is not None:
            self._answer.close()
            self._answer = None

    def _ask(self, ids: Collection[str], now: float) -> None:
        # A file and no pipe: the states of thousands of jobs fill a pipe.
        self._answer = tempfile.TemporaryFile()  # noqa: SIM115
        self._asked_at = now
        self.asked_ids = frozenset(ids)
        self._asked = subprocess.Popen(
            ["squeue", "-h", "-r", "-t", "all", "-j", ",".join(sorted(ids)), "-o", FORMAT],
            stdin=subprocess.DEVNULL,
            stdout=self._answer,
            stderr=subprocess.STDOUT,
        )

    def _read(self) -> dict[Job, tuple[str, str]] | None:
        assert self._asked is not None and self._answer is not None
        code = self._asked.returncode
        self._answer.seek(0)
        answer = self._answer.read().decode(errors="replace")
        self._answer.close()
        self._asked = self._answer = None
        if code and "Invalid job id" not in answer:
            self.away_since = self.away_since or time.monotonic()
            self.away_words = " ".join(answer.split())
            return None
        self.away_since = None
        return states(answer)


def states(answer: str) -> dict[Job, tuple[str, str]]:
    """States and reasons in the lines of an answer."""
    found: dict[Job, tuple[str, str]] = {}
    for line in answer.splitlines():
        parts = line.split("|", 3)
        if len(parts) == 4 and parts[1].isdigit():  # another line is a complaint
            found[parts[0], int(parts[1])] = (parts[2], parts[3])
    return found
