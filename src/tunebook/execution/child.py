"""One worker process: started in a session of its own, spoken to over two pipes, ended whole.

No fork, no daemon, no multiprocessing: those break scripts without a main guard, CUDA, JAX, and
data loaders with processes of their own.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

import psutil

from tunebook.execution.resources import family
from tunebook.training.worker import WORKER_PID

CHUNK = 1 << 16
MARK = "TUNEBOOK_WORKER_OF"
"""Environment variable that tells a worker, and all that it starts, from every other process."""
WORKER = "tunebook.training.worker"
SWEEPS = 5
"""How often it is looked for what was started while others were being ended."""


class WorkerProcess:
    """A worker and the pipes to it. Reading and writing never block.

    Args:
        module: what Python runs, with the descriptors of the two pipes as its arguments.

    Attributes:
        pid: of the worker, which leads its session and process group.
        replies: file descriptor that is readable when the worker says something.
    """

    def __init__(self, environment: Mapping[str, str], cwd: str, *, module: str = WORKER) -> None:
        hear, self._commands = os.pipe()
        self.replies, say = os.pipe()
        # What it prints before its first trial, such as an error of Python's own start.
        self._early = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the worker
        try:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, str(hear), str(say)],
                stdin=subprocess.DEVNULL,
                stdout=self._early,
                stderr=self._early,
                pass_fds=(hear, say),
                start_new_session=True,
                env={**os.environ, MARK: str(os.getpid()), **environment},
                cwd=cwd,
            )
        except BaseException:
            for descriptor in (self._commands, self.replies):
                os.close(descriptor)
            self._early.close()
            raise
        finally:
            os.close(hear)
            os.close(say)
        self.pid = self._process.pid
        self._unsent = bytearray()
        self._heard = bytearray()
        for descriptor in (self._commands, self.replies):
            os.set_blocking(descriptor, False)
        self._open = True
        self._seen: dict[int, psutil.Process] = {}

    def send(self, command: bytes) -> None:
        """Queue bytes for the worker; `flush` writes what the pipe takes."""
        self._unsent += command
        self.flush()

    def flush(self) -> None:
        """Write what the pipe takes. A worker that is gone takes nothing."""
        try:
            while self._unsent:
                del self._unsent[: os.write(self._commands, self._unsent[:CHUNK])]
        except BlockingIOError:
            return
        except OSError:
            self._unsent.clear()

    @property
    def behind(self) -> bool:
        """True while there is more to write than the pipe takes."""
        return bool(self._unsent)

    def read(self) -> list[dict[str, Any]]:
        """What the worker has said since the last call."""
        while True:
            try:
                part = os.read(self.replies, CHUNK)
            except BlockingIOError:
                break
            if not part:
                break
            self._heard += part
        *lines, rest = self._heard.split(b"\n")
        self._heard = bytearray(rest)
        return [json.loads(line) for line in lines]

    def ended(self) -> int | None:
        """Exit code, negative for a signal; None while it runs."""
        return self._process.poll()

    def early_output(self) -> str:
        """The end of what it printed before its first trial."""
        size = self._early.seek(0, os.SEEK_END)
        self._early.seek(max(0, size - 4096))
        return self._early.read().decode(errors="replace")

    def terminate(self) -> None:
        """Ask all that runs here to end: training may still write a checkpoint."""
        # Looked up first: what started them may die of the signal, and they would be nobody's.
        elsewhere = [p for p in self._started() if _group(p.pid) not in (self.pid, None)]
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGTERM)
        for process in elsewhere:
            with suppress(psutil.Error):
                process.terminate()

    def hang_up(self) -> None:
        """Close the pipe to it: an idle worker leaves by itself."""
        if self._commands >= 0:
            os.close(self._commands)
            self._commands = -1

    def kill(self) -> int:
        """End the worker and all that it started, at once; returns its exit code."""
        if not self._open:
            return self._process.wait()
        self._open = False
        self._started()
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        for _ in range(SWEEPS):
            left = [p for p in self._started() if p.is_running() and runs(p.pid)]
            for stray in left:
                with suppress(psutil.Error):
                    stray.kill()
            if not left:
                break
            psutil.wait_procs(left, timeout=1.0)
        code = self._process.wait()
        self.hang_up()
        os.close(self.replies)
        self._early.close()
        return code

    def _started(self) -> list[psutil.Process]:
        """All that the worker started, as far as it was seen: by descent, and by its mark.

        Ranks of a distributed job are in sessions of their own, and outlive what started them.
        """
        if self.ended() is None:
            self._seen |= {p.pid: p for p in family(self.pid) if p.pid != self.pid}
        self._seen |= {p.pid: p for p in started_by(self.pid, os.getpid())}
        return list(self._seen.values())


def started_by(worker: int, host: int) -> Iterator[psutil.Process]:
    """Processes that a worker of a host started, whatever session they are in."""
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            known = process.environ()
            if known.get(WORKER_PID) == str(worker) and known.get(MARK) == str(host):
                yield process


def runs(pid: int) -> bool:
    """True where a process lives; one that has ended and is not yet taken note of does not."""
    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _group(pid: int) -> int | None:
    try:
        return os.getpgid(pid)
    except OSError:
        return None
