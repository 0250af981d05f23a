"""Which learning rates train, over several seeds each, and which is the best one (H1).

A rate is UNSTABLE where more than one seed in ten fails, STABLE where fewer than half do; both
are one-sided binomial tests at 5 % (Clopper and Pearson), and what neither shows is OPEN: not
enough evidence. With five seeds, three failures are unstable and none is stable; with ten, four,
and at most one. Assumes seeds that fail independently of each other. A rate of which one seed in
ten fails is called unstable in at most 2.2 % of cases, over looks at five and at ten; one of
which half fail is called stable in at most 4.2 %:
tests/procedures/instability/test_stable_rates.py.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from scipy.stats import binom

from tunebook.procedures.instability.training_stability import Fate, RunReading

if TYPE_CHECKING:
    from jaxtyping import Float

RARE, HALF = 0.1, 0.5
"""Shares of failing seeds: a stable rate has fewer than the second, an unstable one more than the
first."""
LEVEL = 0.05
EDGE = 0.15
"""Of a swept range, at either side: as for C1."""
AS_GOOD = 0.1
"""Of the way from the best to the median: about as good, as for C2."""
NOISE = 2.0
"""Standard deviations of one trial: not told from the best."""
WORDS = {Fate.DIVERGES: "diverging", Fate.RISES: "rising", Fate.STUCK: "never falling"}


class Stability(StrEnum):
    """What the seeds of one learning rate say."""

    STABLE = "stable"
    UNSTABLE = "unstable"
    OPEN = "not enough evidence"


@dataclass(frozen=True, slots=True, kw_only=True)
class RateReading:
    """One learning rate, or another setting that was trained with several seeds.

    Attributes:
        rate: the learning rate; setting: in words, "2 times the best".
        runs: one a seed.
        failed, known: runs that failed, and runs whose fate is known.
        says: what they show together.
        early: of the failed runs, those that failed in the first tenth of the steps.
        values: the objective of the runs that completed.
    """

    rate: float
    setting: str
    runs: tuple[RunReading, ...]
    failed: int
    known: int
    says: Stability
    early: int
    values: tuple[float, ...] = ()

    @property
    def told(self) -> str:
        """`4 of 5 seeds fail (3 diverging, 1 rising)`."""
        fates = [r.fate for r in self.runs if r.fate.fails]
        kinds = ", ".join(f"{fates.count(f)} {WORDS[f]}" for f in dict.fromkeys(fates))
        text = f"{self.failed} of {self.known} seeds fail" + (f" ({kinds})" if kinds else "")
        left = len(self.runs) - self.known
        return text + (f"; {left} can't be read" if left else "")


def read_rate(
    rate: float, runs: Sequence[RunReading], *, setting: str, values: Sequence[float] = ()
) -> RateReading:
    """What several seeds of one learning rate say together.

    Args:
        rate, runs, setting: see `RateReading`.
        values: the objective of each; NaN where it is infeasible.
    """
    failed = [r for r in runs if r.fate.fails]
    known = sum(r.fate is not Fate.UNKNOWN for r in runs)
    return RateReading(
        rate=rate,
        setting=setting,
        runs=tuple(runs),
        failed=len(failed),
        known=known,
        says=judge(len(failed), known),
        early=sum(r.early for r in failed),
        values=tuple(v for v in values if math.isfinite(v)),
    )


def judge(failed: int, known: int) -> Stability:
    """What so many failures of so many seeds show."""
    if known and binom.sf(failed - 1, known, RARE) <= LEVEL:
        return Stability.UNSTABLE
    if known and binom.cdf(failed, known, HALF) <= LEVEL:
        return Stability.STABLE
    return Stability.OPEN


@dataclass(frozen=True, slots=True, kw_only=True)
class BestRate:
    """The best learning rate of a sweep.

    Attributes:
        rate: the best, or the geometric middle of those that are about as good.
        low, high: lowest and highest of those that are about as good.
        edge: "high" where the highest rate that was swept trains, and one near it is about as
            good as the best; "low" where the best is near the lowest; else empty.
    """

    rate: float
    low: float
    high: float
    edge: str


def best_rate(
    rates: Float[np.ndarray, "trials"], losses: Float[np.ndarray, "trials"]
) -> BestRate | None:
    """The best rate of a sweep with one seed a rate; None where fewer than five trained.

    A rate is about as good as the best within a tenth of the way to the median, or within two
    standard deviations of one trial, read off second differences over neighbouring rates. Where
    many are, the response is flat, and which of them came out first is luck: their middle
    counts. Nothing about instability is read off this alone.

    Args:
        rates: above 0.
        losses: lower is better; NaN where the trial is infeasible.
    """
    order = np.argsort(rates, kind="stable")
    rates, losses = rates[order], losses[order]
    known = np.flatnonzero(np.isfinite(losses))
    if len(known) < 5:
        return None
    feasible = losses[known]
    noise = float(np.median(np.abs(np.diff(feasible, 2)))) * 1.4826 / math.sqrt(6)
    best = float(feasible.min())
    slack = max(AS_GOOD * (float(np.median(feasible)) - best), NOISE * noise)
    good = rates[known[feasible <= best + slack]]
    chosen = math.sqrt(float(good.min() * good.max()))
    span = math.log(float(rates[-1] / rates[0]))
    place = math.log(chosen / float(rates[0])) / span if span else 0.5
    near_top = float(rates[-1]) * math.exp(-EDGE * span)
    open_above = math.isfinite(losses[-1]) and float(good.max()) > near_top
    return BestRate(
        rate=chosen,
        low=float(good.min()),
        high=float(good.max()),
        edge="high" if open_above else "low" if place < EDGE else "",
    )
