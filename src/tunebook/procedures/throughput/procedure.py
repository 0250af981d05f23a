"""Throughput: which batch sizes fit, and how fast each is (A3).

The batch size is doubled until memory ends, each size in a trial of a few steps. Those that fit
are then timed in trials of their own, at greater length where the time is not as precise as was
asked. Each round has one trial, so that trials do not take each other's time.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tunebook.procedures.steps.arguments import Workload
from tunebook.procedures.steps.stages import Conclusion, Done, Stage, Step, stage_of
from tunebook.procedures.throughput import plans
from tunebook.procedures.throughput.conclusion import conclude
from tunebook.procedures.throughput.plans import ThroughputAsked
from tunebook.procedures.throughput.results import next_apart, read


class Throughput:
    """The procedure; see `Procedure`."""

    name = "throughput"
    about = (
        "Which batch sizes fit, how long does a step take, where does throughput stop doubling?"
    )
    asked = ThroughputAsked
    drives = ("batch_size",)

    def defaults(self, given: Mapping[str, Any], workload: Workload) -> dict[str, Any]:
        """The question."""
        del given, workload
        return {"question": "Which batch sizes fit here, and how fast is each?"}

    def stages(self, asked: ThroughputAsked) -> tuple[Stage, ...]:
        """Every stage, with the most that it can cost."""
        sizes = asked.batch_sizes
        found = [stage_of(plans.fit_name(b), plans.fit(asked, b), _fits(asked, b)) for b in sizes]
        for size in sizes:
            for again in range(asked.longer + 1):
                plan = plans.time(asked, size, again, asked.most_apart)
                only_if = "its time is not known precisely enough" if again else "it fits"
                found.append(stage_of(plans.time_name(size, again), plan, only_if))
        return tuple(found)

    def next_step(self, asked: ThroughputAsked, done: Done) -> Step | None:
        """Double until a size does not fit; then time each that does."""
        found = read(asked, done)
        if not found.doubled:
            size = next(b for b in asked.batch_sizes if b not in found.sizes)
            return Step(stage=plans.fit_name(size), plan=plans.fit(asked, size))
        for size, reading in found.sizes.items():
            apart = next_apart(asked, reading)
            if apart is not None:
                plan = plans.time(asked, size, reading.tries, apart)
                return Step(stage=plans.time_name(size, reading.tries), plan=plan)
        return None

    def conclude(self, asked: ThroughputAsked, done: Done) -> Conclusion:
        """What is known so far."""
        return conclude(asked, read(asked, done))


def _fits(asked: ThroughputAsked, size: int) -> str:
    return "" if size == asked.smallest else "the size before fits"
