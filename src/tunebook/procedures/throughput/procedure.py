"""Throughput: which batch sizes fit, and how fast each is (A3).

The batch size is doubled until memory ends, each size in a trial of a few steps. Those that fit
are then timed in trials of their own, in longer ones where the time is too imprecise. Each round
has one trial, so that trials do not take each other's time.
"""

from __future__ import annotations

from collections.abc import Iterator

from tunebook.domain.design import Round
from tunebook.procedures.steps.procedure import Procedure
from tunebook.procedures.steps.stages import Done, PossibleRound
from tunebook.procedures.throughput import plans
from tunebook.procedures.throughput.conclusion import conclude
from tunebook.procedures.throughput.plans import ThroughputArguments
from tunebook.procedures.throughput.results import ThroughputReading, next_apart, read


def stages(args: ThroughputArguments) -> Iterator[PossibleRound]:
    """Every round, with the most trials that it can take."""
    for size in args.batch_sizes:
        only_if = "" if size == args.smallest else "the size before fits"
        yield PossibleRound(plan=plans.fit(args, size), only_if=only_if)
    for size in args.batch_sizes:
        for again in range(args.longer + 1):
            plan = plans.time(args, size, again, args.most_apart)
            only_if = "its time is not known precisely enough" if again else "it fits"
            yield PossibleRound(plan=plan, only_if=only_if)


def next_round(args: ThroughputArguments, _: Done, found: ThroughputReading) -> Round | None:
    """Double until a size does not fit; then time each that does."""
    if not found.doubled:
        return plans.fit(args, next(b for b in args.batch_sizes if b not in found.sizes))
    for size, reading in found.sizes.items():
        apart = next_apart(args, reading)
        if apart is not None:
            return plans.time(args, size, reading.tries, apart)
    return None


PROCEDURE = Procedure(
    arguments=ThroughputArguments,
    defaults=lambda _given, _workload: {},
    stages=stages,
    read=read,
    next_round=next_round,
    conclude=conclude,
)
