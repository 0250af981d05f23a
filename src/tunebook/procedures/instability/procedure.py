"""Instability: does it hold the workload back, and what would help (H1 H2 H3 H4 H5).

The playbook's order: a sweep finds the best learning rate; rates just above it (H1), and the
first steps at twice it (H2), show whether training becomes unstable there. A stable workload is
left alone. An unstable one gets a warm-up search (H3) and a clipping threshold from its gradient
norms (H4), each tried in training.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tunebook.domain.errors import DesignError
from tunebook.domain.trial import Status
from tunebook.procedures.instability import plans
from tunebook.procedures.instability.conclusion import conclude
from tunebook.procedures.instability.plans import InstabilityAsked
from tunebook.procedures.instability.results import InstabilityReading, read
from tunebook.procedures.instability.stable_rates import RateReading, Stability
from tunebook.procedures.steps.arguments import Workload
from tunebook.procedures.steps.stages import Conclusion, Done, Stage, Step, stage_of

WIDE = 100.0
"""From the configuration's learning rate to either end of the sweep, where no range is given."""


class Instability:
    """The procedure; see `Procedure`."""

    name = "instability"
    about = "Does instability hold training back? Warm-up, clipping, and what else is left."
    asked = InstabilityAsked
    drives = ("learning_rate", "warmup_steps", "clip_norm")

    def defaults(self, given: Mapping[str, Any], workload: Workload) -> dict[str, Any]:
        """The question, the loss's name, and a range around the configuration's learning rate."""
        rate_name = dict(given.get("names", {})).get("learning_rate", "learning_rate")
        fixed = dict(given.get("fixed", {}))
        found: dict[str, Any] = {
            "question": "Does instability hold this workload back?",
            "loss": workload.setting.training_objective or "train/loss",
        }
        rates = given.get("learning_rates")
        if rates is None:
            rate = fixed.get(rate_name)
            if isinstance(rate, bool) or not isinstance(rate, int | float) or rate <= 0:
                raise DesignError(
                    f"the procedure instability sweeps the learning rate; {rate_name!r} has no "
                    "value in the book's configuration to sweep around",
                    next_step='give learning_rates=(1e-4, 1.0), or names={"learning_rate": '
                    '"..."} where training calls it otherwise',
                )
            found["learning_rates"] = (rate / WIDE, rate * WIDE)
        elif rate_name not in fixed and len(rates) == 2 and all(r > 0 for r in rates):
            found["fixed"] = {rate_name: math.sqrt(rates[0] * rates[1])}
        return found

    def stages(self, asked: InstabilityAsked) -> tuple[Stage, ...]:
        """Every stage, with the most that it can cost."""
        return tuple(_stages(asked))

    def next_step(self, asked: InstabilityAsked, done: Done) -> Step | None:
        """The next round: the first stage in order that is asked for and not done."""
        found = read(asked, done)
        for ask in (_first, _sweep, _above, _look, _warmup, _clip):
            step = ask(asked, done, found)
            if step is STOP:
                return None
            if isinstance(step, Step):
                return step
        return None

    def conclude(self, asked: InstabilityAsked, done: Done) -> Conclusion:
        """What is known so far."""
        return conclude(asked, done, read(asked, done))


STOP = object()
"""Nothing further can be said, or needs to be."""

Ask = Callable[[InstabilityAsked, Done, InstabilityReading], Any]


def _stages(asked: InstabilityAsked) -> Iterator[Stage]:
    low, high = asked.learning_rates
    seeds, any_rate = 2 * asked.seeds, asked.middle
    yield stage_of("first trial", plans.first(asked))
    yield stage_of("sweep", plans.sweep(asked, low, high, 0))
    for moved in range(1, plans.MOVES + 1):
        only_if = "the best rate lies at the edge"
        yield stage_of(plans.sweep_name(moved), plans.sweep(asked, low, high, moved), only_if)
    for moved in range(plans.MOVES + 1):
        only_if = "a rate just above is stable and clearly better" if moved else ""
        yield stage_of(
            plans.above_name(moved), plans.above(asked, any_rate, seeds, moved), only_if
        )
    yield stage_of("first steps", plans.look(asked, any_rate, seeds))
    for times in plans.TIMES_UNSTABLE:
        only_if = (
            "it is unstable" if times == plans.TIMES_UNSTABLE[0] else "no warm-up reaches more"
        )
        longest = plans.warmups(asked.max_train_steps)[-1]
        yield stage_of(plans.warmup_name(times), plans.warmup(asked, any_rate, times), only_if)
        for again in (False, True):
            only_if = "a shorter one does not hold" if again else "a warm-up reaches it"
            after = plans.whole(asked, any_rate, times, longest, again=again)
            yield stage_of(plans.whole_name(times, again=again), after, only_if)
    for share in plans.PERCENTILES:
        only_if = "it is unstable" if share == plans.PERCENTILES[0] else "the looser one fails"
        yield stage_of(
            plans.clipped_name(share), plans.clipped(asked, any_rate, share, 1.0), only_if
        )


