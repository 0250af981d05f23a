"""Batch size: how far larger batches shorten training, each size tuned by itself (A4 F1 F2 F3 F4).

Each batch size gets learning rates of its own, in a moved range where the best lies at the edge;
the fastest configuration of each is then run with new seeds, and only those are judged. A size
that reached the target with no rate ends the search for regimes: a target that some sizes miss is
not compared, and a reachable one is proposed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tunebook.domain.design import Round
from tunebook.procedures.batch_size import plans
from tunebook.procedures.batch_size.conclusion import conclude
from tunebook.procedures.batch_size.plans import BatchSizeArguments
from tunebook.procedures.batch_size.results import BatchSizeReading, read
from tunebook.procedures.steps.arguments import Workload
from tunebook.procedures.steps.procedure import Procedure
from tunebook.procedures.steps.stages import Done, PossibleRound
from tunebook.procedures.steps.tuned_sweep import AT_EDGE, MOVES, middle_rate, next_range, required

SIZES = tuple(2**k for k in range(4, 11))


def defaults(given: Mapping[str, Any], workload: Workload) -> dict[str, Any]:
    """The sizes, and a learning rate in the middle of the range."""
    needed = {
        "target": (
            f'counts steps to a target of "{workload.objective.metric}"',
            ", a value that a good trial reaches after about a third of its steps",
        ),
        "learning_rates": (
            "tunes the learning rate at every batch size",
            "(1e-3, 10), wide enough for every batch size",
        ),
    }
    required("batch-size", given, needed)
    return {"batch_sizes": SIZES, "fixed": middle_rate(given)}


def stages(args: BatchSizeArguments) -> Iterator[PossibleRound]:
    """Every round, with the most trials that it can take."""
    low, high = args.learning_rates
    for size in args.batch_sizes:
        for moved in range(MOVES + 1):
            plan = plans.tune(args, size, low, high, moved)
            yield PossibleRound(plan=plan, only_if=AT_EDGE if moved else "")
    for size in args.batch_sizes:
        plan = plans.confirm(args, size, low)
        yield PossibleRound(plan=plan, only_if="every size reached the target")


def next_round(args: BatchSizeArguments, done: Done, found: BatchSizeReading) -> Round | None:
    """Tune each size in turn; then rerun each, if all reached the target."""
    for size in args.batch_sizes:
        tuned = found.tuned.get(size)
        sweeps = tuned.moves + 1 if tuned else 0
        ends = next_range(
            args.learning_rates, sweeps, tuned.rate if tuned and tuned.edge else None
        )
        if ends is not None:
            return plans.tune(args, size, *ends, sweeps)
    if any(t.rate is None for t in found.tuned.values()):
        return None
    for size, tuned in found.tuned.items():
        if plans.confirm_stage(size) not in done and tuned.rate is not None:
            return plans.confirm(args, size, tuned.rate)
    return None


PROCEDURE = Procedure(
    arguments=BatchSizeArguments,
    defaults=defaults,
    stages=stages,
    read=read,
    next_round=next_round,
    conclude=conclude,
)
