"""A run whose first trials all crash alike is stopped: the others would only repeat it (C3)."""

from __future__ import annotations

from collections.abc import Iterable

from tunebook.domain.error_kind import OF_THE_CODE, error_kind
from tunebook.domain.trial import Outcome, Status

FIRST = 3
"""Trials that must crash alike, none having ended otherwise."""
LONGER, MARGIN_S = 2.0, 2.0
"""A trial that has run this many times longer than any crash may be a good one."""


class AlikeCrashes:
    """Follows how the first trials of a run end.

    Where a share p of the configurations crashes for a reason of its own, one worker meets three
    such first with probability p^3 (0.027 for 0.3), and the run can be continued. With several
    workers short crashes come first, so a trial that outlasts them keeps the run going.

    Attributes:
        watching: nothing has spoken against a fault of the training code yet.
        detail: of the last crash.
        count: how many there were.
    """

    def __init__(self, *, watching: bool) -> None:
        self.watching = watching
        self.detail = ""
        self.count = 0
        self._longest_s = 0.0

    def take(self, outcome: Outcome, lasted_s: float) -> None:
        """Take in how a trial ended.

        Args:
            outcome: how.
            lasted_s: since it was given to its worker, which may have had to load the code.
        """
        if not self.watching or outcome.status is Status.FAILED:
            return
        of_code = outcome.status is Status.INFEASIBLE and outcome.cause in OF_THE_CODE
        alike = not self.count or error_kind(outcome.detail) == error_kind(self.detail)
        if not of_code or not alike:
            self.watching = False
            return
        self.detail = outcome.detail
        self.count += 1
        self._longest_s = max(self._longest_s, lasted_s)

    def enough(self, running_s: Iterable[float]) -> bool:
        """True once no other trial is to begin.

        Args:
            running_s: how long ago each trial under way was given to its worker.
        """
        if not self.watching or self.count < FIRST:
            return False
        return all(s <= LONGER * self._longest_s + MARGIN_S for s in running_s)
