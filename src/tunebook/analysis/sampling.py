"""Was the space sampled densely enough? (C2)

Tuning curve: the median of the best of n trials against n, with a confidence band that holds for
all n at once (Lourie, Cho and He 2024, arXiv 2311.09480; library opda). The band is exact for
independent draws; a low-discrepancy set spreads more evenly than those, so that for such studies
the band is on the safe side rather than exact. Infeasible trials count as infinitely bad.

Expected gain: what as many trials again would bring beyond the best seen. Estimate: what the
second half of the trials brought beyond the first, averaged over all ways to halve them; each
doubling brings less than the one before, so this is on the safe side. Of trials in random order
the best of a half is the k-th best of all with chance 2^-k, whatever the law. Interval: from 0,
since every other time as many again bring nothing, to the distance of the 8th best from the best.
It holds the gain in 92 to 99 % of cases for losses that near their optimum lie as u^(1/4),
u^(1/2), u and u^2 of a uniform u (tests/analysis/test_sampling.py).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from opda.nonparametric import EmpiricalDistribution

from tunebook.analysis.estimators import best_of_n, good_region
from tunebook.words.design import Objective
from tunebook.words.finding import (
    Finding,
    Interval,
    NotApplicable,
    Number,
    Remedy,
    RemedyKind,
    Severity,
)
from tunebook.words.table import TrialTable

if TYPE_CHECKING:
    from jaxtyping import Float, Int

FEWEST = 8
"""Counted trials of a study below which a tuning curve says nothing."""
EXACT_UP_TO = 128
"""Trials up to which the band is opda's exact one; beyond, the wider and cheap DKW band."""
CLOSE = 0.1
"""A trial is about as good as the best where it lies within this share of the distance from the
best to the median."""
PER_AXIS = 8
"""Trials an axis below which the best differ by where they lie, not by noise: a judgement."""
DRAWS = 2000
EIGHTH = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetBox:
    """Quantiles of the best of `budget` trials, bootstrapped."""

    budget: int
    q05: float
    q25: float
    q50: float
    q75: float
    q95: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StudySampling:
    """How densely one study was sampled. Curves are in the objective's units, NaN where open."""

    study: str
    trials: int
    budgets: Int[np.ndarray, "budgets"]
    median: Float[np.ndarray, "budgets"]
    low: Float[np.ndarray, "budgets"]
    high: Float[np.ndarray, "budgets"]
    boxes: tuple[BudgetBox, ...]
    best: float
    expected_gain: Interval
    good_region: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SamplingResult:
    """All studies, and what they say; `order` has those too that are too small to read."""

    objective: Objective
    studies: tuple[StudySampling, ...]
    findings: tuple[Finding, ...]
    order: tuple[str, ...] = ()


def check(table: TrialTable, *, seed: int = 0) -> SamplingResult | NotApplicable:
    """Read the tuning curve of each study that varies something."""
    counted = table.take(table.counted)
    varied = [s for s in table.branches if table.branches[s].axes]
    own = {s: counted.of_study(s) for s in varied}
    enough = {s: t for s, t in own.items() if len(t) >= FEWEST and int(t.complete.sum()) >= 4}
    if not enough:
        most = max((len(t) for t in own.values()), default=0)
        return NotApplicable(
            check="C2",
            reason=f"the largest study has {most} trials that ended",
            needs=f"{FEWEST} ended trials in a study that varies something, 4 of them complete",
        )
    rng = np.random.default_rng(seed)
    studies = tuple(_read(table, s, t.losses, rng) for s, t in enough.items())
    return SamplingResult(
        objective=table.objective,
        studies=studies,
        findings=tuple(_finding(table, s) for s in studies),
        order=tuple(table.branches),
    )


def _read(
    table: TrialTable, study: str, losses: Float[np.ndarray, "trials"], rng: np.random.Generator
) -> StudySampling:
    n, sign = len(losses), table.objective.sign
    ordered = np.sort(np.where(np.isfinite(losses), losses, np.inf))
    budgets = np.arange(1, n + 1)
    low, median, high = (_at(ordered, ranks) for ranks in _band(n))
    budgets_shown = sorted({b for b in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512) if b < n} | {n})
    boxes = []
    for budget in budgets_shown:
        drawn = best_of_n(losses, budget, DRAWS, rng)
        drawn = drawn[np.isfinite(drawn)]
        q = np.quantile(drawn, [0.05, 0.25, 0.5, 0.75, 0.95]) * sign
        boxes.append(BudgetBox(budget=budget, **_named(q)))
    ends = (sign * low, sign * high) if sign > 0 else (sign * high, sign * low)
    return StudySampling(
        study=study,
        trials=n,
        budgets=budgets,
        median=sign * median,
        low=ends[0],
        high=ends[1],
        boxes=tuple(boxes),
        best=float(sign * ordered[0]),
        expected_gain=_expected_gain(ordered),
        good_region=int(_close(ordered)),
    )


