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
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tunebook.words.errors import DesignError, TrialBusyError
from tunebook.words.trial import Cause, Measurement, Outcome, Status, TrialKey

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


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPart:
    """Whole lines read from a log.

    Attributes:
        lines: how many lines were read, damaged ones included.
        first_step: the step from which the attempt started.
        measurements: in the order in which they were reported.
        outcome: how the attempt ended, or None where it has not.
        damaged: lines whose checksum does not hold; they are skipped.
        offset: bytes up to the end of the last whole line.
    """

    lines: int
    first_step: int = 0
    measurements: tuple[Measurement, ...] = ()
    outcome: Outcome | None = None
    damaged: int = 0
    offset: int = 0


class TrialLog:
    """The one writer of an attempt's log.

    Attributes:
        failed: the last error of the disk, None where all was written.

    Raises:
        TrialBusyError: another process writes this trial.
    """

    def __init__(self, files: AttemptFiles) -> None:
        self._sync_every_s = sync_every_s()
        files.log.parent.mkdir(parents=True, exist_ok=True)
        self._lock = take_lock(files.lock)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._file = os.open(files.log, flags, 0o644)
        self._path = files.log
        self._began = time.monotonic()
        self._torn = False
        self._sync_failed: OSError | None = None
        self.failed: OSError | None = None
        self._dirty = threading.Event()
        self._closed = threading.Event()
        if self._sync_every_s:
            threading.Thread(target=self._sync_on, daemon=True, name="log sync").start()

    def start(self, first_step: int) -> None:
        """Say from which step the attempt goes on."""
        self._write({"start": first_step})

    def measure(self, step: int, metrics: Mapping[str, float]) -> None:
        """Record numbers of one step; they are acknowledged once this returns."""
        self._write({"s": step, "t": round(time.monotonic() - self._began, 4), "m": metrics})

    def note(self, text: str) -> None:
        """Record a remark for whoever reads the log."""
        self._write({"note": text})

    def end(self, outcome: Outcome) -> None:
        """Say how the attempt ended, on disk before this returns."""
        self._write({"end": asdict(outcome)})
        os.fsync(self._file)

    def seconds(self) -> float:
        """Since the attempt began."""
        return time.monotonic() - self._began

    def close(self) -> None:
        """Sync, then give up the log and the trial's lock."""
        if not self._closed.is_set():
            self._closed.set()
            with suppress(OSError):  # an attempt that was stopped has no end line that synced it
                os.fsync(self._file)
            self._dirty.set()
            os.close(self._file)
            os.close(self._lock)

    def _write(self, content: Mapping[str, object]) -> None:
        try:
            self._write_line(content)
        except OSError as error:
            self.failed = error
            raise

    def _write_line(self, content: Mapping[str, object]) -> None:
        if self._sync_failed is not None:
            # The system reports a lost write once, to whoever syncs first: it is said here.
            raise self._sync_failed
        text = json.dumps(content, separators=(",", ":")).encode()
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
        if self._sync_every_s:
            self._dirty.set()
        else:
            os.fsync(self._file)

    def _sync_on(self) -> None:
        while self._dirty.wait() and not self._closed.wait(self._sync_every_s):
            self._dirty.clear()
            try:
                os.fsync(self._file)
            except OSError as error:
                if not self._closed.is_set():
                    self._sync_failed = error
                return


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


def read_log(path: Path, *, skip_lines: int = 0, offset: int = 0) -> LogPart:
    """Read the whole lines of a log, from a byte offset or past a number of lines.

    A line that was not finished is left for the next reading.
    """
    with path.open("rb") as stream:
        stream.seek(offset)
        content = stream.read()
    whole = content[: content.rfind(b"\n") + 1]
    lines = whole.split(b"\n")[:-1]
    first_step, damaged, outcome = 0, 0, None
    measurements: list[Measurement] = []
    for i, line in enumerate(lines):
        if i < skip_lines and line[9:].startswith(_MEASURED):
            continue
        record = _checked(line)
        if record is None:
            damaged += i >= skip_lines
        elif "m" in record:
            if i >= skip_lines:
                step, at = record["s"], record["t"]
                for name, value in record["m"].items():
                    measurements.append(
                        Measurement(step=step, metric=name, value=float(value), time_s=at)
                    )
        elif "start" in record:
            first_step = record["start"]
        elif "end" in record:
            outcome = _outcome(record["end"])
    return LogPart(
        lines=max(0, len(lines) - skip_lines),
        first_step=first_step,
        measurements=tuple(measurements),
        outcome=outcome,
        damaged=damaged,
        offset=offset + len(whole),
    )


_MEASURED = b'{"s":'
_decode = json.JSONDecoder().decode


def _checked(line: bytes) -> dict[str, Any] | None:
    text = line[9:]
    try:
        if int(line[:8], 16) != zlib.crc32(text):
            return None
        found = _decode(text.decode())
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _outcome(data: dict[str, Any]) -> Outcome:
    return Outcome(
        **{
            **data,
            "status": Status(data["status"]),
            "cause": None if data["cause"] is None else Cause(data["cause"]),
            "unread": tuple(data["unread"]),
        }
    )


def take_lock(path: Path, *, wait_s: float = 0.0) -> int:
    """Lock a trial for this process; returns the descriptor that holds it.

    Raises:
        TrialBusyError: another process holds it, after `wait_s` seconds still.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
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


def _busy(path: Path, held_by: list[str]) -> TrialBusyError:
    holder = "process {} on {}".format(*held_by) if len(held_by) == 2 else "another process"
    round_, number = path.parent.name.removeprefix("round-"), path.stem
    known = round_.isdigit() and number.isdigit()
    trial = TrialKey(int(round_), int(number)).name if known else number
    return TrialBusyError(
        f"one process writes a trial; {trial} is held by {holder}",
        next_step="let it end, or end it, then run again",
    )


def holder_of(path: Path) -> int | None:
    """Process id of whoever locked a trial last, as its lock file says; None if unknown.

    Never for a lock that this process holds: closing the file would give the lock up.
    """
    try:
        return int(path.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None
