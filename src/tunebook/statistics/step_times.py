"""Seconds of a training step, from when training reported (A3).

Frameworks that compute in the background return from a step before it is done, and a report waits
for all that went before; so a step is timed between reports. A cycle of n steps and an evaluation
takes n s + e: reports at two distances tell s from e.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tunebook.domain.curves import Curves
from tunebook.domain.finding import Interval, NotApplicable
from tunebook.statistics.distributions import binomial_quantile

if TYPE_CHECKING:
    from jaxtyping import Float, Int

FEWEST_CYCLES = 6
"""At one distance: with fewer no interval between order statistics reaches 95 %."""
APART = 2.0
"""Times the smaller distance, from which two distances tell a step from an evaluation."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StepTime:
    """What a step takes.

    Attributes:
        seconds: of one step.
        apart: steps in the longest cycles.
        cycles: how many cycles it rests on.
        separated: reports came at two distances, so that no evaluation is in it.
    """

    seconds: Interval
    apart: int
    cycles: int
    separated: bool

    @property
    def off(self) -> float:
        """Half width of the interval, by the estimate; infinite where that is not above 0."""
        if self.seconds.estimate <= 0:
            return float("inf")
        return (self.seconds.high - self.seconds.low) / 2 / self.seconds.estimate


def step_time(clocks: Sequence[Curves], *, confidence: float = 0.95) -> StepTime | NotApplicable:
    """Seconds of a step, apart from evaluations where reports came at two distances.

    Estimator: the median cycle at the longest distance less that at the shortest, by the steps
    between. Medians lie between order statistics that a binomial gives (no form of the times is
    assumed); the difference lies between the ends of both (Bonferroni), so the interval is wide
    rather than narrow. It assumes that cycles are independent, and that machine and evaluation are
    alike at both distances: load that comes and goes for seconds breaks it. The first cycle of
    each trial is left out, since frameworks still warm up.

    Measured (`tests/statistics/test_step_times.py`): of 1,000 simulated sizes with uneven, skewed
    times at least 95 % of intervals hold the true median.

    Args:
        clocks: of one batch size; steps with the seconds at which they were last reported, a
            packed curve a trial.

    Returns:
        NotApplicable with fewer than FEWEST_CYCLES cycles.
    """
    steps, seconds = _cycles(clocks)
    often = [int(n) for n in np.unique(steps) if (steps == n).sum() >= FEWEST_CYCLES]
    if not often:
        return NotApplicable(
            check="A3",
            reason=f"{len(steps)} times between reports, and fewer than {FEWEST_CYCLES} of them "
            "over as many steps",
            needs=f"{FEWEST_CYCLES + 2} reports or more, at even distances",
        )
    short, long = often[0], often[-1]
    separated = long >= APART * short
    level = 1 - (1 - confidence) / (2 if separated else 1)
    far = median_time(seconds[steps == long], level)
    count = int((steps == long).sum())
    if separated:
        near = median_time(seconds[steps == short], level)
        count += int((steps == short).sum())
        between = long - short
        values = (far.estimate - near.estimate, far.low - near.high, far.high - near.low)
    else:
        between, values = long, (far.estimate, far.low, far.high)
    return StepTime(
        seconds=Interval(
            values[0] / between, max(0.0, values[1] / between), values[2] / between, confidence
        ),
        apart=long,
        cycles=count,
        separated=separated,
    )


def median_time(times: Float[np.ndarray, "times"], confidence: float = 0.95) -> Interval:
    """The median with the interval between order statistics."""
    ordered, n = np.sort(times), len(times)
    below = binomial_quantile((1 - confidence) / 2, n, 0.5)
    # With few times no order statistics are far enough out: then all that is known is the range.
    low, high = max(0, below - 1), min(n - 1, n - below)
    return Interval(
        float(np.median(ordered)), float(ordered[low]), float(ordered[high]), confidence
    )


def _cycles(
    clocks: Sequence[Curves],
) -> tuple[Int[np.ndarray, "cycles"], Float[np.ndarray, "cycles"]]:
    steps: list[np.ndarray] = []
    seconds: list[np.ndarray] = []
    for clock in clocks:
        for i in range(len(clock.offsets) - 1):
            at, when = clock.of(i)
            passed, took = np.diff(at)[1:], np.diff(when)[1:]
            # Where a trial was resumed, its clock began anew.
            sound = took > 0
            steps.append(passed[sound])
            seconds.append(took[sound])
    if not steps:
        return np.empty(0, np.int64), np.empty(0)
    return np.concatenate(steps), np.concatenate(seconds)
