"""What a round's D2 reads of a book: its trials, its reruns, and rounds that repeat its search."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from tunebook.checks.variance_sources.repeated_search import Search, alike, joined
from tunebook.domain.plan_edits import same_search
from tunebook.domain.record import RoundRecord
from tunebook.domain.table import TrialTable
from tunebook.examination.examine import conclude, results
from tunebook.report.drawing import RoundDrawing, drawing_of
from tunebook.report.reading import RoundReading, reading_of


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


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundView:
    """All that is shown of what the checks of a round say."""

    reading: RoundReading
    drawing: RoundDrawing


def view_of(found: RoundRecord, rounds: Iterable[RoundRecord] = ()) -> RoundView:
    """Run every check on a round and draw its pictures."""
    read = (
        results(found.table, carried=found.carried, repeats=repeats(found, rounds))
        if len(found.table)
        else {}
    )
    said = conclude(found.table, read, unread=found.unread, carried=found.carried)
    return RoundView(
        reading=reading_of(found.plan, (found.table, found.reruns), found.details, read, said),
        drawing=drawing_of(found.table, read),
    )
