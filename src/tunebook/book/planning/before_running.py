"""What a round is about to spend, said before it is run; needs no statistics (B5)."""

from __future__ import annotations

import sys

import numpy as np

from tunebook.book.decisions.limits import MAX_RERUNS
from tunebook.book.tried_times import tried_times
from tunebook.domain.design import Round, studies
from tunebook.domain.formats.numbers import plural
from tunebook.domain.trial import Purpose, Status
from tunebook.execution.resources import cores
from tunebook.planning.baseline_gaps import gaps_text
from tunebook.planning.cost import Timed, planned_cost
from tunebook.planning.too_few import candidates, too_few_reruns, too_few_trials
from tunebook.report.cost_text import cost_text
from tunebook.store import Store


def say_before_running(
    store: Store, plan: Round, number: int, workers: int | None, *, quiet: bool
) -> None:
    """One line to stderr on what is about to be spent, and a warning where it can tell nothing.

    Only what needs no statistics: the smallest difference is what `planned()` is for.

    Args:
        store: of the book.
        plan, number: of the round.
        workers: trials at a time.
        quiet: warn alone.
    """
    launches, split = store.launches(), studies(plan)
    if not quiet:
        timed = last_timed(store, number)
        count = at_a_time(workers)
        cost = planned_cost(plan, timed, tried_times(plan), count)
        few = f", {min(len(s.numbers) for s in split)} a study" if len(split) > 1 else ""
        print(
            f"Round {number}: {plural(plan.trials, 'trial')}{few}; cost {cost_text(cost)}. "
            "For the smallest difference that the round can show: tunebook run --plan, in Python "
            "round.planned().",
            file=sys.stderr,
        )
    if gaps := gaps_text(plan, launches[-1] if launches else None):
        print(f"Warning: {gaps}", file=sys.stderr)
    arms = candidates(plan) + bool(launches)
    for text in (*too_few_trials(plan), *too_few_reruns(arms, MAX_RERUNS // arms)):
        print(f"Warning, too small for a verdict: {text}.", file=sys.stderr)


def last_timed(store: Store, number: int | None, *, fewest: int = 1) -> Timed | None:
    """How long the search trials took of the newest round up to `number` with so many complete.

    Cheap, since it reads no curve.
    """
    for stored in reversed(store.rounds()[:number]):
        ended = [
            t
            for t in store.trials(stored.number)
            if t.status in (Status.COMPLETE, Status.INFEASIBLE) and t.purpose is not Purpose.RERUN
        ]
        if sum(t.status is Status.COMPLETE for t in ended) >= fewest:
            return Timed(
                number=stored.number,
                configs=[t.config for t in ended],
                seconds=np.array([t.seconds for t in ended], np.float64),
                max_train_steps=stored.plan.max_train_steps,
            )
    return None


def at_a_time(workers: int | None) -> int:
    """Trials at a time, as `run` would have them."""
    return max(1, cores() if workers is None else workers)
