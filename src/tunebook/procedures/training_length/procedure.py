"""Training length: how long is long enough, and is the workload compute-bound? (E1 E3 E4 E5)

The playbook's order: a sweep without regularisation gives a first length, then lengths double.
At each, what does not carry over is tuned anew, and the best configuration is run with fresh
seeds, the same at every length. Growth ends at the budget, or once all that it could still bring
is less than the least improvement; then the shortest length that is good enough is looked for
between those that were measured.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from tunebook.domain.errors import DesignError
from tunebook.procedures.steps.arguments import Workload
from tunebook.procedures.steps.stages import Conclusion, Done, Stage, Step, stage_of
from tunebook.procedures.training_length import plans
from tunebook.procedures.training_length.conclusion import conclude
from tunebook.procedures.training_length.length_choice import RESOLUTION, Budget, LengthChoice
from tunebook.procedures.training_length.plans import TrainingLengthAsked
from tunebook.procedures.training_length.results import (
    LengthReading,
    best_values,
    read,
    read_fit,
)

NARROWER = 0.5
"""Of a range, on its logarithm: what is searched again around the best of a shorter training."""
APART = 1.3
"""Neighbouring lengths within this factor need none between them."""


class TrainingLength:
    """The procedure; see `Procedure`."""

    name = "training-length"
    about = "How long is long enough, and is the workload compute-bound?"
    asked = TrainingLengthAsked
    drives = ("learning_rate",)

    def defaults(self, given: Mapping[str, Any], workload: Workload) -> dict[str, Any]:
        """The question, the training metric, and a learning rate in the middle of the range."""
        rate = dict(given.get("names", {})).get("learning_rate", "learning_rate")
        fixed = dict(given.get("fixed", {}))
        for needed, why, example in (
            ("learning_rates", "tunes the learning rate at every length", "(1e-3, 1.0)"),
            ("least_improvement", "asks what longer training is worth",
             "0.01, in the objective's units: what must be gained to be worth the steps"),
        ):  # fmt: skip
            if needed not in given:
                raise DesignError(
                    f"the procedure training-length {why}; no {needed} was given",
                    next_step=f"give {needed}={example}",
                )
        found: dict[str, Any] = {
            "question": "How long should training be here?",
            "loss": workload.setting.training_objective or "train/loss",
        }
        rates = given["learning_rates"]
        if not fixed and len(rates) == 2:
            found["fixed"] = {rate: math.sqrt(abs(rates[0] * rates[1]))}
        # What is reopened needs no value besides its range.
        for name, ends in dict(given.get("reopen", {})).items():
            if name not in fixed and len(ends) == 2:
                found.setdefault("fixed", {})[name] = (ends[0] + ends[1]) / 2
        return found

    def stages(self, asked: TrainingLengthAsked) -> tuple[Stage, ...]:
        """Every stage, with the most that it can cost."""
        return tuple(_stages(asked))

    def next_step(self, asked: TrainingLengthAsked, done: Done) -> Step | None:
        """First length, growth, shorter ones, between, more seeds: the first that is missing."""
        return _next(asked, done, read(asked, done))

    def conclude(self, asked: TrainingLengthAsked, done: Done) -> Conclusion:
        """What is known so far."""
        found = read(asked, done)
        finished = bool(done) and _next(asked, done, found) is None
        return conclude(asked, done, found, finished=finished)


def _next(asked: TrainingLengthAsked, done: Done, found: LengthReading) -> Step | None:
    if asked.fitted is not None:
        step = _fit(asked, done)
        if step is not None:
            return step
    for length in _to_measure(asked, found):
        step = _tune(asked, done, found, length) or _confirm(asked, done, length)
        if step is not None:
            return step
        if length not in found.measured:
            return None
    return _between(asked, done, found) or _more_seeds(asked, done, found)


def _stages(asked: TrainingLengthAsked) -> Iterator[Stage]:
    low, high = asked.learning_rates
    any_values = {asked.rate: low, **{n: ends[0] for n, ends in asked.reopen.items()}}
    top = len(asked.lengths) - 1
    if asked.fitted is not None:
        for turn, k in enumerate(k for k in plans.FIT_HALVINGS if k <= top):
            for moved in range(plans.MOVES + 1):
                steps = asked.lengths[top - k]
                only_if = "the best rate lies at the edge" if moved else ""
                only_if = only_if or ("no shorter one fits the training set" if turn else "")
                plan = plans.fit(asked, steps, low, high, moved)
                yield stage_of(plans.fit_name(steps, moved), plan, only_if)
    every = {asked.rate: asked.learning_rates, **asked.reopen}
    for steps in asked.lengths:
        when = _when(asked, steps)
        for moved in range(plans.MOVES + 1):
            only_if = "the best rate lies at the edge" if moved else when
            plan = plans.tune(asked, steps, every, {}, moved, first=True)
            yield stage_of(plans.tune_name(steps, moved), plan, only_if)
        plan = plans.confirm(asked, steps, any_values, plans.MOST_SEEDS * asked.seeds)
        yield stage_of(plans.confirm_name(steps), plan, when)
    for number in range(1, plans.BETWEEN + 1):
        name = plans.between_name(number)
        longest = asked.max_train_steps
        plan = plans.confirm(asked, longest, any_values, plans.MOST_SEEDS * asked.seeds, name)
        when = "the shortest sufficient length lies between two that double"
        asks = "What does a length between two that double reach with fresh seeds?"
        yield replace(stage_of(name, plan, when), asks=asks)


def _when(asked: TrainingLengthAsked, steps: int) -> str:
    """When a length is trained; empty where it is in any case."""
    if asked.fitted is not None:
        return "growth begins there or gets there"
    first = asked.lengths.index(_begins(asked, asked.shortest))
    place = asked.lengths.index(steps) - first
    if place < 0:
        return "longer ones are no better"
    # It takes three lengths to tell whether growth may end.
    return "" if place < 3 else "growth gets there"


def _fit(asked: TrainingLengthAsked, done: Done) -> Step | None:
    low, high = asked.learning_rates
    top = len(asked.lengths) - 1
    for k in (k for k in plans.FIT_HALVINGS if k <= top):
        within = asked.lengths[top - k]
        found = read_fit(asked, done, within)
        if found is None:
            return Step(
                stage=plans.fit_name(within, 0), plan=plans.fit(asked, within, low, high, 0)
            )
        if not found.reported:
            return None
        if found.edge and found.rate and found.moves < plans.MOVES:
            half, moved = math.sqrt(high / low), found.moves + 1
            plan = plans.fit(asked, within, found.rate / half, found.rate * half, moved)
            return Step(stage=plans.fit_name(within, moved), plan=plan)
        if found.steps is not None:
            return None
    return None


def first_length(asked: TrainingLengthAsked, found: LengthReading) -> int:
    """Where growth begins: as asked, as the fastest fit needs, or at an eighth of the budget."""
    fitted = next((f.steps for f in found.fits if f.steps is not None), None)
    return _begins(asked, fitted if asked.shortest is None else asked.shortest)


def _begins(asked: TrainingLengthAsked, wanted: float | None) -> int:
    if wanted is None:
        wanted = asked.max_train_steps / 2**plans.FIRST_HALVINGS
    below = [n for n in asked.lengths if n <= wanted * RESOLUTION]
    # Three lengths at least, so that growth can be told.
    return min(below[-1] if below else asked.lengths[0], asked.lengths[-3])


def _to_measure(asked: TrainingLengthAsked, found: LengthReading) -> Iterator[int]:
    """Lengths that are needed, in the order in which they are trained."""
    first = first_length(asked, found)
    for length in asked.lengths:
        if length < first:
            continue
        yield length
        if _enough(asked, found, length):
            break
    for length in reversed([n for n in asked.lengths if n < first]):
        if not _begins_too_long(found):
            return
        yield length


def _enough(asked: TrainingLengthAsked, found: LengthReading, length: int) -> bool:
    """Whether growth ends here: what is left to gain is half of the least improvement at most."""
    doubled = [n for n in found.measured if n in asked.lengths]
    last = bool(doubled) and doubled[-1] == length
    return last and found.left is not None and found.left < asked.least_improvement / 2


def _begins_too_long(found: LengthReading) -> bool:
    """Whether the shortest measured length is as good as the best already."""
    choice = found.choice
    if not isinstance(choice, LengthChoice):
        return False
    return choice.shortest.estimate <= choice.lengths[0] * (1 + 1e-9)


def _tune(
    asked: TrainingLengthAsked, done: Done, found: LengthReading, length: int
) -> Step | None:
    if length in found.tuned and not (found.tuned[length] and found.moves[length] < plans.MOVES):
        return None
    first = not any(n != length for n in found.tuned)
    values = best_values(asked, done, length)
    moved = found.moves[length] + 1 if length in found.tuned else 0
    if first:
        ranges, held = {asked.rate: asked.learning_rates, **asked.reopen}, {}
    else:
        again = (asked.rate, *plans.reopened(asked))
        every = {asked.rate: asked.learning_rates, **asked.reopen}
        ranges = {n: _around(float(values[n]), every[n], own=n != asked.rate) for n in again}
        held = {n: values[n] for n in asked.reopen if n not in again}
    if moved:
        low, high = ranges[asked.rate]
        at, half = _edge_of(asked, done, found, length), math.sqrt(high / low)
        ranges = {**ranges, asked.rate: (at / half, at * half)}
    plan = plans.tune(asked, length, ranges, held, moved, first=first)
    return Step(stage=plans.tune_name(length, moved), plan=plan)


def _around(value: float, ends: tuple[float, float], *, own: bool) -> tuple[float, float]:
    """A narrower range around a value; `own` keeps it within the ends that a person gave."""
    low, high = ends
    if low > 0:
        half = (high / low) ** (NARROWER / 2)
        found = value / half, value * half
    else:
        half = NARROWER * (high - low) / 2
        found = max(value - half, 0.0), value + half
    return (max(found[0], low), min(found[1], high)) if own else found


def _edge_of(asked: TrainingLengthAsked, done: Done, found: LengthReading, length: int) -> float:
    side = found.tuned[length]
    names = [plans.tune_name(length, m) for m in range(plans.MOVES + 1)]
    rates = [float(c[asked.rate]) for n in names if n in done for c in done[n].table.config]
    return max(rates) if side == "high" else min(rates)


def _confirm(asked: TrainingLengthAsked, done: Done, length: int) -> Step | None:
    name = plans.confirm_name(length)
    if name in done:
        return None
    values = best_values(asked, done, length)
    if not values:
        return None
    return Step(stage=name, plan=plans.confirm(asked, length, values, asked.seeds))


def _between(asked: TrainingLengthAsked, done: Done, found: LengthReading) -> Step | None:
    """A length between its neighbours, where the shortest sufficient one is to be found."""
    choice = found.choice
    number = next((n for n in range(1, plans.BETWEEN + 1) if plans.between_name(n) not in done), 0)
    if not isinstance(choice, LengthChoice) or not number or choice.says is Budget.COMPUTE_BOUND:
        return None
    at = choice.shortest.estimate
    below = max((n for n in choice.lengths if n < at), default=0)
    above = min((n for n in choice.lengths if n >= at), default=0)
    if not below or not above or above / below <= APART:
        return None
    # Near an end it would tell no more than that end does.
    room = (above / below) ** 0.25
    length = round(min(max(at, below * room), above / room))
    values = best_values(asked, done, length)
    name = plans.between_name(number)
    return Step(stage=name, plan=plans.confirm(asked, length, values, asked.seeds, name))


def _more_seeds(asked: TrainingLengthAsked, done: Done, found: LengthReading) -> Step | None:
    """Twice the seeds of every length, where the answer is not known to a quarter yet."""
    choice = found.choice
    if not isinstance(choice, LengthChoice):
        return None
    have = {n: s.plan.trials for n, s in done.items() if n.startswith(("confirm at ", "between "))}
    wanted = max(have.values())
    if min(have.values()) == wanted and not _settled(choice):
        wanted = min(2 * wanted, plans.MOST_SEEDS * asked.seeds)
    name = next((n for n, count in have.items() if count < wanted), None)
    if name is None:
        return None
    plan = done[name].plan
    return Step(stage=name, plan=replace(plan, trials=wanted))


def _settled(choice: LengthChoice) -> bool:
    s = choice.shortest
    if choice.says is Budget.OPEN:
        return False
    if s.estimate <= choice.lengths[0] * (1 + 1e-9):
        return True
    return choice.says is Budget.COMPUTE_BOUND or (
        s.high <= RESOLUTION * s.estimate and s.low * RESOLUTION >= s.estimate
    )
