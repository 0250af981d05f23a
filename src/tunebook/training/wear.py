"""When a sound worker is replaced: what each trial leaves behind must not add up (I2)."""

from __future__ import annotations

import os
import resource
import sys
from contextlib import suppress
from pathlib import Path

MOST_TRIALS = 1000
"""A thousand trials cost far more than one start; threads and open files that leak end with it."""
GROWN_TIMES, GROWN_MB = 2.0, 512.0
"""Beyond twice the memory after the first trial, plus this: allocators keep what they once had."""


class Wear:
    """What a worker has trained, and how much memory it holds beside its first trial's."""

    def __init__(self) -> None:
        self._trials = 0
        self._first_mb = 0.0

    def worn(self) -> bool:
        """Count a trial; True where a fresh process should train the next one."""
        held_mb = held_memory_mb()
        self._trials += 1
        self._first_mb = self._first_mb or held_mb
        grown = held_mb > GROWN_TIMES * self._first_mb + GROWN_MB
        return grown or self._trials >= MOST_TRIALS


def held_memory_mb() -> float:
    """Resident memory of this process; at its highest where the system tells no more."""
    with suppress(OSError, ValueError, IndexError):
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1e6 if sys.platform == "darwin" else most / 1e3
