"""Processes that a program left running, found by their environment (I2). Standard library alone.

Launchers start ranks in sessions of their own, which outlive the launcher. Linux tells the
environment of a process; elsewhere the host ends them together with the worker.
"""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from pathlib import Path

LOOK_EVERY_S = 0.05


def end_marked(name: str, value: str, until: float | None = None) -> None:
    """End all processes that have an environment variable at a value.

    Args:
        name, value: of the variable.
        until: they are asked to end first, and ended at this time of the monotonic clock; at
            once if left out.
    """
    left = marked(name, value)
    if until is not None:
        for pid in left:
            with suppress(OSError):
                os.kill(pid, signal.SIGTERM)
        while (left := marked(name, value)) and time.monotonic() < until:
            time.sleep(LOOK_EVERY_S)
    for pid in left:
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)


def marked(name: str, value: str) -> list[int]:
    """Ids of running processes that have an environment variable at a value."""
    wanted = f"{name}={value}".encode()
    found = []
    for entry in os.listdir("/proc") if os.path.isdir("/proc/self") else ():
        if entry.isdigit():
            with suppress(OSError):  # it has ended meanwhile, or is another person's
                if wanted in Path("/proc", entry, "environ").read_bytes().split(b"\0"):
                    found.append(int(entry))
    return found
