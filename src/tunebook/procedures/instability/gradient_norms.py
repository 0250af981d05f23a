"""A clipping threshold from the gradient norms of runs that train (H4).

The threshold is the 90th percentile of the unclipped norms [P]. Each run has a quantile of its
own; the estimate is that of all norms together, its interval Student's over the logarithms of
the runs' own quantiles. Assumes runs that are independent, with quantiles near log-normal; with
fewer than three runs there is no interval. Coverage is measured in
tests/procedures/instability/test_gradient_norms.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

from tunebook.domain.finding import Interval

if TYPE_CHECKING:
    from jaxtyping import Float, Int

TYPICAL = 0.9
"""The playbook's percentile: slightly above a typical norm."""
FEWEST = 100
"""Norms below which a 90th percentile rests on fewer than ten of them."""
TOO_MANY = 0.5
"""Of the updates: more clipped ones are a strange way to lower the learning rate [P]."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RunNorms:
    """Gradient norms of one run before any clipping, finite ones."""

    trial: str
    steps: Int[np.ndarray, "points"]
    norms: Float[np.ndarray, "points"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NormReading:
    """What gradient norms say.

    Attributes:
        metric: their name.
        runs: that were read.
        threshold: their 90th percentile, over all runs.
        median: of all norms; largest: of them.
        count: of norms.
    """

    metric: str
    runs: tuple[RunNorms, ...]
    threshold: Interval
    median: float
    largest: float
    count: int

    def at(self, share: float) -> float:
        """A quantile of all norms; `at(0.9)` is the threshold's estimate."""
        return float(np.quantile(np.concatenate([r.norms for r in self.runs]), share))


def read_norms(metric: str, runs: Sequence[RunNorms]) -> NormReading | None:
    """The threshold that a set of runs proposes; None with fewer than FEWEST norms."""
    every = np.concatenate([r.norms for r in runs]) if runs else np.empty(0)
    if len(every) < FEWEST:
        return None
    return NormReading(
        metric=metric,
        runs=tuple(runs),
        threshold=quantile([r.norms for r in runs], TYPICAL),
        median=float(np.median(every)),
        largest=float(every.max()),
        count=len(every),
    )


def quantile(
    norms: Sequence[Float[np.ndarray, "points"]], share: float, *, confidence: float = 0.95
) -> Interval:
    """A quantile of the norms of several runs together, with its uncertainty from run to run.

    Args:
        norms: of each run, above 0.
        share: 0.9 for the 90th percentile.
        confidence: of the interval; infinite with fewer than three runs.
    """
    estimate = float(np.quantile(np.concatenate(list(norms)), share))
    own = np.log([max(float(np.quantile(n, share)), 1e-300) for n in norms if len(n)])
    if len(own) < 3:
        return Interval(estimate, 0.0, math.inf, confidence)
    half = stdtrit(len(own) - 1, 0.5 + confidence / 2) * own.std(ddof=1) / math.sqrt(len(own))
    return Interval(estimate, estimate * math.exp(-half), estimate * math.exp(half), confidence)


def share_above(norms: Sequence[Float[np.ndarray, "points"]], threshold: float) -> float:
    """Share of all norms above a threshold: of the updates that it clips."""
    every = np.concatenate(list(norms)) if norms else np.empty(0)
    return float(np.mean(every > threshold)) if len(every) else math.nan
