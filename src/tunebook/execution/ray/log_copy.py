"""The host's copy of what one attempt writes on its node (I2).

The node sends its log from where this copy ends, so that what got lost on the way is sent again
and nothing is written twice. The process that keeps the copy holds the trial's lock.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress

from tunebook.execution.ray.artifacts import Thing, drop_others
from tunebook.training.log import AttemptFiles, take_lock


class HostCopy:
    """Log, output, checkpoints and artifacts of an attempt, as far as they have arrived.

    Attributes:
        log_at: bytes of the log that are here; out_at: of the output, on the node.
        began: when the node began to train, on this process's monotonic clock.
        carried: things that are here, by kind and name, with their mark.

    Raises:
        TrialBusyError: another process writes this trial.
        OSError: nothing can be written here.
    """

    def __init__(self, files: AttemptFiles) -> None:
        self.files = files
        self._lock = take_lock(files.lock)
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            self._log = os.open(files.log, flags, 0o644)
        except OSError:
            os.close(self._lock)
            raise
        self.log_at = os.fstat(self._log).st_size
        self.out_at = 0
        self.began = time.monotonic()
        self.carried: dict[tuple[str, str], str] = {}
        self._dirty = False
        self._open = True

    @property
    def seconds(self) -> float:
        """Since the node began."""
        return time.monotonic() - self.began

    def take_log(self, data: bytes) -> None:
        """Add what the node sent; a disk that does not take all of it takes nothing."""
        if not data:
            return
        self._dirty = True
        try:
            done = os.pwrite(self._log, data, self.log_at)
            if done != len(data):
                raise OSError(28, "the disk is full", str(self.files.log))
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._log, self.log_at)
            raise
        self.log_at += len(data)

    def take_output(self, start: int, data: bytes) -> None:
        """Add what training printed; where the node left some out, this is all that is kept."""
        if not data:
            return
        mode = "ab" if start == self.out_at else "wb"
        with self.files.output.open(mode) as out:
            out.write(data)
        self.out_at = start + len(data)

    def lacks(self, things: list[Thing]) -> list[Thing]:
        """What the node keeps and this copy has not."""
        return [t for t in things if self.carried.get((t.kind, t.name)) != t.mark]

    def mirror(self, things: list[Thing]) -> None:
        """All of these are here: drop what the node has dropped."""
        drop_others(self.files, things)
        there = {(t.kind, t.name) for t in things}
        self.carried = {key: mark for key, mark in self.carried.items() if key in there}

    def sync(self) -> None:
        """Have the log on disk."""
        if self._dirty and self._open:
            self._dirty = False
            os.fsync(self._log)

    def close(self) -> None:
        """Sync, then give up the log and the trial's lock."""
        if not self._open:
            return
        with suppress(OSError):
            self.sync()
        self._open = False
        os.close(self._log)
        os.close(self._lock)
