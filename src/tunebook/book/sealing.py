"""Test metrics kept from view until someone looks (D7).

`store/table.py` makes every table that analysis, pictures, reports and exports read, and leaves
sealed metrics out; here is the rest: names in what trials printed, and the looks themselves.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from dataclasses import replace

from tunebook.domain.errors import DesignError, EvidenceError, nearest
from tunebook.domain.formats.numbers import plural
from tunebook.domain.sealing import Look, Seal, check_test_metrics, contaminated_by, sealed_in
from tunebook.domain.trial import TrialRecord
from tunebook.store import Store

VEILED = "[a line that names a sealed test metric]"


def sealed_of(store: Store, number: int) -> tuple[str, ...]:
    """Metrics that nobody may see of a round."""
    return sealed_in(number, store.seals(), store.looks())


def veiled(trials: Sequence[TrialRecord], sealed: Sequence[str]) -> tuple[TrialRecord, ...]:
    """Records without the lines of errors and output that name a sealed metric."""
    if not sealed:
        return tuple(trials)
    return tuple(
        replace(t, detail=_veil(t.detail, sealed), output_tail=_veil(t.output_tail, sealed))
        if t.detail or t.output_tail
        else t
        for t in trials
    )


def _veil(text: str, sealed: Sequence[str]) -> str:
    lines = text.split("\n")
    return "\n".join(VEILED if any(m in line for m in sealed) else line for line in lines)


def refuse_sealed(metric: str, sealed: Sequence[str]) -> None:
    """A sealed metric is no objective, not even afterwards.

    Raises:
        EvidenceError: the metric is sealed.
    """
    if metric in sealed:
        raise EvidenceError(
            f'"{metric}" is a sealed test metric: nothing is chosen by it (D7)',
            next_step=f'when the tuning is done: tunebook unseal {metric} --why "..."',
        )


def seal(
    store: Store, given: Sequence[str], objective: str, training_objective: str
) -> tuple[str, ...]:
    """Seal metrics of a book, those that are not sealed yet; returns the names that were added.

    Raises:
        DesignError: one of them, or one that was sealed before, is to decide.
    """
    known = [s.metric for s in store.seals()]
    names = check_test_metrics([*known, *given], objective, training_objective)
    added = [name for name in names if name not in known]
    rounds = len(store.rounds()) if added else 0
    for name in added:
        number = len(store.seals()) + 1
        store.add(Seal(number=number, metric=name, rounds=rounds, sealed_at=time.time()))
    return tuple(added)


def look_at(store: Store, metric: str, *, who: str, why: str) -> Look:
    """Look at a sealed metric, for the record: the rounds that are there are open from now on.

    Raises:
        EvidenceError: it is not sealed, or the book has no round yet.
        DesignError: the look has no reason.
    """
    sealed = [s.metric for s in store.seals()]
    if metric not in sealed:
        known = f"sealed are {', '.join(sealed)}" if sealed else "this book seals none"
        raise EvidenceError(
            f'"{metric}" is no sealed test metric; {known}.{nearest(metric, sealed)}',
            next_step='name one, or seal it first: tb.Book(..., test_metrics=("test/error",))',
        )
    if not isinstance(why, str) or not why.strip():
        raise DesignError(
            "a look at the test set has a reason, for the record; got none",
            next_step='say it: tunebook unseal METRIC --why "the final number for the paper"',
        )
    rounds = len(store.rounds())
    if not rounds:
        raise EvidenceError(
            "this book has no round yet: there is nothing to look at",
            next_step="leave the metric sealed until the tuning is done",
        )
    look = Look(
        number=len(store.looks()) + 1,
        metric=metric,
        rounds=rounds,
        who=who,
        why=" ".join(why.split()),
        looked_at=time.time(),
    )
    store.add(look)
    return look


def say_contaminated(store: Store, number: int) -> None:
    """Warn of a round that is planned after someone looked at a test metric."""
    looks = contaminated_by(number, store.looks())
    if looks:
        seen = ", ".join(sorted({look.metric for look in looks}))
        print(
            f"Warning: round {number} is planned after {plural(len(looks), 'look')} at "
            f"{seen}. What is chosen by it is contaminated; the book, its report and its "
            "protocol say so.",
            file=sys.stderr,
        )
