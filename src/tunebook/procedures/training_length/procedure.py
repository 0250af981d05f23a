"""Training length: how long is long enough, and is the workload compute-bound? (E1 E3 E4 E5)

The playbook's order: a sweep without regularisation gives a first length, then lengths double.
At each, what does not carry over is tuned, and the best configuration is run with new seeds, the
same at every length. Growth ends at the budget, or once all that it could still bring is less
than the least improvement; then the shortest length that is good enough is looked for between
those that were measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from tunebook.domain.design import Round
from tunebook.procedures.steps.arguments import Workload
from tunebook.procedures.steps.procedure import Procedure
from tunebook.procedures.steps.stages import Conclusion, Done, PossibleRound, origin_of
from tunebook.procedures.steps.tuned_sweep import AT_EDGE, MOVES, middle_rate, next_range, required
from tunebook.procedures.training_length import plans
from tunebook.procedures.training_length.conclusion import conclude
from tunebook.procedures.training_length.length_choice import RESOLUTION, Budget, LengthChoice
from tunebook.procedures.training_length.plans import TrainingLengthArguments
from tunebook.procedures.training_length.results import (
    LengthReading,
    best_values,
    confirmations,
    fit_lengths,
    read,
    tried_at,
)

NARROWER = 0.5
"""Of a range, on its logarithm: what is searched again around the best of a shorter training."""
BETWEEN = "What does a length between two that double reach with new seeds?"
APART = 1.3
"""Neighbouring lengths within this factor need none between them."""


def defaults(given: Mapping[str, Any], workload: Workload) -> dict[str, Any]:
    """The training metric, and a learning rate in the middle of the range."""
    needed = {
        "learning_rates": ("tunes the learning rate at every length", "(1e-3, 1.0)"),
        "least_improvement": (
            "weighs what longer training brings",
            "0.01, in the objective's units: what must be gained to be worth the steps",
        ),
    }
    required("training-length", given, needed)
    stated = dict(given.get("fixed", {}))
    fixed = {} if stated else middle_rate(given)
    # What is reopened needs no value besides its range.
    for name, ends in dict(given.get("reopen", {})).items():
        if name not in stated and len(ends) == 2:
            fixed[name] = (ends[0] + ends[1]) / 2
    return {"loss": workload.setting.training_objective or "train/loss", "fixed": fixed}


def stages(args: TrainingLengthArguments) -> Iterator[PossibleRound]:
    """Every round, with the most trials that it can take."""
    any_values = {args.rate: args.learning_rates[0], **{n: e[0] for n, e in args.reopen.items()}}
    every, seeds = {args.rate: args.learning_rates, **args.reopen}, plans.MOST_SEEDS * args.seeds
    for turn, steps in enumerate(fit_lengths(args) if args.fitted is not None else ()):
        for moved in range(MOVES + 1):
            only_if = "no shorter one fits the training set" if turn else ""
            plan = plans.fit(args, steps, *args.learning_rates, moved)
            yield PossibleRound(plan=plan, only_if=AT_EDGE if moved else only_if)
    for steps in args.lengths:
        when = _when(args, steps)
        for moved in range(MOVES + 1):
            plan = plans.tune(args, steps, every, {}, moved, first=True)
            yield PossibleRound(plan=plan, only_if=AT_EDGE if moved else when)
        plan = plans.confirm(args, plans.confirm_stage(steps), steps, any_values, seeds)
        yield PossibleRound(plan=plan, only_if=when)
    for index in range(plans.BETWEEN):
        stage = plans.between_stage(index)
        plan = plans.confirm(args, stage, args.max_train_steps, any_values, seeds)
        origin = replace(origin_of(plan), asks=BETWEEN)
        only_if = "the shortest sufficient length lies between two that double"
        yield PossibleRound(plan=replace(plan, origin=origin), only_if=only_if)


def _when(args: TrainingLengthArguments, steps: int) -> str:
    """When a length is trained; empty where it is in any case."""
    if args.fitted is not None:
        return "growth begins there or gets there"
    place = args.lengths.index(steps) - args.lengths.index(_begins(args, args.shortest))
    if place < 0:
        return "longer ones are no better"
    # It takes three lengths to tell whether growth may end.
    return "" if place < 3 else "growth gets there"


def next_round(args: TrainingLengthArguments, done: Done, found: LengthReading) -> Round | None:
    """First length, growth, shorter ones, between, more seeds: the first that is missing."""
    plan = _fit(args, found) if args.fitted is not None else None
    if plan is not None:
        return plan
    for length in _to_measure(args, found):
        plan = _tune(args, done, found, length) or _confirm(args, done, length)
        if plan is not None or length not in found.measured:
            return plan
    return _between(args, done, found) or _more_seeds(args, done, found)


def _fit(args: TrainingLengthArguments, found: LengthReading) -> Round | None:
    fits = {fit.within: fit for fit in found.fits}
    for within in fit_lengths(args):
        fit = fits.get(within)
        if fit is not None and not fit.reported:
            return None
        sweeps, middle = (fit.moves + 1, fit.rate if fit.edge else None) if fit else (0, None)
        ends = next_range(args.learning_rates, sweeps, middle)
        if ends is not None:
            return plans.fit(args, within, *ends, sweeps)
        if fit is not None and fit.steps is not None:
            return None
    return None


def _begins(args: TrainingLengthArguments, wanted: float | None) -> int:
    """Where growth begins: as stated, as the fastest fit needs, or at an eighth of the budget."""
    if wanted is None:
        wanted = args.max_train_steps / 2**plans.FIRST_HALVINGS
    below = [n for n in args.lengths if n <= wanted * RESOLUTION]
    # Three lengths at least, so that growth can be told.
    return min(below[-1] if below else args.lengths[0], args.lengths[-3])


def _to_measure(args: TrainingLengthArguments, found: LengthReading) -> Iterator[int]:
    """Lengths that are needed, in the order in which they are trained."""
    first = _begins(args, found.fitted if args.shortest is None else args.shortest)
    for length in (n for n in args.lengths if n >= first):
        yield length
        if _enough(args, found, length):
            break
    for length in (n for n in reversed(args.lengths) if n < first):
        if not isinstance(found.choice, LengthChoice) or not found.choice.at_shortest:
            return
        yield length


def _enough(args: TrainingLengthArguments, found: LengthReading, length: int) -> bool:
    """Whether growth ends here: what is left to gain is half of the least improvement at most."""
    doubled = [n for n in found.measured if n in args.lengths]
    last = bool(doubled) and doubled[-1] == length
    return last and found.left is not None and found.left < args.least_improvement / 2


def _tune(
    args: TrainingLengthArguments, done: Done, found: LengthReading, length: int
) -> Round | None:
    """The whole space at the first length; at others what does not carry over, near its best."""
    edge = found.tuned.get(length)
    if edge == "":
        return None
    first = not any(n != length for n in found.tuned)
    ranges, held = {args.rate: args.learning_rates, **args.reopen}, {}
    if not first:
        values, again = best_values(args, done, length), (args.rate, *plans.reopened(args))
        held = {n: values[n] for n in args.reopen if n not in again}
        ranges = {n: _around(float(values[n]), ranges[n], own=n != args.rate) for n in again}
    sweeps = found.moves[length] + 1 if edge else 0
    rates = [rate for rate, _ in tried_at(args, done, length)]
    middle = (max(rates) if edge == "high" else min(rates)) if edge else None
    ends = next_range(ranges[args.rate], sweeps, middle)
    if ends is None:
        return None
    ranges = {**ranges, args.rate: ends}
    return plans.tune(args, length, ranges, held, sweeps, first=first)


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


def _confirm(args: TrainingLengthArguments, done: Done, length: int) -> Round | None:
    stage, values = plans.confirm_stage(length), best_values(args, done, length)
    if stage in done or not values:
        return None
    return plans.confirm(args, stage, length, values, args.seeds)


def _between(args: TrainingLengthArguments, done: Done, found: LengthReading) -> Round | None:
    """A length between its neighbours, where the shortest sufficient one is to be found."""
    choice = found.choice
    left = [s for s in map(plans.between_stage, range(plans.BETWEEN)) if s not in done]
    if not isinstance(choice, LengthChoice) or not left or choice.says is Budget.COMPUTE_BOUND:
        return None
    at = choice.shortest.estimate
    below = max((n for n in choice.lengths if n < at), default=0)
    above = min((n for n in choice.lengths if n >= at), default=0)
    if not below or not above or above / below <= APART:
        return None
    # Near an end it would tell no more than that end does.
    room = (above / below) ** 0.25
    length = round(min(max(at, below * room), above / room))
    return plans.confirm(args, left[0], length, best_values(args, done, length), args.seeds)


def _more_seeds(args: TrainingLengthArguments, done: Done, found: LengthReading) -> Round | None:
    """Twice the seeds of every length, where the answer is not known to a quarter yet."""
    if not isinstance(found.choice, LengthChoice):
        return None
    planned = [stage.plan for stage in confirmations(done).values()]
    wanted = max(plan.trials for plan in planned)
    if min(plan.trials for plan in planned) == wanted and not _settled(found.choice):
        wanted = min(2 * wanted, plans.MOST_SEEDS * args.seeds)
    fewer = [plan for plan in planned if plan.trials < wanted]
    return replace(fewer[0], trials=wanted) if fewer else None


def _settled(choice: LengthChoice) -> bool:
    s = choice.shortest
    if choice.says is Budget.OPEN:
        return False
    near = s.high <= RESOLUTION * s.estimate and s.low * RESOLUTION >= s.estimate
    return choice.at_shortest or choice.says is Budget.COMPUTE_BOUND or near


def _conclude(args: TrainingLengthArguments, done: Done, found: LengthReading) -> Conclusion:
    finished = bool(done) and next_round(args, done, found) is None
    return conclude(args, done, found, finished=finished)


PROCEDURE = Procedure(
    arguments=TrainingLengthArguments,
    defaults=defaults,
    stages=stages,
    read=read,
    next_round=next_round,
    conclude=_conclude,
)
