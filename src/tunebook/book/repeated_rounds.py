"""What D2 reads of a book: a round's trials and reruns, and the rounds that repeat its search."""

from __future__ import annotations

from tunebook.checks.variance_sources.repeated_search import Search, alike, joined
from tunebook.domain.design import Objective
from tunebook.domain.plan_edits import same_search
from tunebook.domain.table import TrialTable
from tunebook.store import Store
from tunebook.store.table import table


def with_repeats(
    store: Store,
    number: int,
    objective: Objective | None = None,
    *,
    searched: TrialTable | None = None,
) -> TrialTable:
    """The round's trials and reruns, with those of every round of the same search.

    Reruns of earlier rounds come along, marked as carried: they show what a seed does.

    Args:
        store: the book.
        number: of the round.
        objective: another metric of the curves, instead of the book's; reruns that did not
            report it are left out.
        searched: the round's own search trials, where they are read already.
    """
    rounds = store.rounds()
    plan = rounds[number - 1].plan
    others = [r for r in rounds if r.number != number and same_search(r.plan, plan)]

    def read(of: int, *, reruns: bool) -> TrialTable:
        if searched is not None and of == number and not reruns:
            return searched
        found = table(store, of, reruns=reruns)
        if objective is None:
            return found
        if objective.metric not in found.curves:
            return found.take(found.complete & False)
        return found.with_objective(objective)

    return joined(
        [
            Search(
                seed=r.plan.seed,
                trials=read(r.number, reruns=False),
                reruns=read(r.number, reruns=True),
            )
            for r in (rounds[number - 1], *others)
        ],
        {
            r.number: read(r.number, reruns=True)
            for r in rounds
            if r.number < number and r not in others and alike(r.plan, plan)
        },
    )
