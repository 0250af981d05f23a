"""What a round's D2 reads of a book: its trials, its reruns, and rounds that repeat its search."""

from __future__ import annotations

from collections.abc import Iterable

from tunebook.checks import Result
from tunebook.checks.variance_sources.repeated_search import Search, alike, joined
from tunebook.domain.finding import Examination, NotApplicable
from tunebook.domain.plan_edits import same_search
from tunebook.domain.record import RoundRecord
from tunebook.domain.table import TrialTable
from tunebook.examination.examine import conclude, results


def repeats(found: RoundRecord, rounds: Iterable[RoundRecord] = ()) -> TrialTable:
    """The round's trials and reruns, with those of every other round of the same search.

    Reruns of earlier rounds come along, marked as carried: they show what a seed does.
    """
    rounds = list(rounds)
    others = [
        r
        for r in rounds
        if r.number != found.number and same_search(r.plan, found.plan) and len(r.table)
    ]
    return joined(
        [Search(seed=r.plan.seed, trials=r.table, reruns=r.reruns) for r in (found, *others)],
        {
            r.number: r.reruns
            for r in rounds
            if r.number < found.number and r not in others and alike(r.plan, found.plan)
        },
    )


def examined(
    found: RoundRecord, rounds: Iterable[RoundRecord] = ()
) -> tuple[dict[str, Result | NotApplicable], Examination]:
    """What every check returns for a round, and the findings of it."""
    read = (
        results(found.table, carried=found.carried, repeats=repeats(found, rounds))
        if len(found.table)
        else {}
    )
    return read, conclude(found.table, read, unread=found.unread, carried=found.carried)
