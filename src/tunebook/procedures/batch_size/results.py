"""Batch size: what the finished rounds show, as numbers (A4 F1 F2 F3 F4)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tunebook.domain.finding import NotApplicable
from tunebook.procedures.batch_size.cost_to_target import BatchChoice, batch_choice
from tunebook.procedures.batch_size.equal_budgets import Budget, Runs, budgets, covered_steps
from tunebook.procedures.batch_size.learning_rates import BatchRates, batch_rates
from tunebook.procedures.batch_size.plans import BatchSizeArguments, confirm_stage
from tunebook.procedures.batch_size.scaling_regimes import BatchRegimes, batch_regimes
from tunebook.procedures.steps.stages import Companion, Done
from tunebook.procedures.steps.tuned_sweep import edge_at, sweeps_in
from tunebook.procedures.throughput.plans import ThroughputArguments
from tunebook.procedures.throughput.results import read as read_throughput
from tunebook.procedures.throughput.saturation import Throughput
from tunebook.statistics.curves.target_steps import best_reached, steps_to_target

EASIER = (1.0, 1.1, 1.25)
"""Times the target: the spread over targets, where the objective is to be small."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """What tuning one batch size found.

    Attributes:
        rate: of the trial that reached the target in the fewest steps; None where none did.
        steps: of that trial; NaN where none did.
        reached: the best value of any trial.
        edge: "low" or "high" where that rate lies at the edge of what was tried, else empty.
        moves: how often its range was moved.
    """

    rate: float | None
    steps: float
    reached: float
    edge: str
    moves: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSizeReading:
    """What is known so far, by batch size.

    Attributes:
        metric: of the objective; empty before any round is finished.
        tuned: sizes whose tuning is finished.
        confirmed: steps of each new seed, NaN where it did not get there.
        regimes: of the new seeds; None while sizes are missing.
        found_first: of the tuning trials, on other seeds.
        rates: of the best trials.
        easier: where perfect scaling ends for easier targets, by target.
        budgets: equal steps and equal examples; None before F1 has an answer.
        timed: step times of the newest throughput that the book has, with its arguments.
        choice: the size with the least time and cost; None without step times.
    """

    metric: str
    tuned: Mapping[int, Tuned]
    confirmed: Mapping[int, tuple[float, ...]]
    regimes: BatchRegimes | NotApplicable | None
    found_first: BatchRegimes | NotApplicable | None
    rates: BatchRates | NotApplicable | None
    easier: Mapping[float, BatchRegimes | NotApplicable]
    budgets: tuple[Budget, Budget] | NotApplicable | None
    timed: tuple[ThroughputArguments, Throughput] | None
    choice: BatchChoice | NotApplicable | None


def read(
    args: BatchSizeArguments, done: Done, companions: Sequence[Companion] = ()
) -> BatchSizeReading:
    """All of it; cheap, and the same for the same rounds."""
    tuned = {b: t for b in args.batch_sizes if (t := _tuned(args, done, b)) is not None}
    confirmed = {b: _confirmed(done, b, args.target) for b in args.batch_sizes}
    confirmed = {b: steps for b, steps in confirmed.items() if steps}
    whole = len(confirmed) == len(args.batch_sizes)
    rates = {b: t.rate for b, t in tuned.items() if t.rate is not None}
    every = len(tuned) == len(args.batch_sizes)
    timed = _timed(companions)
    return BatchSizeReading(
        metric=next((s.table.objective.metric for s in done.values()), ""),
        tuned=tuned,
        confirmed=confirmed,
        regimes=batch_regimes(confirmed) if whole else None,
        found_first=batch_regimes({b: (t.steps,) for b, t in tuned.items()}) if every else None,
        rates=batch_rates(rates) if len(rates) == len(args.batch_sizes) else None,
        easier=_easier(args, done) if whole else {},
        budgets=_budgets(args, done) if whole or (every and len(rates) < len(tuned)) else None,
        timed=timed,
        choice=batch_choice(confirmed, timed[1].times) if whole and timed else None,
    )


def _tuned(args: BatchSizeArguments, done: Done, size: int) -> Tuned | None:
    tables = [stage.table for stage in sweeps_in(done, "tune", size)]
    if not tables:
        return None
    metric, sign = tables[0].objective.metric, tables[0].objective.sign
    rates = [float(c[args.rate]) for t in tables for c in t.config]
    steps = [s for t in tables for s in steps_to_target(t, metric, args.target).tolist()]
    known = [(s, r) for s, r in zip(steps, rates, strict=True) if not math.isnan(s)]
    best, rate = min(known, key=lambda pair: pair[0]) if known else (math.nan, None)
    reached = [sign * v for t in tables if not math.isnan(v := best_reached(t, metric))]
    return Tuned(
        rate=rate,
        steps=best,
        reached=sign * min(reached, default=math.nan),
        edge=edge_at(rate, rates) if rate is not None else "",
        moves=len(tables) - 1,
    )


def _confirmed(done: Done, size: int, target: float) -> tuple[float, ...]:
    stage = done.get(confirm_stage(size))
    if stage is None:
        return ()
    metric = stage.table.objective.metric
    return tuple(steps_to_target(stage.table, metric, target).tolist())


def _easier(args: BatchSizeArguments, done: Done) -> dict[float, BatchRegimes | NotApplicable]:
    """Targets that the reruns passed on their way, in the direction of worse values."""
    sign = done[confirm_stage(args.batch_sizes[0])].table.objective.sign
    shift = abs(args.target) or 1.0
    targets = [args.target + sign * (times - 1.0) * shift for times in EASIER]
    return {
        target: batch_regimes({b: _confirmed(done, b, target) for b in args.batch_sizes})
        for target in targets
    }


def _budgets(args: BatchSizeArguments, done: Done) -> tuple[Budget, Budget] | NotApplicable:
    """Both budgets, of sizes that are all tuned."""
    runs = {}
    objective = next(iter(done.values())).table.objective
    for size in args.batch_sizes:
        tuning = [stage.table for stage in sweeps_in(done, "tune", size)]
        stage = done.get(confirm_stage(size))
        new = stage.table if stage else None
        every = [*tuning, *([new] if new else [])]
        covered = covered_steps(every, objective.metric, args.target, args.steps_of(size))
        runs[size] = Runs(tuning=tuning, fresh=new, covered=covered)
    return budgets(runs, sign=objective.sign, metric=objective.metric)


def _timed(companions: Sequence[Companion]) -> tuple[ThroughputArguments, Throughput] | None:
    """The newest throughput that was measured."""
    for args, done in reversed(companions):
        found = read_throughput(args, done).found
        if isinstance(found, Throughput):
            return args, found
    return None
