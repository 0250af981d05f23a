"""Time per step and throughput against batch size: where it stops doubling (A3 A4)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from tunebook.words.finding import Interval, NotApplicable

DOUBLES = 1.5
"""A doubled batch that raises throughput by less no longer doubles it: half of the way."""
PRECISE = 0.1
"""Half width of a step time's interval, relative, up to which it is trusted."""
FEWEST_TIMES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Throughput:
    """What batch sizes cost on this machine.

    Attributes:
        batch_sizes: that fitted, rising.
        step_s: seconds a step, median and interval.
        per_second: examples a second.
        knee: the largest size up to which each doubling raised throughput by DOUBLES or more;
            None where even the first did not.
        vague: sizes whose step time is not known to a tenth.
    """

    batch_sizes: tuple[int, ...]
    step_s: tuple[Interval, ...]
    per_second: tuple[float, ...]
    knee: int | None
    vague: tuple[int, ...]

    @property
    def sentence(self) -> str:
        """What that says, with a bottleneck named where it never doubled."""
        first, last = self.batch_sizes[0], self.batch_sizes[-1]
        if self.knee is None:
            return (
                f"Throughput does not double even from batch size {first} on: something else than "
                "the batch takes the time, such as loading data, the host, or a device that is "
                "full already."
            )
        if self.knee == last:
            return f"Throughput still grows at batch size {last}, the largest that was measured."
        return f"Throughput doubles with the batch size up to {self.knee}, and no longer beyond."


def throughput(
    times: Mapping[int, Sequence[float]], *, confidence: float = 0.95
) -> Throughput | NotApplicable:
    """Step times with their uncertainty, and the knee of throughput.

    Estimator: median, with the interval between order statistics that a binomial gives: no form
    of the times is assumed, only that they are independent of each other. The knee is an estimate
    without an interval; sizes in `vague` are not precise enough to trust it.

    Args:
        times: seconds of single steps by batch size, the first ones (compilation) left out.
    """
    sizes = sorted(times)
    if len(sizes) < 2 or min(len(times[b]) for b in sizes) < FEWEST_TIMES:
        return NotApplicable(
            check="A3",
            reason="fewer than two batch sizes, or too few step times of one",
            needs=f"two batch sizes or more, each with {FEWEST_TIMES} step times",
        )
    step_s = tuple(_median(np.asarray(times[b], dtype=float), confidence) for b in sizes)
    rates = tuple(b / s.estimate for b, s in zip(sizes, step_s, strict=True))
    return Throughput(
        batch_sizes=tuple(sizes),
        step_s=step_s,
        per_second=rates,
        knee=_knee(sizes, rates),
        vague=tuple(
            b
            for b, s in zip(sizes, step_s, strict=True)
            if (s.high - s.low) / 2 > PRECISE * s.estimate
        ),
    )


def least(
    steps_to_target: Mapping[int, float], step_s: Mapping[int, float], devices: Mapping[int, float]
) -> tuple[int, int]:
    """The batch sizes of the least time and of the least resource use (A4).

    Args:
        steps_to_target: steps by batch size; step_s: seconds of one; devices: how many it takes.
    """
    both = sorted(set(steps_to_target) & set(step_s))
    time_of = {b: steps_to_target[b] * step_s[b] for b in both}
    cost_of = {b: time_of[b] * devices.get(b, 1.0) for b in both}
    return min(both, key=lambda b: time_of[b]), min(both, key=lambda b: cost_of[b])


def _median(times: np.ndarray, confidence: float) -> Interval:
    ordered, n = np.sort(times), len(times)
    below = int(stats.binom.ppf((1 - confidence) / 2, n, 0.5))
    # With few times no order statistics are far enough out: then all that is known is the range.
    low, high = max(0, below - 1), min(n - 1, n - below)
    return Interval(
        float(np.median(ordered)), float(ordered[low]), float(ordered[high]), confidence
    )


def _knee(sizes: Sequence[int], rates: Sequence[float]) -> int | None:
    knee = None
    for small, large, before, after in zip(sizes, sizes[1:], rates, rates[1:], strict=False):
        # Where sizes are not doubled, what a doubling would have brought.
        gain = (after / before) ** (np.log(2) / np.log(large / small))
        if gain < DOUBLES:
            return knee
        knee = large
    return knee
