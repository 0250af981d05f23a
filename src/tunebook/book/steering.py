"""A round that runs, steered from any host: pause, drain, cancel, which trials go first (D6).

Whatever process and machine the round runs in reads these requests about once a second.
"""

from __future__ import annotations

from collections.abc import Sequence

from tunebook.store import Store
from tunebook.store.requests import DRAIN, PAUSE
from tunebook.words import scalars
from tunebook.words.errors import EvidenceError, nearest
from tunebook.words.trial import TrialKey

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
        """Let trials begin again; False where the round was not paused."""
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
        return tuple(key.name for key in self._store.cancel(keys_of(self._store, names)))

    def prioritise(self, *names: str, priority: int = 1) -> None:
        """Let trials go before, or with a priority below 0 after, the others of their round.

        Raises:
            EvidenceError: the book has no such trial; nothing was changed.
            DesignError: the priority is no whole number between -1,000,000 and 1,000,000.
        """
        most = MOST_PRIORITY
        whole = scalars.whole("priority", priority, least=-most, most=most, example=1)
        self._store.prioritise(keys_of(self._store, names), whole)


def keys_of(store: Store, names: Sequence[str]) -> list[TrialKey]:
    """Trials by name.

    Raises:
        EvidenceError: one is not there; names the nearest.
    """
    known = {t.name: t.key for r in store.rounds() for t in store.trials(r.number)}
    for name in names:
        if name not in known:
            raise EvidenceError(
                f"a trial is named ROUND.NUMBER; this book has no {name!r}."
                + nearest(name, known),
                next_step="tunebook status shows the rounds, and the report every trial",
            )
    return [known[name] for name in names]