def _named(q: Float[np.ndarray, "5"]) -> dict[str, float]:
    return {k: float(v) for k, v in zip(("q05", "q25", "q50", "q75", "q95"), q, strict=True)}


def _close(ordered: Float[np.ndarray, "trials"]) -> int:
    """Trials within CLOSE of the way from the best to the median; the best is always one."""
    middle = float(np.median(ordered))
    if not math.isfinite(middle):
        middle = float(ordered[np.isfinite(ordered)][-1])
    return int((ordered <= ordered[0] + CLOSE * (middle - ordered[0])).sum())


@lru_cache(maxsize=64)
def _band(n: int) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """For budgets 1 to n, ranks (0 the best, -1 unbounded) of the band's low, middle, high.

    The band depends on the ranks alone, so that it is made once for each n.
    """
    method = "ld_equal_tailed" if n <= EXACT_UP_TO else "dkw"
    lower, point, upper = EmpiricalDistribution.confidence_bands(
        np.arange(n, dtype=float),
        0.95,
        generator=np.random.default_rng(0),
        method=method,
        n_jobs=1,
    )
    # The upper band on the distribution function is the optimistic end of the tuning curve.
    curves = (
        band.quantile_tuning_curve(np.arange(1, n + 1), q=0.5, minimize=True)
        for band in (upper, point, lower)
    )
    low, middle, high = (
        tuple(int(r) if math.isfinite(r) else (-1 if r < 0 else n) for r in curve)
        for curve in curves
    )
    return low, middle, high


def _at(ordered: Float[np.ndarray, "trials"], ranks: tuple[int, ...]) -> Float[np.ndarray, "n"]:
    padded = np.append(ordered, [np.inf, -np.inf])  # rank n is unbounded above, -1 below
    found = padded[np.asarray(ranks)]
    return np.where(np.isfinite(found), found, np.nan)


def _expected_gain(ordered: Float[np.ndarray, "trials"]) -> Interval:
    """Gain of as many trials again: mean over halvings, and up to the 8th best's distance."""
    finite = ordered[np.isfinite(ordered)]
    chances = 0.5 ** np.arange(1, len(finite) + 1)
    chances[-1] *= 2
    gains = finite - finite[0]
    return Interval(float((chances * gains).sum()), 0.0, float(gains[: EIGHTH + 1][-1]))


def _finding(table: TrialTable, study: StudySampling) -> Finding:
    metric = table.objective.metric
    subject = study.study or "the round"
    dense = study.good_region >= 5
    spread = _spread_of_best(table, study)
    axes = len(table.branches[study.study].axes)
    little = study.expected_gain.estimate <= spread
    enough = dense or (little and study.trials >= PER_AXIS * axes)
    numbers: dict[str, Number] = {
        "trials": study.trials,
        "good_region": study.good_region,
        "expected_gain": study.expected_gain,
        "best": study.best,
    }
    as_good = _as_good(study)
    again = (
        f"as many trials again would gain about {study.expected_gain.estimate:.2g} in {metric}, "
        f"{study.expected_gain.high:.2g} at most"
    )
    if enough:
        return Finding(
            check="C2",
            severity=Severity.PASS,
            subject=subject,
            numbers=numbers,
            sentence=f"Sampled densely enough: {as_good}; {again}."
            if dense
            else f"Sampled densely enough: {again}, no more than its best trials differ among "
            f"themselves ({spread:.2g}); {as_good}.",
        )
    return Finding(
        check="C2",
        severity=Severity.NOTE if study.good_region >= 3 else Severity.WARNING,
        subject=subject,
        numbers=numbers,
        sentence=f"Sampled thinly: {as_good}; {again}.",
        remedy=Remedy(
            kind=RemedyKind.MORE_TRIALS,
            conditions=table.branches[study.study].conditions,
            values={"trials": 2 * study.trials},
            because=as_good,
        ),
    )


def _as_good(study: StudySampling) -> str:
    # "Good region" would read like the best tenth that other checks and pictures speak of.
    if study.good_region <= 1:
        return f"no other of {study.trials} trials is about as good as the best"
    few = "only " if study.good_region < 5 else ""
    return f"{few}{study.good_region} of {study.trials} trials are about as good as the best"


def _spread_of_best(table: TrialTable, study: StudySampling) -> float:
    """Spread among the trials that are about as good as the best."""
    own = table.of_study(study.study)
    good = own.losses[good_region(own.losses)]
    return float(np.std(good)) if len(good) > 1 else 0.0
