"""What `book.history()` hands back: the notebook, which shows itself (D6)."""

from __future__ import annotations

from typing import Any

from tunebook.domain.formats.plain_data import to_data
from tunebook.report.history import History, LaunchLine, RoundLine
from tunebook.report.terminal.history import history_renderable
from tunebook.report.terminal.lines import plain


class BookHistory:
    """Rounds, launches, caveats, evidence and lineage of a book, oldest first.

    Shows itself in a terminal; `data()` has all of it as plain data.
    """

    def __init__(self, found: History) -> None:
        self.history = found

    @property
    def rounds(self) -> tuple[RoundLine, ...]:
        """Every round, oldest first."""
        return self.history.rounds

    @property
    def launches(self) -> tuple[LaunchLine, ...]:
        """The lineage, launch 0 first."""
        return self.history.launches

    @property
    def division(self) -> str:
        """How the trials divide into exploration, exploitation and reruns."""
        return self.history.division

    def data(self) -> dict[str, Any]:
        """The same as `tunebook history --json` prints, less its schema."""
        return {**to_data(self.history), "division": self.history.division}

    def __repr__(self) -> str:
        return plain(history_renderable(self.history))
