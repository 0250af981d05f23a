"""Batch size: how far larger batches shorten training, each size tuned anew (A4 F1 F2 F3 F4).

Each batch size gets learning rates of its own, in a moved range where the best lies at the edge;
the fastest configuration of each is then run with fresh seeds, and those alone are judged. A
size that reached the target with no rate ends the search for regimes: a target that some sizes
miss is not compared, and a reachable one is proposed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from tunebook.domain.errors import DesignError
from tunebook.procedures.batch_size import plans
from tunebook.procedures.batch_size.choice import with_choice
from tunebook.procedures.batch_size.conclusion import conclude
from tunebook.procedures.batch_size.plans import BatchSizeAsked
from tunebook.procedures.batch_size.results import read
from tunebook.procedures.steps.arguments import Workload
from tunebook.procedures.steps.stages import Beside, Conclusion, Done, Stage, Step, stage_of
from tunebook.procedures.throughput.results import read as read_throughput
from tunebook.procedures.throughput.saturation import Throughput

SIZES = tuple(2**k for k in range(4, 11))


class BatchSize:
    """The procedure; see `Procedure`."""

    name = "batch-size"
    about = "How far do larger batches shorten training? Regimes, and the best learning rate."
    asked = BatchSizeAsked
    drives = ("batch_size", "learning_rate")
    beside = "throughput"

    def defaults(self, given: Mapping[str, Any], workload: Workload) -> dict[str, Any]:
        """The question, the sizes, and a learning rate in the middle of the range."""
        rate = dict(given.get("names", {})).get("learning_rate", "learning_rate")
        fixed = dict(given.get("fixed", {}))
        if "target" not in given:
            metric = workload.objective.metric
            raise DesignError(
                f'the procedure batch-size counts steps to a target of "{metric}"; none was given',
                next_step="give target=, a value that a good trial reaches after about a third of "
                "its steps",
            )
        if "learning_rates" not in given:
            raise DesignError(
                "the procedure batch-size tunes the learning rate at every batch size; no range "
                "was given",
                next_step="give learning_rates=(1e-3, 10), wide enough for every batch size",
            )
        found: dict[str, Any] = {
            "question": "How far do larger batches shorten training here?",
            "batch_sizes": SIZES,
        }
        rates = given["learning_rates"]
        if rate not in fixed and len(rates) == 2:
            found["fixed"] = {rate: math.sqrt(abs(rates[0] * rates[1]))}
        return found

    def stages(self, asked: BatchSizeAsked) -> tuple[Stage, ...]:
        """Every stage, with the most that it can cost."""
        low, high = asked.learning_rates
        found = []
        for size in asked.batch_sizes:
            for moved in range(plans.MOVES + 1):
                plan = plans.tune(asked, size, low, high, moved)
                only_if = "the best rate lies at the edge" if moved else ""
                found.append(stage_of(plans.tune_name(size, moved), plan, only_if))
        for size in asked.batch_sizes:
            plan = plans.confirm(asked, size, low)
            only_if = "every size reached the target"
            found.append(stage_of(plans.confirm_name(size), plan, only_if))
        return tuple(found)

    def next_step(self, asked: BatchSizeAsked, done: Done) -> Step | None:
        """Tune each size in turn; then rerun each, if all reached the target."""
        found = read(asked, done)
        for size in asked.batch_sizes:
            step = self._tune(asked, size, done)
            if step is not None:
                return step
        if any(t.rate is None for t in found.tuned.values()):
            return None
        for size in asked.batch_sizes:
            rate = found.tuned[size].rate
            if plans.confirm_name(size) not in done and rate is not None:
                return Step(stage=plans.confirm_name(size), plan=plans.confirm(asked, size, rate))
        return None

    def conclude(self, asked: BatchSizeAsked, done: Done) -> Conclusion:
        """What is known so far."""
        return conclude(asked, done, read(asked, done))

    def conclude_beside(
        self, said: Conclusion, asked: BatchSizeAsked, done: Done, others: Sequence[Beside]
    ) -> Conclusion:
        """The same with the choice of batch size, by the newest throughput that was measured."""
        timed = None
        for asked_there, done_there in reversed(others):
            there = read_throughput(asked_there, done_there).found
            if isinstance(there, Throughput):
                timed = (asked_there, there)
                break
        return with_choice(said, asked, read(asked, done), timed)

    def _tune(self, asked: BatchSizeAsked, size: int, done: Done) -> Step | None:
        low, high = asked.learning_rates
        if plans.tune_name(size, 0) not in done:
            return Step(stage=plans.tune_name(size, 0), plan=plans.tune(asked, size, low, high, 0))
        own = {plans.tune_name(size, moved) for moved in range(plans.MOVES + 1)}
        until = {name: stage for name, stage in done.items() if name in own}
        tuned = read(asked, until).tuned[size]
        if not tuned.edge or tuned.moves == plans.MOVES or tuned.rate is None:
            return None
        moved, half = tuned.moves + 1, math.sqrt(high / low)
        plan = plans.tune(asked, size, tuned.rate / half, tuned.rate * half, moved)
        return Step(stage=plans.tune_name(size, moved), plan=plan)
