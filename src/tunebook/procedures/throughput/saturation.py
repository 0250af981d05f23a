"""Throughput against batch size, and where it stops doubling (A3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tunebook.domain.finding import Interval, NotApplicable

DOUBLES = 1.5
"""A doubled batch that raises throughput by less no longer doubles it: half of the way."""
PRECISE = 0.1
"""Half width of a step time's interval, relative, up to which it is trusted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Throughput:
    """What batch sizes cost on this machine.

    Attributes:
        batch_sizes: that were timed, rising.
        step_s: seconds a step.
        per_second: examples a second.
        gains: by how much a doubling raised throughput, from each size to the next.
        knee: the largest size up to which each doubling raised throughput by DOUBLES or more;
            None where even the first did not.
        knee_from, knee_to: the same by the lower and by the upper ends of the gains: it lies in
            between, as far as the times show.
        vague: sizes whose step time is less precise than is wanted.
    """

    batch_sizes: tuple[int, ...]
    step_s: tuple[Interval, ...]
    per_second: tuple[Interval, ...]
    gains: tuple[Interval, ...]
    knee: int | None
    knee_from: int | None
    knee_to: int | None
    vague: tuple[int, ...]

    @property
    def times(self) -> dict[int, Interval]:
        """Seconds a step by batch size."""
        return dict(zip(self.batch_sizes, self.step_s, strict=True))

    @property
    def sure(self) -> bool:
        """The intervals of the gains agree where it stops."""
        return self.knee_from == self.knee_to


def throughput(
    step_s: Mapping[int, Interval], *, precision: float = PRECISE
) -> Throughput | NotApplicable:
    """Throughput of each batch size, and its knee.

    Estimator: batch size by seconds a step; the interval of a gain takes the far ends of both step
    times, so that it errs on the wide side. The knee is judged by the estimates, and again by each
    end of these intervals, which gives the range in which it lies.

    Args:
        step_s: seconds of a step by batch size, with their intervals; above 0.
        precision: half width by estimate, up to which a step time is not vague.
    """
    sizes = sorted(step_s)
    if len(sizes) < 2:
        return NotApplicable(
            check="A3",
            reason=f"{len(sizes)} batch sizes with a known step time",
            needs="two batch sizes or more",
        )
    times = [step_s[b] for b in sizes]
    rates = tuple(_rate(b, s) for b, s in zip(sizes, times, strict=True))
    gains = tuple(_gains(sizes, rates))
    return Throughput(
        batch_sizes=tuple(sizes),
        step_s=tuple(times),
        per_second=rates,
        gains=gains,
        knee=_knee(sizes, [g.estimate for g in gains]),
        knee_from=_knee(sizes, [g.low for g in gains]),
        knee_to=_knee(sizes, [g.high for g in gains]),
        vague=tuple(
            b
            for b, s in zip(sizes, times, strict=True)
            if (s.high - s.low) / 2 > precision * s.estimate
        ),
    )


def _rate(size: int, step_s: Interval) -> Interval:
    most = size / step_s.low if step_s.low > 0 else float("inf")
    return Interval(size / step_s.estimate, size / step_s.high, most, step_s.confidence)


def _gains(sizes: Sequence[int], rates: Sequence[Interval]) -> list[Interval]:
    """By size; where sizes are not doubled, what a doubling would have brought."""
    found = []
    for small, large, before, after in zip(sizes, sizes[1:], rates, rates[1:], strict=False):
        power = np.log(2) / np.log(large / small)
        found.append(
            Interval(
                (after.estimate / before.estimate) ** power,
                (after.low / before.high) ** power,
                (after.high / before.low) ** power,
                after.confidence,
            )
        )
    return found


def _knee(sizes: Sequence[int], gains: Sequence[float]) -> int | None:
    knee = None
    for large, gain in zip(sizes[1:], gains, strict=True):
        if gain < DOUBLES:
            return knee
        knee = large
    return knee
