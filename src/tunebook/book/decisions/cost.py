"""What a decision may cost, promises and spends, said before its first rerun (D3)."""

from __future__ import annotations

import sys

from tunebook.book.decisions.levels import book_account
from tunebook.book.decisions.refusals import gain_left_in
from tunebook.book.planning.before_running import at_a_time, last_timed
from tunebook.book.planning.planned import last_measured
from tunebook.book.repeated_rounds import with_repeats
from tunebook.book.tried_times import tried_times
from tunebook.checks.variance_sources import check as variance_sources
from tunebook.checks.variance_sources.check import Origin
from tunebook.deciding.launch_account import levels_after
from tunebook.domain.decision import RerunPlan
from tunebook.domain.finding import NotApplicable
from tunebook.domain.formats.numbers import digits, number, percent, plural, round_to
from tunebook.planning.cost import planned_cost
from tunebook.planning.earlier_trials import repeated_seeds
from tunebook.report.cost_text import cost_text
from tunebook.store import Store, StoredRound


def say_cost(
    store: Store,
    stored: StoredRound,
    plan: RerunPlan,
    arms: int,
    most: int,
    workers: int | None,
) -> None:
    """Print cost, level and promised gain of a plan of reruns to standard error.

    Args:
        store: of the book.
        stored: the round.
        plan: of the reruns.
        arms: how many are compared.
        most: reruns of each at most.
        workers: trials at a time; one a core if left out.
    """
    timed = last_timed(store, stored.number)
    cost = planned_cost(stored.plan, timed, tried_times(stored.plan), at_a_time(workers))
    lines = [
        f"Deciding round {stored.number}: {plural(arms, 'arm')}, at most {arms * most} reruns "
        "with new seeds. They stop once the answer is clear. "
        f"Cost of all: {cost_text(cost and cost.of_trials(arms * most))}.",
        level_line(store, plan),
        _promised(store, stored, plan),
    ]
    print("\n".join(lines), file=sys.stderr)


def level_line(store: Store, plan: RerunPlan) -> str:
    """The level that a plan spends, and what it leaves to the decision after it."""
    level = percent(plan.level, 2)
    if plan.baseline is None:
        return f"Level: {level}, the chance to adopt a configuration no better than chance."
    adopts, keeps = levels_after(book_account(store))
    return (
        f"Level: {level}, the chance to adopt a change that brings the least improvement or less. "
        f"The next decision gets {percent(adopts, 2)} if this one adopts, else "
        f"{percent(keeps, 2)}."
    )


def _spread_of_seeds(store: Store, number: int) -> float | None:
    """What D2 measured of training one configuration again; None where it did not."""
    found = variance_sources.check(with_repeats(store, number))
    if isinstance(found, NotApplicable):
        return None
    own = next(s for s in found.sources if s.origin is Origin.TRIAL)
    return own.deviation.estimate if own.deviation else None


def _promised(store: Store, stored: StoredRound, plan: RerunPlan) -> str:
    """The gain that is adopted in 80 % of cases, in the metric's units where they are known."""
    above = "the least improvement" if plan.baseline is not None else "chance"
    measured = last_measured(store, stored.number)
    noise = repeated_seeds(measured.reruns) if measured and measured.reruns else None
    noise = noise or _spread_of_seeds(store, stored.number)
    if measured is None or not noise:
        return (
            f"The gain above {above} that is adopted in 80 % of cases is not known yet. It is "
            f"{digits(plan.excess)} times the standard deviation between reruns, which these "
            "reruns measure."
        )
    metric = measured.table.objective.metric
    least = stored.plan.least_improvement if plan.baseline is not None else 0.0
    gain = number(round_to(least + plan.excess * noise))
    over = "the baseline" if plan.baseline is not None else "chance"
    more = f", {number(least)} of it the least improvement," if least else ""
    left = gain_left_in(store)
    if least + plan.excess * noise >= left:
        return (
            f"No gain that is left is adopted in 80 % of cases: that takes {gain} in {metric} "
            f"over {over}, and {number(round_to(left))} is left. More reruns would lower it."
        )
    return f"A gain of {gain} in {metric} over {over}{more} is adopted in 80 % of cases."
