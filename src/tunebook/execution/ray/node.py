"""What runs on a node of a Ray cluster: an actor that trains one trial after another (I2).

The trial's worker is a process of this one, as on any machine, so that limits, crashes and stray
children are judged here. It writes to a folder of this actor's own; the host asks for what is new.
One thread keeps the workers (Linux ends a child when the thread that started it ends); Ray's own
threads only look and ask. An actor whose host has been silent for long ends itself.
"""

from __future__ import annotations

import os
import queue
import shutil
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from tunebook.domain.errors import TrialBusyError
from tunebook.domain.trial import TrialKey
from tunebook.domain.version import VERSION
from tunebook.execution import Ended
from tunebook.execution.local import GRACE_S, LocalExecutor
from tunebook.execution.ray.artifacts import PIECE, Receiver, Thing, kept, piece
from tunebook.execution.recovery import end_strays
from tunebook.store.ingest import TAIL_BYTES
from tunebook.training.assignment import Assignment, TrainingCode, from_data
from tunebook.training.log import AttemptFiles, attempt_files, take_lock

HOLD_S = 0.4
"""How long a question waits for an end; so a report is at the host within about this time."""
NAP_S = 0.05
IDLE_S = 1.0
PREFIX = "tunebook-ray-"
MOST_OUTPUT = 1 << 18


class RayNode:
    """One place for a trial.

    Args:
        host_gone_s: it ends itself once nothing was asked of it for so long.
    """

    def __init__(self, host_gone_s: float) -> None:
        clear_left_behind()
        self._folder, self._alive = _own_folder()
        self._host_gone_s = host_gone_s
        self._heard_at = time.monotonic()
        self._todo: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._changed = threading.Condition()
        self._code: tuple[int, TrainingCode] | None = None
        self._files: AttemptFiles | None = None
        self._receiver: Receiver | None = None
        self._ended: Ended | None = None
        self._running: TrialKey | None = None
        self._training = self._closed = False
        self._gone = threading.Event()
        threading.Thread(target=self._keep, daemon=True, name="keeper").start()

    def expect(self, key: tuple[int, int], attempt: int) -> str:
        """Make a fresh folder for an attempt that is about to begin.

        Returns:
            the version of Tunebook here.
        """
        self._heard_at = time.monotonic()
        shutil.rmtree(self._folder / "files", ignore_errors=True)
        self._running = TrialKey(*key)
        self._files = attempt_files(self._folder / "files", self._running, attempt)
        self._ended = None
        return VERSION

    def take(self, thing: Thing, relative: str, data: bytes) -> None:
        """A piece of what an earlier attempt has left at the host."""
        self._heard_at = time.monotonic()
        if self._receiver is None:
            self._receiver = Receiver(self._here(), thing)
        self._receiver.take(relative, data)

    def place(self) -> bool:
        """Put it where training finds it."""
        receiver, self._receiver = self._receiver, None
        return receiver is not None and receiver.place()

    def begin(self, told: dict[str, Any], code: dict[str, Any], number: int) -> None:
        """Train.

        Args:
            told: the assignment, as `assignment.to_data` has it, without its code.
            code: the code, likewise; number: another one for another code.
        """
        known = self._code[1] if self._code and self._code[0] == number else None
        sent = {} if known else {"code": code}
        assignment = from_data({"assignment": told, **sent}, known)
        here = known or _as_found_here(assignment.code)
        # The same object for the same code: the worker is sent it once.
        self._code = (number, here)
        assignment = replace(assignment, code=here, files=self._here())
        self._todo.put(lambda: self._submit(assignment))

    def hear(self, log_at: int, out_at: int) -> dict[str, Any]:
        """What is new; waits HOLD_S for the attempt's end.

        Returns:
            log: bytes from `log_at` on; more: there are still others. out: printed bytes, from
            `out_from` on. things: what is kept. ended: how it ended, once all of the log was sent.
        """
        self._heard_at = time.monotonic()
        with self._changed:
            self._changed.wait_for(lambda: self._ended is not None, timeout=HOLD_S)
            ended = self._ended
        files = self._here()
        if log_at and (not files.log.exists() or files.log.stat().st_size < log_at):
            # Then nothing that comes after it may be taken: the attempt is lost.
            raise FileNotFoundError(f"the log {files.log} is gone from its node")
        # Listed before the log is read: a checkpoint is never here before what led to it.
        things = kept(files)
        log, more = _part(files.log, log_at)
        size = files.output.stat().st_size if files.output.exists() else 0
        out_from = out_at if out_at <= size <= out_at + MOST_OUTPUT else max(0, size - TAIL_BYTES)
        return {
            "log": log,
            "more": more,
            "out": _part(files.output, out_from)[0],
            "out_from": out_from,
            "things": things,
            "ended": None if more else ended,
        }

    def piece(self, kind: str, name: str, relative: str, at: int) -> bytes | None:
        """So many bytes of something that is kept."""
        self._heard_at = time.monotonic()
        return piece(self._here(), kind, name, relative, at)

    def cancel(self) -> None:
        """Stop the trial at once."""
        self._todo.put(self._cancel)

    def stop(self, grace_s: float) -> None:
        """Stop the trial, which may write a last checkpoint; this actor trains no other."""
        self._todo.put(lambda: self._close(grace_s))

    def leave(self) -> None:
        """Nothing runs here any more, and nothing lies here, once this returns."""
        self._todo.put(lambda: self._close(0.0))
        self._gone.wait(GRACE_S + 5.0)
        shutil.rmtree(self._folder, ignore_errors=True)

    def _keep(self) -> None:
        try:
            self._executor = LocalExecutor(1)
            while not self._closed:
                self._turn()
        except BaseException:  # a place that can't train any more is lost, and says so by that
            os._exit(1)
        self._gone.set()

    def _turn(self) -> None:
        with suppress(queue.Empty):
            self._todo.get(timeout=0.0 if self._training else IDLE_S)()
        if self._training:
            for ended in self._executor.wait(NAP_S):
                self._over(ended)
        if time.monotonic() - self._heard_at > self._host_gone_s:
            self._close(GRACE_S)
            shutil.rmtree(self._folder, ignore_errors=True)
            os._exit(0)

    def _submit(self, assignment: Assignment) -> None:
        self._executor.wait(0.0)  # a worker that died while it was idle is seen to first
        try:
            self._executor.submit(assignment)
            self._training = True
        except OSError as error:
            key, attempt = assignment.trial.key, assignment.trial.attempt
            self._over(Ended(key=key, attempt=attempt, unwritable=f"on a node: {error}"))

    def _cancel(self) -> None:
        if self._training and self._running is not None:
            self._executor.cancel(self._running)

    def _close(self, grace_s: float) -> None:
        self._closed = True
        for ended in self._executor.close(grace_s=grace_s):
            self._over(ended)

    def _over(self, ended: Ended) -> None:
        self._training = False
        with self._changed:
            self._ended = ended
            self._changed.notify_all()

    def _here(self) -> AttemptFiles:
        assert self._files is not None, "expect() comes first"
        return self._files


