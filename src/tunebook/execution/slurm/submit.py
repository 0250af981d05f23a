"""Arrays of jobs on their way to SLURM, by `sbatch` in a thread of its own (I2)."""

from __future__ import annotations

import subprocess
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

from tunebook.domain.errors import ClusterError
from tunebook.execution.resources import answer_of
from tunebook.execution.slurm.files import ArrayFolder
from tunebook.execution.slurm.settings import SlurmSettings

AGAIN_EVERY_S = 5.0
PASSING = (
    "unable to contact slurm controller",
    "socket timed out",
    "connection refused",
    "communication",
    "connect failure",
    "zero bytes were transmitted",
    "temporarily unable",
    "resource temporarily unavailable",
    "backup controller",
    "protocol authentication error",  # munged is being restarted
)
"""In what sbatch says, signs that the controller is away, and no reason to give up."""


class Sender:
    """Submits arrays one after another, for as long as the controller is away.

    Attributes:
        away_since: when sbatch first found the controller away, on the monotonic clock.
    """

    def __init__(self, settings: SlurmSettings) -> None:
        self.away_since: float | None = None
        self._settings = settings
        self._stop = threading.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="sbatch")

    def send(self, folder: ArrayFolder, tasks: int) -> Future[str]:
        """Submit an array of tasks 0 to `tasks - 1`.

        Returns:
            its id, in time; "" where `close` came first. The future raises ClusterError where
            SLURM refuses the jobs.
        """
        return self._thread.submit(self._until_sent, folder, tasks)

    def close(self) -> None:
        """Nothing more is sent; a command under way is waited for."""
        self._stop.set()
        self._thread.shutdown(wait=True)

    def _until_sent(self, folder: ArrayFolder, tasks: int) -> str:
        while not self._stop.is_set():
            sent = subprocess.run(
                ["sbatch", "--parsable", *self._settings.options(folder.path, tasks)],
                input=self._settings.script(folder.path),
                capture_output=True,
                text=True,
                errors="replace",
                start_new_session=True,  # Ctrl-C cuts no submission in two
            )
            if sent.returncode == 0:
                self.away_since = None
                return sent.stdout.strip().partition(";")[0]  # a federation adds its name
            words = sent.stderr.strip()
            if not any(sign in words.lower() for sign in PASSING):
                raise refused(words, self._settings)
            self.away_since = self.away_since or time.monotonic()
            self._stop.wait(AGAIN_EVERY_S)
            # It may have been accepted, and only the answer was lost.
            known, said = answer_of("squeue", "-h", "-t", "all", "-n", folder.name, "-o", "%F")
            if known and said.split():
                self.away_since = None
                return str(said.split()[0])
        return ""


def refused(words: str, settings: SlurmSettings) -> ClusterError:
    """The error for jobs that SLURM does not take, in sbatch's own words."""
    low = words.lower()
    if "partition" in low:
        hint = f"`sinfo -s` lists the partitions; the jobs name partition={settings.partition!r}"
    elif "account" in low or "qos" in low:
        hint = (
            "`sacctmgr show assoc user=$USER` lists accounts and limits; the jobs have "
            f"account={settings.account!r}, qos={settings.qos!r}, workers={settings.workers}"
        )
    elif "time limit" in low:
        hint = f"`sinfo` shows each partition's limit; the jobs have time_s={settings.time_s}"
    else:
        hint = "correct what is named there in tb.slurm(...)"
    said = " ".join(line.removeprefix("sbatch: error: ") for line in words.splitlines())
    return ClusterError(
        f"SLURM refused the jobs: {said or 'sbatch failed without a word'}",
        next_step=f"{hint}; then run again: no trial was used up",
    )
