"""Instability: does it hold the workload back, and what would help (H1 H2 H3 H4 H5).

The playbook's order: a sweep finds the best learning rate; rates just above it (H1), and the
first steps at twice it (H2), show whether training becomes unstable there. A stable workload is
left alone. An unstable one gets a warm-up search (H3) and a clipping threshold from its gradient
norms (H4), each tried in training.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tunebook.domain.design import Round
from tunebook.domain.errors import DesignError
from tunebook.domain.trial import Status
from tunebook.procedures.instability import plans
from tunebook.procedures.instability.conclusion import conclude
from tunebook.procedures.instability.plans import InstabilityArguments
from tunebook.procedures.instability.results import InstabilityReading, read
from tunebook.procedures.instability.stable_rates import Stability
from tunebook.procedures.steps.arguments import Workload
from tunebook.procedures.steps.procedure import Procedure
from tunebook.procedures.steps.stages import Done, PossibleRound
from tunebook.procedures.steps.tuned_sweep import (
    AT_EDGE,
    MOVES,
    middle_rate,
    more_seeds,
    next_range,
    sweeps_in,
)

WIDE = 100.0
"""From the configuration's learning rate to either end of the sweep, where no range is given."""


def defaults(given: Mapping[str, Any], workload: Workload) -> dict[str, Any]:
    """The loss's name, and a range around the configuration's learning rate."""
    name = dict(given.get("names", {})).get("learning_rate", "learning_rate")
    found: dict[str, Any] = {"loss": workload.setting.training_objective or "train/loss"}
    if given.get("learning_rates") is None:
        rate = given.get("fixed", {}).get(name)
        if isinstance(rate, bool) or not isinstance(rate, int | float) or rate <= 0:
            raise DesignError(
                f"the procedure instability sweeps the learning rate; {name!r} has no value in "
                "the book's configuration to sweep around",
                next_step='give learning_rates=(1e-4, 1.0), or names={"learning_rate": "..."} '
                "where training calls it otherwise",
            )
        found["learning_rates"] = (rate / WIDE, rate * WIDE)
    else:
        found["fixed"] = middle_rate(given)
    return found


def stages(args: InstabilityArguments) -> Iterator[PossibleRound]:
    """Every round, with the most trials that it can take."""
    low, high = args.learning_rates
    seeds, any_rate = 2 * args.seeds, args.middle
    yield PossibleRound(plan=plans.first(args))
    for moved in range(MOVES + 1):
        plan = plans.sweep(args, low, high, moved)
        yield PossibleRound(plan=plan, only_if=AT_EDGE if moved else "")
    for moved in range(MOVES + 1):
        only_if = "a rate just above is stable and clearly better" if moved else ""
        yield PossibleRound(plan=plans.above(args, any_rate, seeds, moved), only_if=only_if)
    yield PossibleRound(plan=plans.look(args, any_rate, seeds))
    longest = plans.warmups(args.max_train_steps)[-1]
    for times in plans.TIMES_UNSTABLE:
        first = times == plans.TIMES_UNSTABLE[0]
        only_if = "it is unstable" if first else "no warm-up reaches more"
        yield PossibleRound(plan=plans.warmup(args, any_rate, times), only_if=only_if)
        for again, only_if in enumerate(("a warm-up reaches it", "a shorter one does not hold")):
            plan = plans.whole(args, any_rate, times, longest, again)
            yield PossibleRound(plan=plan, only_if=only_if)
    for share in plans.PERCENTILES:
        only_if = "it is unstable" if share == plans.PERCENTILES[0] else "the looser one fails"
        yield PossibleRound(plan=plans.clipped(args, any_rate, share, 1.0), only_if=only_if)


def next_round(args: InstabilityArguments, done: Done, found: InstabilityReading) -> Round | None:
    """The first round in the playbook's order that is missing."""
    if plans.FIRST not in done:
        return plans.first(args)
    lost = all(status is Status.FAILED for status in done[plans.FIRST].table.status)
    if lost or args.loss not in found.reported:
        return None
    plan = _sweep(args, done, found)
    if plan is not None or found.base is None:
        return plan
    plan = _above(args, done, found, found.base) or _look(args, done, found, found.base)
    if plan is not None or found.unstable is None:
        return plan
    return _warmup(args, found, found.unstable) or _clip(args, found, found.unstable)


def _sweep(args: InstabilityArguments, done: Done, found: InstabilityReading) -> Round | None:
    sweeps, middle = sweeps_in(done, "sweep"), None
    if found.best is not None and found.best.edge:
        rates = [float(c[args.rate]) for sweep in sweeps for c in sweep.table.config]
        middle = max(rates) if found.best.edge == "high" else min(rates)
    ends = next_range(args.learning_rates, len(sweeps), middle)
    return plans.sweep(args, *ends, len(sweeps)) if ends else None


def _above(
    args: InstabilityArguments, done: Done, found: InstabilityReading, best: float
) -> Round | None:
    """Rates just above the best; more seeds where they are open; again above a better one."""
    above = sweeps_in(done, "just above")
    if not above:
        return plans.above(args, best, args.seeds)
    if any(r.says is Stability.OPEN for r in found.above[1:]):
        plan = more_seeds(above[-1].plan, 2 * args.seeds * len(plans.ABOVE))
        if plan is not None:
            return plan
    if found.better is None or len(above) > MOVES:
        return None
    return plans.above(args, found.better, args.seeds, len(above))


def _look(
    args: InstabilityArguments, done: Done, found: InstabilityReading, best: float
) -> Round | None:
    if found.look is None:
        return plans.look(args, best, args.seeds)
    is_open = found.look.says is Stability.OPEN
    return more_seeds(done[plans.LOOK].plan, 2 * args.seeds) if is_open else None


def _warmup(
    args: InstabilityArguments, found: InstabilityReading, unstable: float
) -> Round | None:
    tried = {w.times: w for w in found.warmups}
    for times in plans.TIMES_UNSTABLE:
        one = tried.get(times)
        if one is None:
            return plans.warmup(args, unstable, times)
        if one.holds or one.unread:
            return None
        if one.next_length is not None:
            return plans.whole(args, unstable, times, one.next_length, len(one.wholes))
    return None


def _clip(args: InstabilityArguments, found: InstabilityReading, unstable: float) -> Round | None:
    if found.norms is None:
        return None
    tried = {c.share: c for c in found.clips}
    for share in plans.PERCENTILES:
        one = tried.get(share)
        if one is None:
            return plans.clipped(args, unstable, share, found.norms.at(share))
        if one.holds or one.unread:
            return None
    return None


PROCEDURE = Procedure(
    arguments=InstabilityArguments,
    defaults=defaults,
    stages=stages,
    read=read,
    next_round=next_round,
    conclude=conclude,
)
