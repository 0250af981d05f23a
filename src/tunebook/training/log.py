"""A trial's own file: one writer, one line a report, whole or not at all (I2).

Each line is `CRC32 JSON NEWLINE`, written by a single `write` to a file opened for appending, so
that what `report` returned from outlives the process at once, and a power cut once synced (at
least every second). A line without its newline was never acknowledged. The end line is the truth
about how the attempt ended.

The writer holds a POSIX record lock on the trial's `.lock` file. Such a lock is not inherited by
forked children (data loaders), and is lost as soon as its process closes any descriptor of that
file: nothing else in a worker may open it.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import socket
import threading
import time
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, fields
from pathlib import Path

from tunebook.domain.errors import DesignError, TrialBusyError
from tunebook.domain.trial import Outcome, TrialKey
from tunebook.training.log_reading import LogPart as LogPart
from tunebook.training.log_reading import read_log as read_log
from tunebook.training.log_syncs import syncs

SYNC_EVERY_S = "TUNEBOOK_SYNC_EVERY_S"
"""Environment variable: seconds between syncs of a log, 1 if left out; 0 syncs every report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptFiles:
    """Where one attempt writes. `lock` and `checkpoints` are the trial's, for all attempts."""

    log: Path
    lock: Path
    output: Path
    checkpoints: Path


def attempt_files(files: Path, key: TrialKey, attempt: int) -> AttemptFiles:
    """The paths of an attempt under the book's folder of files."""
    folder = files / f"round-{key.round}"
    stem = str(key.number)
    return AttemptFiles(
        log=folder / f"{stem}.a{attempt}.log",
        lock=folder / f"{stem}.lock",
        output=folder / f"{stem}.a{attempt}.out",
        checkpoints=folder / f"{stem}.checkpoints",
    )


class TrialLog:
    """The one writer of an attempt's log.

    Attributes:
        failed: the last error of the disk, None where all was written.

    Raises:
        TrialBusyError: another process writes this trial.
    """

    def __init__(self, files: AttemptFiles) -> None:
        self._sync_every_s = sync_every_s()
        self._lock = take_lock(files.lock)
        self._file = _opened(files.log, os.O_WRONLY | os.O_APPEND)
        self._path = files.log
        self._began = time.monotonic()
        self._torn = False
        self._sync_failed: OSError | None = None
        self.failed: OSError | None = None
        self._to_sync = False
        self._closed = False
        self._closing = threading.Lock()
        self._quoted: dict[str, str] = {}

    def start(self, first_step: int) -> None:
        """Say from which step the attempt goes on."""
        self._write(_encode({"start": first_step}))

    def measure(self, step: int, metrics: Mapping[str, float]) -> None:
        """Record numbers of one step; they are acknowledged once this returns."""
        at = round(time.monotonic() - self._began, 4)
        quoted = self._quoted
        try:
            # What an encoder would write, in a third of its time: training waits for it.
            numbers = ",".join([quoted[n] + _finite(x) for n, x in metrics.items()])
        except (KeyError, TypeError):
            quoted |= {name: f"{_encode(name)}:" for name in metrics if isinstance(name, str)}
            numbers = _encode(dict(metrics))[1:-1]
        self._write(f'{{"s":{step:d},"t":{at},"m":{{{numbers}}}}}')

    def note(self, text: str) -> None:
        """Record a remark for whoever reads the log."""
        self._write(_encode({"note": text}))

    def end(self, outcome: Outcome) -> None:
        """Say how the attempt ended, on disk before this returns."""
        self._write(_encode({"end": _told(outcome)}))
        self._to_sync = False
        try:
            os.fsync(self._file)
        except OSError:
            self._to_sync = True
            raise

    def close(self) -> None:
        """Sync, then give up the log and the trial's lock."""
        with self._closing:
            if self._closed:
                return
            self._closed = True
            if self._to_sync:  # an attempt that was stopped has no end line that synced it
                with suppress(OSError):
                    os.fsync(self._file)
            os.close(self._file)
            os.close(self._lock)

    def _write(self, text: str) -> None:
        try:
            self._write_line(text.encode())
        except OSError as error:
            self.failed = error
            raise

    def _write_line(self, text: bytes) -> None:
        if self._sync_failed is not None:
            # The system reports a lost write once, to whoever syncs first: it is said here.
            raise self._sync_failed
        line = b"%08x %b\n" % (zlib.crc32(text), text)
        # A full disk takes a part of a line. Without its newline that part was never
        # acknowledged; one in front of the next line keeps the two apart.
        sent = b"\n" + line if self._torn else line
        try:
            done = os.write(self._file, sent)
        except OSError as error:
            what = f"{os.strerror(error.errno or 0)}: a report was not recorded"
            raise OSError(error.errno, what, str(self._path)) from None
        if done != len(sent):
            self._torn = True
            raise OSError(
                errno.ENOSPC, "the disk is full: a report was not recorded", str(self._path)
            )
        self._torn = False
        if not self._sync_every_s:
            os.fsync(self._file)
        elif not self._to_sync:
            self._to_sync = True
            syncs.soon(self._sync_every_s, self._sync)

    def _sync(self) -> None:
        with self._closing:
            if self._closed or not self._to_sync:
                return
            # First, so that a write from here on is synced by the next call.
            self._to_sync = False
            try:
                os.fsync(self._file)
            except OSError as error:
                self._sync_failed = error


