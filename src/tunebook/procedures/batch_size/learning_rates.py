"""The best learning rate against batch size, and the linear and the square-root rule (F2).

Neither rule holds in general (Shallue et al. 2019, section 4.6): what is compared is the effective
learning rate, learning rate / (1 - momentum).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tunebook.domain.finding import Interval, NotApplicable
from tunebook.procedures.batch_size.scaling_regimes import line_slope

RULES = {"linear": 1.0, "square root": 0.5}
FEWEST_SIZES = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRates:
    """How the best learning rate grows with the batch size.

    Attributes:
        batch_sizes, rates: the best effective learning rate of each size.
        exponent: rate goes as batch size to this power; 1 is the linear rule, 0.5 the other.
        off: for each rule, the factor by which it misses the best rate of the largest size, if
            it is scaled from the smallest: above 1 it asks for too much.
        fits: rules whose exponent the interval holds.
    """

    batch_sizes: tuple[int, ...]
    rates: tuple[float, ...]
    exponent: Interval
    off: Mapping[str, float]
    fits: tuple[str, ...]


def batch_rates(
    best: Mapping[int, float], *, confidence: float = 0.95
) -> BatchRates | NotApplicable:
    """The power by which the best rate grows, and how far off each rule is.

    Estimator: a line through the log of the best rates, with Student's t on sizes minus 2 degrees
    of freedom; assumes that what is left about the line (how coarsely each size was searched, and
    the seeds' noise) is independent and as large at every size.

    Args:
        best: effective learning rate of the best trial, by batch size.
        confidence: of the interval.
    """
    sizes = sorted(best)
    if len(sizes) < FEWEST_SIZES:
        return NotApplicable(
            check="F2",
            reason=f"{len(sizes)} batch sizes say little about a power",
            needs=f"{FEWEST_SIZES} batch sizes or more, each tuned on its own",
        )
    batch = np.log(np.asarray(sizes, dtype=float))
    rate = np.log([best[b] for b in sizes])
    slope = line_slope(batch, rate, confidence)
    span = batch[-1] - batch[0]
    grew = rate[-1] - rate[0]
    return BatchRates(
        batch_sizes=tuple(sizes),
        rates=tuple(float(best[b]) for b in sizes),
        exponent=slope,
        off={name: float(np.exp(power * span - grew)) for name, power in RULES.items()},
        fits=tuple(n for n, power in RULES.items() if slope.low <= power <= slope.high),
    )
