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
from dataclasses import asdict, dataclass
from pathlib import Path

from tunebook.words.errors import BookBusyError
from tunebook.words.trial import Cause, Measurement, Outcome, Status, TrialKey

SYNC_EVERY_S = 1.0


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

    Raises:
        BookBusyError: another process writes this trial.
    """

    def __init__(self, files: AttemptFiles) -> None:
        files.log.parent.mkdir(parents=True, exist_ok=True)
        self._lock = take_lock(files.lock)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._file = os.open(files.log, flags, 0o644)
        self._path = files.log
        self._began = time.monotonic()
        self._synced = self._began
        self._dirty = threading.Event()
        self._closed = threading.Event()
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
        """Give up the log and the trial's lock."""
        if not self._closed.is_set():
            self._closed.set()
            self._dirty.set()
            os.close(self._file)
            os.close(self._lock)

    def _write(self, content: Mapping[str, object]) -> None:
        text = json.dumps(content, separators=(",", ":")).encode()
        line = b"%08x %b\n" % (zlib.crc32(text), text)
        done = os.write(self._file, line)
        if done != len(line):
            # A full disk takes a part; without its newline that part was never acknowledged, and
            # one in front of the next line keeps the two apart.
            os.write(self._file, b"\n")
            raise OSError(errno.ENOSPC, "the disk is full: a report was not recorded", self._path)
        self._dirty.set()

    def _sync_on(self) -> None:
        while self._dirty.wait() and not self._closed.wait(SYNC_EVERY_S):
            self._dirty.clear()
            try:
                os.fsync(self._file)
            except OSError:
                return


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
        record = _checked(line)
        if record is None:
            damaged += i >= skip_lines
        elif "m" in record:
            if i >= skip_lines:
                step, at = record["s"], record["t"]
                measurements.extend(
                    Measurement(step=step, metric=name, value=float(value), time_s=at)
                    for name, value in record["m"].items()
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


def _checked(line: bytes) -> dict | None:  # type: ignore[type-arg]
    try:
        if int(line[:8], 16) != zlib.crc32(line[9:]):
            return None
        found = json.loads(line[9:])
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _outcome(data: dict) -> Outcome:  # type: ignore[type-arg]
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
        BookBusyError: another process holds it, after `wait_s` seconds still.
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
                holder = os.pread(descriptor, 200, 0).decode(errors="replace").strip()
                os.close(descriptor)
                raise BookBusyError(
                    f"one process writes a trial; {path.stem} is held by {holder or 'another'}",
                    next_step="let it end, or end it, then run again",
                ) from None
            time.sleep(0.05)
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, f"{os.getpid()} {socket.gethostname()}\n".encode(), 0)
    return descriptor


def holder_of(path: Path) -> int | None:
    """Process id of whoever locked a trial last, as its lock file says; None if unknown."""
    try:
        return int(path.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return None
