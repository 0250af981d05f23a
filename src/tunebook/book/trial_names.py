"""Trials by their names, `2.17` and `2.r3`."""

from __future__ import annotations

from tunebook.domain.errors import EvidenceError
from tunebook.domain.trial import RERUN_FROM, TrialKey, TrialRecord
from tunebook.store import Store


def trial_named(store: Store, name: str) -> TrialRecord:
    """A trial's record as the book has it now, read without the rest of its round.

    Raises:
        EvidenceError: the book has no such trial; names those of its round.
    """
    key = _key(name)
    found = None if key is None else store.trial(key)
    if found is not None:
        return found
    own = [t.name for t in store.trials(key.round) if not t.rerun_of] if key else []
    there = f"; round {key.round} has {own[0]} to {own[-1]}" if key and own else ""
    raise EvidenceError(
        f"a trial is named ROUND.NUMBER; this book has no {name!r}{there}",
        next_step="tunebook status lists the rounds, tunebook report shows every trial",
    )


def _key(name: str) -> TrialKey | None:
    round_, _, number = name.partition(".")
    is_rerun = number.startswith("r")
    digits = number[1:] if is_rerun else number
    # No book has a number with more digits, and some texts of digits are no number.
    if not all(d.isascii() and d.isdigit() and len(d) < 10 for d in (round_, digits)):
        return None
    key = TrialKey(int(round_), int(digits) + (RERUN_FROM if is_rerun else 0))
    return key if key.name == name else None
