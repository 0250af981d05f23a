"""Whether the files of all loaded modules are as they were: no worker runs old code (D8 I2)."""

from __future__ import annotations

import os
import sys
import time

CLOCKS_S = 0.05
"""By how much a file's time may lag behind the clock, generously: file systems keep ticks."""

State = tuple[int, ...] | None


class LoadedFiles:
    """Files of the modules that this process has loaded, each as it was then.

    A state is a file's number, size and times. A file that changed since this process began may
    have been read before or after that change, so it counts as changed.
    """

    def __init__(self) -> None:
        self._began_ns = int((time.time() - CLOCKS_S) * 1e9)
        self._states: dict[str, State] = {}
        self._modules = 0

    def note(self) -> None:
        """Take in what was loaded since the last call."""
        if len(sys.modules) == self._modules:
            return
        modules = list(sys.modules.values())
        self._modules = len(modules)
        for module in modules:
            file = getattr(module, "__file__", None)
            if isinstance(file, str) and file not in self._states:
                self._states[file] = _state(file)

    def changed(self) -> bool:
        """True where a file differs from what was loaded, or may."""
        self.note()
        return any(
            _state(file) != state or (state is not None and max(state[-2:]) >= self._began_ns)
            for file, state in self._states.items()
        )


def _state(file: str) -> State:
    """Device, number, size and times in nanoseconds; None where there is no such file."""
    try:
        found = os.stat(file)
    except OSError:  # a module in a zip file
        return None
    return (found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
