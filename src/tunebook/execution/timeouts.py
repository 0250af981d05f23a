"""How long a run waits for a book that can't be reached at the moment (I2).

Training goes on meanwhile: workers write logs, and what they acknowledge there is taken in once
the book is back. Only new trials wait. A database that restarts, fails over or is locked by a
backup is so an interruption, and not the end of a run of days.
"""

from __future__ import annotations

import time

from tunebook.domain.errors import StoreError

AWAY_LIMIT_S = 1800.0
"""A book that is away for longer is not expected back: the run stops, and what it has stays."""


class BookTimeout:
    """Seconds since the book was last there, and when that is too long."""

    def __init__(self, limit_s: float = AWAY_LIMIT_S) -> None:
        self._limit_s = limit_s
        self._since: float | None = None

    def back(self) -> None:
        """The book was there."""
        self._since = None

    def away(self, error: StoreError) -> None:
        """It was not.

        Raises:
            StoreError: the error itself, once it has been so for too long.
        """
        now = time.monotonic()
        if self._since is None:
            self._since = now
        if now - self._since >= self._limit_s:
            raise error

    @property
    def said(self) -> str:
        """What the run is waiting for, in words; empty while the book is there."""
        if self._since is None:
            return ""
        seconds = time.monotonic() - self._since
        return f"the book can't be reached for {seconds:.0f} s; training goes on"