def _own_folder() -> tuple[Path, int]:
    """A new folder, and the lock that says that its actor lives.

    It takes its name once it is locked: other actors that begin now never find it without.
    """
    fresh = Path(tempfile.mkdtemp(prefix=f"new-{PREFIX}"))
    lock = take_lock(fresh / "alive")
    return fresh.rename(fresh.with_name(fresh.name.removeprefix("new-"))), lock


def clear_left_behind() -> None:
    """What an actor that was killed here left: processes of its trial, and its folder."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            lock = take_lock(folder / "alive")
        except (TrialBusyError, OSError):  # it lives, or another looks after it just now
            continue
        try:
            for trial in folder.rglob("*.lock"):
                end_strays(trial, leader_too=True)
            shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(lock)


def _as_found_here(code: TrainingCode) -> TrainingCode:
    """The code with this node's folders, where it has not the host's.

    Ray starts an actor in the working directory that it carried there.
    """
    here = os.getcwd()
    if Path(code.cwd).is_dir():
        return code
    path = code.path
    if path.startswith(code.cwd + os.sep):
        path = os.path.relpath(path, code.cwd)
    return replace(code, path=path, cwd=here, sys_path=(here, *code.sys_path))


def _part(path: Path, at: int) -> tuple[bytes, bool]:
    """Bytes of a file from an offset on, at most PIECE, and whether there are others."""
    try:
        with path.open("rb") as stream:
            stream.seek(at)
            found = stream.read(PIECE)
            return found, bool(stream.read(1))
    except OSError:
        return b"", False
