"""A round that runs, steered from any host: pause, drain, cancel, which trials go first (D6).

Whatever process and machine the round runs in reads these requests about once a second.
"""

from __future__ import annotations

from collections.abc import Sequence

from tunebook.domain.formats import scalars
from tunebook.domain.trial import TrialKey
from tunebook.store import Store
from tunebook.store.requests import DRAIN, PAUSE

MOST_PRIORITY = 1_000_000


class SteeredRound:
    """What a round can be told while it runs, or before."""

    _store: Store
    number: int

    def pause(self) -> None:
        """Let no trial begin, on any host, until `resume`; those under way run to their end.

        To stop those too, with a last checkpoint each, end the run itself: Ctrl-C, or SIGTERM.
        """
        self._store.ask(self.number, PAUSE)

    def resume(self) -> bool:
        """Let trials begin again; returns False where the round was not paused."""
        return self._store.withdraw(self.number)

    def drain(self) -> None:
        """Let the runs of now begin no trial and end with those under way; a later run goes on."""
        self._store.ask(self.number, DRAIN)

    def cancel(self) -> tuple[str, ...]:
        """End all trials that have not ended, as failed: `cancelled`; returns their names."""
        left = [t.key for t in self._store.trials(self.number) if not t.status.ended]
        return tuple(key.name for key in self._store.cancel(left))


class SteeredBook:
    """What a book can be told of single trials."""

    _store: Store

    def cancel(self, *names: str) -> tuple[str, ...]:
        """End trials, `2.17`, as failed: `cancelled`; returns those that had not ended.

        Raises:
            EvidenceError: the book has no such trial; nothing was cancelled.
        """
        return tuple(key.name for key in self._store.cancel(self._keys(names)))

    def prioritise(self, *names: str, priority: int = 1) -> None:
        """Let trials go before, or with a priority below 0 after, the others of their round.

        Raises:
            EvidenceError: the book has no such trial; nothing was changed.
            DesignError: the priority is no whole number between -1,000,000 and 1,000,000.
        """
        most = MOST_PRIORITY
        whole = scalars.whole("priority", priority, least=-most, most=most, example=1)
        self._store.prioritise(self._keys(names), whole)

    def _keys(self, names: Sequence[str]) -> list[TrialKey]:
        from tunebook.book.trial_names import trial_named

        return [trial_named(self._store, name).key for name in names]
