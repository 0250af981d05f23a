"""What a round's D2 reads of a book: its trials, its reruns, and rounds that repeat its search."""

from __future__ import annotations

from collections.abc import Iterable

from tunebook.analysis.repeated_search import Search, joined, same_search
from tunebook.words.record import RoundRecord
from tunebook.words.table import TrialTable


def repeats(found: RoundRecord, rounds: Iterable[RoundRecord] = ()) -> TrialTable:
    """The round's trials and reruns, with those of every other round of the same search."""
    others = [
        r
        for r in rounds
        if r.number != found.number and same_search(r.plan, found.plan) and len(r.table)
    ]
    return joined(
        [Search(seed=r.plan.seed, trials=r.table, reruns=r.reruns) for r in (found, *others)]
    )