def _first(asked: InstabilityAsked, done: Done, found: InstabilityReading) -> Any:
    stage = done.get("first trial")
    if stage is None:
        return Step(stage="first trial", plan=plans.first(asked))
    lost = all(s is Status.FAILED for s in stage.table.status)
    return STOP if lost or asked.loss not in found.reported else None


def _sweep(asked: InstabilityAsked, done: Done, found: InstabilityReading) -> Any:
    low, high = asked.learning_rates
    for moved in range(plans.MOVES + 1):
        name = plans.sweep_name(moved)
        if name not in done:
            return Step(stage=name, plan=plans.sweep(asked, low, high, moved))
        best = found.best if moved == _moves(done) else None
        if moved == _moves(done):
            if best is None:
                return STOP
            if not best.edge or moved == plans.MOVES:
                return None
        low, high = _moved(done, name, asked)
    return None


def _moves(done: Done) -> int:
    """How often the sweep was moved so far."""
    return max(m for m in range(plans.MOVES + 1) if plans.sweep_name(m) in done)


def _moved(done: Done, name: str, asked: InstabilityAsked) -> tuple[float, float]:
    """The range after this one: as wide, and around the edge at which the best lies."""
    until = {n: d for n, d in done.items() if n.startswith("sweep") and n <= name}
    edge = read(asked, until).best
    rates = [float(c[asked.rate]) for d in until.values() for c in d.table.config]
    half = math.sqrt(asked.learning_rates[1] / asked.learning_rates[0])
    at = max(rates) if edge and edge.edge == "high" else min(rates)
    return at / half, at * half


def _above(asked: InstabilityAsked, done: Done, found: InstabilityReading) -> Any:
    assert found.base is not None
    moved = sum(plans.above_name(m) in done for m in range(plans.MOVES + 1)) - 1
    if moved < 0:
        return Step(stage="just above", plan=plans.above(asked, found.base, asked.seeds))
    name = plans.above_name(moved)
    settled = all(r.says is not Stability.OPEN for r in found.above[1:])
    if not settled and _had(done, name) < 2 * asked.seeds * len(plans.ABOVE):
        plan = plans.above(asked, found.base, 2 * asked.seeds, moved)
        return Step(stage=name, plan=plan)
    if found.better is None or moved == plans.MOVES:
        return None
    plan = plans.above(asked, found.better, asked.seeds, moved + 1)
    return Step(stage=plans.above_name(moved + 1), plan=plan)


def _look(asked: InstabilityAsked, done: Done, found: InstabilityReading) -> Any:
    assert found.base is not None
    seeds = asked.seeds
    if found.look is not None:
        if found.look.says is Stability.OPEN and _had(done, "first steps") < 2 * asked.seeds:
            seeds *= 2
        else:
            return STOP if found.unstable is None else None
    return Step(stage="first steps", plan=plans.look(asked, found.base, seeds))


def _warmup(asked: InstabilityAsked, _: Done, found: InstabilityReading) -> Any:
    assert found.unstable is not None
    tried = {w.times: w for w in found.warmups}
    for times in plans.TIMES_UNSTABLE:
        one = tried.get(times)
        if one is None:
            plan = plans.warmup(asked, found.unstable, times)
            return Step(stage=plans.warmup_name(times), plan=plan)
        if one.holds or one.unread:
            return None
        if one.next_length is not None:
            again = bool(one.wholes)
            plan = plans.whole(asked, found.unstable, times, one.next_length, again=again)
            return Step(stage=plans.whole_name(times, again=again), plan=plan)
    return None


def _clip(asked: InstabilityAsked, _: Done, found: InstabilityReading) -> Any:
    assert found.unstable is not None
    if found.norms is None:
        return STOP
    tried = {c.share: c for c in found.clips}
    for share in plans.PERCENTILES:
        one = tried.get(share)
        if one is None:
            plan = plans.clipped(asked, found.unstable, share, found.norms.at(share))
            return Step(stage=plans.clipped_name(share), plan=plan)
        if _holds(one.reading) or one.unread:
            return None
    return None


def _holds(reading: RateReading) -> bool:
    return reading.says is Stability.STABLE


def _had(done: Done, stage: str) -> int:
    return done[stage].plan.trials
