"""Batch size: what the rounds that are done say (F1 F2 F3 F4)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from tunebook.domain.finding import NotApplicable
from tunebook.procedures.batch_size.budgets import Budgets, read_budgets
from tunebook.procedures.batch_size.learning_rates import BatchRates, batch_rates
from tunebook.procedures.batch_size.plans import (
    MOVES,
    BatchSizeAsked,
    confirm_name,
    tune_name,
)
from tunebook.procedures.batch_size.scaling_regimes import BatchRegimes, batch_regimes
from tunebook.procedures.steps.stages import Done
from tunebook.statistics.curves.target_steps import best_reached, steps_to_target

EDGE = 0.1
"""Of the range of rates, on its logarithmic scale: a best one in the last tenth is at the edge."""
EASIER = (1.0, 1.1, 1.25)
"""Times the target: the spread over targets, where the objective is to be small."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """What tuning one batch size found.

    Attributes:
        rate: of the trial that reached the target in the fewest steps; None where none did.
        steps: of that trial.
        reached: the best value of any trial.
        edge: "low" or "high" where that rate lies at the edge of what was tried, else empty.
        moves: how often its range was moved.
    """

    rate: float | None
    steps: float | None
    reached: float
    edge: str
    moves: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchSizeReading:
    """What is known so far, by batch size.

    Attributes:
        tuned: sizes whose tuning is done.
        confirmed: steps of each fresh seed, NaN where it did not get there.
        regimes: of the fresh seeds; None while sizes are missing.
        found_first: of the tuning trials, on other seeds.
        rates: of the best trials.
        easier: where perfect scaling ends for easier targets, by target.
        budgets: equal steps and equal examples; None before there is an answer to F1.
    """

    tuned: Mapping[int, Tuned]
    confirmed: Mapping[int, tuple[float, ...]]
    regimes: BatchRegimes | NotApplicable | None
    found_first: BatchRegimes | NotApplicable | None
    rates: BatchRates | NotApplicable | None
    easier: Mapping[float, BatchRegimes | NotApplicable]
    budgets: Budgets | None


def read(asked: BatchSizeAsked, done: Done) -> BatchSizeReading:
    """All of it; cheap, and the same for the same rounds."""
    tuned = {b: t for b in asked.batch_sizes if (t := _tuned(asked, done, b)) is not None}
    confirmed = {b: _confirmed(done, b, asked.target) for b in asked.batch_sizes}
    confirmed = {b: steps for b, steps in confirmed.items() if steps}
    whole = len(confirmed) == len(asked.batch_sizes)
    rates = {b: t.rate for b, t in tuned.items() if t.rate is not None}
    every = len(tuned) == len(asked.batch_sizes)
    first = {b: (math.nan if t.steps is None else t.steps,) for b, t in tuned.items()}
    return BatchSizeReading(
        tuned=tuned,
        confirmed=confirmed,
        regimes=batch_regimes(confirmed) if whole else None,
        found_first=batch_regimes(first) if every else None,
        rates=batch_rates(rates) if len(rates) == len(asked.batch_sizes) else None,
        easier=_easier(asked, done) if whole else {},
        budgets=read_budgets(asked, done)
        if every and (whole or len(rates) < len(tuned))
        else None,
    )


def _tuned(asked: BatchSizeAsked, done: Done, size: int) -> Tuned | None:
    names = [tune_name(size, m) for m in range(MOVES + 1) if tune_name(size, m) in done]
    if not names:
        return None
    best: tuple[float, float] | None = None
    rates: list[float] = []
    reached: list[float] = []
    for name in names:
        table = done[name].table
        steps = steps_to_target(table, table.objective.metric, asked.target)
        own = [float(c[asked.rate]) for c in table.config]
        rates += own
        reached.append(table.objective.sign * best_reached(table, table.objective.metric))
        for count, rate in zip(steps.tolist(), own, strict=True):
            if not math.isnan(count) and (best is None or count < best[0]):
                best = (count, rate)
    sign = done[names[0]].table.objective.sign
    known = [r for r in reached if not math.isnan(r)]
    return Tuned(
        rate=best[1] if best else None,
        steps=best[0] if best else None,
        reached=sign * min(known) if known else math.nan,
        edge=_edge(best[1], rates) if best else "",
        moves=len(names) - 1,
    )


def _edge(rate: float, rates: list[float]) -> str:
    low, high = math.log(min(rates)), math.log(max(rates))
    at = (math.log(rate) - low) / (high - low)
    return "low" if at < EDGE else "high" if at > 1 - EDGE else ""


def _confirmed(done: Done, size: int, target: float) -> tuple[float, ...]:
    stage = done.get(confirm_name(size))
    if stage is None:
        return ()
    metric = stage.table.objective.metric
    return tuple(steps_to_target(stage.table, metric, target).tolist())


def _easier(asked: BatchSizeAsked, done: Done) -> dict[float, BatchRegimes | NotApplicable]:
    """Targets that the reruns passed on their way, in the direction of worse values."""
    sign = done[confirm_name(asked.batch_sizes[0])].table.objective.sign
    shift = abs(asked.target) or 1.0
    targets = [asked.target + sign * (times - 1.0) * shift for times in EASIER]
    return {
        target: batch_regimes({b: _confirmed(done, b, target) for b in asked.batch_sizes})
        for target in targets
    }
