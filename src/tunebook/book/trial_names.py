"""Trials by the names that people give them, `2.17` or `2.r3`."""

from __future__ import annotations

from tunebook.store import Store
from tunebook.words.errors import EvidenceError, nearest
from tunebook.words.trial import TrialRecord


def trial_named(store: Store, name: str) -> TrialRecord:
    """A trial's record as the book has it now; reads the trials of its round alone.

    Raises:
        EvidenceError: the book has no such trial; names the nearest.
    """
    number, _, _ = name.partition(".")
    # No book has a round whose number has more digits, and some texts of digits are no number.
    if number.isascii() and number.isdigit() and len(number) < 10:
        for trial in store.trials(int(number)):
            if trial.name == name:
                return trial
    known = [t.name for r in store.rounds() for t in store.trials(r.number)]
    raise EvidenceError(
        f"a trial is named ROUND.NUMBER; this book has no {name!r}." + nearest(name, known),
        next_step="tunebook status shows the rounds, and the report every trial",
    )