def _told(outcome: Outcome) -> dict[str, object]:
    return {each.name: getattr(outcome, each.name) for each in fields(outcome)}


_encode = json.JSONEncoder(separators=(",", ":")).encode
_finite_repr = float.__repr__


def _finite(number: float) -> str:
    """A float as JSON has it.

    Raises:
        TypeError: it is no float, or none that `repr` writes as JSON does.
    """
    if number - number != 0.0:
        raise TypeError("not finite")
    return _finite_repr(number)


def sync_every_s() -> float:
    """Seconds between syncs of a log, as the environment has them.

    Raises:
        DesignError: they are no number of seconds.
    """
    told = os.environ.get(SYNC_EVERY_S, "1")
    try:
        seconds = float(told)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= threading.TIMEOUT_MAX:
        raise DesignError(
            f"{SYNC_EVERY_S} is a number of seconds, 0 or more; got {told!r}",
            next_step=f"{SYNC_EVERY_S}=0 syncs every report; left out, it is every second",
        )
    return seconds


def refusal(folder: Path) -> OSError | None:
    """Why a megabyte can't be written in a folder; None where it can."""
    probe = folder / f".probe.{os.getpid()}"
    try:
        with probe.open("wb") as out:
            out.write(bytes(1 << 20))
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        return error
    finally:
        with suppress(OSError):
            probe.unlink()
    return None


def take_lock(path: Path, *, wait_s: float = 0.0) -> int:
    """Lock a trial for this process; returns the descriptor that holds it.

    Raises:
        TrialBusyError: another process holds it, after `wait_s` seconds still.
    """
    descriptor = _opened(path, os.O_RDWR)
    until = time.monotonic() + wait_s
    while True:
        try:
            fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EAGAIN):
                raise
            if time.monotonic() >= until:
                held_by = os.pread(descriptor, 200, 0).decode(errors="replace").split()
                os.close(descriptor)
                raise _busy(path, held_by) from None
            time.sleep(0.05)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()} {socket.gethostname()}\n".encode(), 0)
    return descriptor


def _opened(path: Path, flags: int) -> int:
    flags |= os.O_CREAT | os.O_CLOEXEC
    try:
        return os.open(path, flags, 0o644)
    except FileNotFoundError:  # the first of its round
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, flags, 0o644)


def _busy(path: Path, held_by: list[str]) -> TrialBusyError:
    holder = "process {} on {}".format(*held_by) if len(held_by) == 2 else "another process"
    round_, number = path.parent.name.removeprefix("round-"), path.stem
    known = round_.isdigit() and number.isdigit()
    trial = TrialKey(int(round_), int(number)).name if known else number
    return TrialBusyError(
        f"trial {trial} is already being trained by {holder}",
        next_step="wait until that process ends, or end it; then run again",
    )


def holder_of(path: Path) -> int | None:
    """Process id of whoever locked a trial last, as its lock file says; None if unknown.

    Never for a lock that this process holds: closing the file would give the lock up.
    """
    try:
        return int(path.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None
