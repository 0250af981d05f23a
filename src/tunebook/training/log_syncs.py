"""Logs on disk within a second of each report: one thread of the process does it for all (I2)."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

IDLE_S = 5.0
"""Seconds without a write after which the thread ends."""


class Syncs:
    """What is to be synced, and when. Safe in threads, and after a fork."""

    def __init__(self) -> None:
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def _begin(self) -> None:
        self._changed = threading.Condition()
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._turns = count()
        self._running = False

    def soon(self, within_s: float, sync: Callable[[], None]) -> None:
        """Call `sync` in so many seconds, in a thread; it raises nothing."""
        with self._changed:
            due = (time.monotonic() + within_s, next(self._turns), sync)
            heappush(self._due, due)
            if not self._running:
                self._running = True
                threading.Thread(target=self._run, daemon=True, name="log sync").start()
            elif self._due[0] is due:
                self._changed.notify()

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._due and not self._changed.wait(IDLE_S) and not self._due:
                    self._running = False
                    return
                left = self._due[0][0] - time.monotonic() if self._due else 0.0
                if left > 0:
                    self._changed.wait(left)
                    continue
                sync = heappop(self._due)[2] if self._due else None
            if sync is not None:
                sync()


syncs = Syncs()
"""The process's own."""
