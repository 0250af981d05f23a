"""Was the space sampled densely enough? (C2)

Tuning curve: the median of the best of n trials against n, with a band that holds for all n at
once (Lourie, Cho and He 2024, arXiv 2311.09480). The band is exact for independent draws; a
low-discrepancy set spreads more evenly than those, and docs/claims/sampling.md says what that
does to its coverage. Infeasible trials count as infinitely bad.

Claim of a pass: "the best found is within DENSE of the way that the space holds, from its median
response to its best". Null: no sampled configuration is, in its mean response. Estimator: the
upper bound of the distance from the best that the space holds (`optimality_gap.py`). Said falsely
in at most 5 % of studies. The other pass, "as many again would bring little", claims no density.
Where neither holds there is not enough evidence of density. That a space was sampled thinly is not
claimed: it would take a lower bound of the distance, and noise may have flattered the best.

Expected gain: what doubling the number of trials would bring beyond the best found. The last
doubling brought the distance from the best of a half to the best of all, averaged over all ways
to halve the trials; the one before, that from the best of a quarter to the best of a half. Of
trials in random order the best of a half is the k-th best of all with chance 2^-k, that of a
quarter with chance 0.25 * 0.75^(k-1), whatever the law. Estimate: the gain of the last doubling
times the ratio of the two, which stays the same where losses near their least value have a power
law, as above. Interval: from 0, since every other doubling brings nothing, to the distance of the
8th best from the best. Neither exceeds the distance to the best in the space, nor what the bound
of the metric leaves. A gain below the round's least improvement, or without one below NEGLIGIBLE
of the way from the median to the best, is no reason for advice: no more trials are asked for.
Over losses u^(1/4), u^(1/2), u and u^2 of a uniform u the interval holds the gain in 92 % of cases
or more, and the estimate is 0.9 to 1.3 times the mean gain from 16 trials on:
docs/claims/sampling.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tunebook.checks.sampling.optimality_gap import distance_from_best, trials_needed
from tunebook.domain.design import Objective
from tunebook.domain.finding import (
    Finding,
    Interval,
    NotApplicable,
    Number,
    Remedy,
    RemedyKind,
    Severity,
)
from tunebook.domain.formats.numbers import digits, percent
from tunebook.domain.space import Choice
from tunebook.domain.table import TrialTable
from tunebook.statistics.estimators import good_region
from tunebook.statistics.metric_bounds import best_loss
from tunebook.statistics.tuning_band import at_ranks, band_ranks, best_of_budget, budgets_of

if TYPE_CHECKING:
    from jaxtyping import Float, Int

FEWEST = 8
"""Counted trials of a study below which a tuning curve says nothing."""
CLOSE = 0.1
"""A trial is about as good as the best where it lies within this share of the distance from the
best to the median."""
NEGLIGIBLE = 0.01
"""Of that way: an expected gain that is no reason to run more trials. A round's least improvement
takes its place where it has one."""
UNLAWFUL = (
    "results of choices alone, or of equal value, do not tell how good the best in this space is"
)
DENSE = 0.25
"""Of the way from the median to the best that the space holds: the largest distance left that a
densely sampled space may have."""
QUANTILES = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
STOP = "stop searching this space"
AS_GOOD = 3
"""Trials about as good as the best, the best among them, that a densely sampled space has."""
EIGHTH = 7
HUGE = 1e150
"""Losses beyond are taken to be this: their differences would have no number."""


@dataclass(frozen=True, slots=True)
class BudgetBox:
    """Quantiles of the best of `budget` trials, drawn with replacement."""

    budget: int
    q05: float
    q25: float
    q50: float
    q75: float
    q95: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StudySampling:
    """How densely one study was sampled. Curves are in the objective's units, NaN where open.

    `way` is from the median to the best found. `distance` is from there to the best that the space
    holds, and `left` that distance as a share of the whole way; None where these can't be told.
    """

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
    way: float = 0.0
    distance: Interval | None = None
    left: Interval | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SamplingResult:
    """All studies, and what they say; `order` has those too that are too small to read."""

    objective: Objective
    studies: tuple[StudySampling, ...]
    findings: tuple[Finding, ...]
    order: tuple[str, ...] = ()


def check(table: TrialTable, *, seed: int = 0) -> SamplingResult | NotApplicable:
    """Read the tuning curve of each study that varies something; nothing in it is drawn."""
    del seed
    counted = table.take(table.counted)
    varied = [s for s in table.branches if table.branches[s].axes]
    own = {s: counted.of_study(s) for s in varied}
    enough = {s: t for s, t in own.items() if len(t) >= FEWEST and int(t.complete.sum()) >= 4}
    if not enough:
        most = max((len(t) for t in own.values()), default=0)
        return NotApplicable(
            check="C2",
            reason=f"the largest study has {most} trials that ended, "
            f"{max(int(t.complete.sum()) for t in own.values())} of them complete"
            if own
            else "no hyperparameter was varied",
            needs=f"{FEWEST} ended trials in a study that varies something, 4 of them complete",
        )
    studies = tuple(_read(table, s, t.losses) for s, t in enough.items())
    return SamplingResult(
        objective=table.objective,
        studies=studies,
        findings=tuple(_finding(table, s) for s in studies),
        order=tuple(table.branches),
    )


def _read(table: TrialTable, study: str, losses: Float[np.ndarray, "trials"]) -> StudySampling:
    n, sign = len(losses), table.objective.sign
    ordered = np.sort(np.where(np.isfinite(losses), np.clip(losses, -HUGE, HUGE), np.inf))
    low, median, high = (at_ranks(ordered, ranks) for ranks in band_ranks(n))
    shown = sorted({b for b in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512) if b < n} | {n})
    boxes = [BudgetBox(b, *(sign * best_of_budget(ordered, b, QUANTILES)).tolist()) for b in shown]
    ends = (sign * low, sign * high) if sign > 0 else (sign * high, sign * low)
    room, way = _room(table, ordered), _middle(ordered) - float(ordered[0])
    distance = _capped(_distance(table, study, ordered), room)
    most = room if distance is None else distance.high
    gain = _capped(_expected_gain(ordered), most)
    assert gain is not None
    if distance is not None:
        gain = replace(gain, estimate=min(gain.estimate, distance.estimate))
    return StudySampling(
        study=study,
        trials=n,
        budgets=budgets_of(n),
        median=sign * median,
        low=ends[0],
        high=ends[1],
        boxes=tuple(boxes),
        best=float(sign * ordered[0]),
        expected_gain=gain,
        good_region=int((ordered <= ordered[0] + CLOSE * way).sum()),
        way=way,
        distance=distance,
        left=_left(way, distance),
    )


def _distance(
    table: TrialTable, study: str, ordered: Float[np.ndarray, "trials"]
) -> Interval | None:
    """Distance from the best there is; a space of choices alone has no law near its best."""
    axes = table.branches[study].axes
    if all(isinstance(axis, Choice) for axis in axes.values()):
        return None
    return distance_from_best(ordered, len(axes))


def _room(table: TrialTable, ordered: Float[np.ndarray, "trials"]) -> float:
    """How much the best loss can improve until the bound of the metric; infinite without one.

    Values that are never below 0 are taken for errors, and those between 0 and 1 for shares.
    """
    finite = table.value[np.isfinite(table.value)]
    least = best_loss(table.objective, finite)
    if len(finite) and finite.min() >= 0:
        if table.objective.sign > 0:
            least = max(least, 0.0)
        elif finite.max() <= 1:
            least = max(least, -1.0)
    return max(float(ordered[0]) - least, 0.0)


def _capped(interval: Interval | None, most: float) -> Interval | None:
    """The interval of a gain that can't exceed `most`."""
    if interval is None:
        return None
    return replace(interval, estimate=min(interval.estimate, most), high=min(interval.high, most))


def _left(way: float, distance: Interval | None) -> Interval | None:
    """The distance as a share of the way from the median response to the best there is."""
    if distance is None or not way > 0:
        return None
    return Interval(
        distance.estimate / (way + distance.estimate),
        distance.low / (way + distance.low),
        distance.high / (way + distance.high),
    )


def _middle(ordered: Float[np.ndarray, "trials"]) -> float:
    """The median loss, or the worst finite one where half of the trials are infeasible."""
    middle = float(np.median(ordered))
    return middle if math.isfinite(middle) else float(ordered[np.isfinite(ordered)][-1])


def _expected_gain(ordered: Float[np.ndarray, "trials"]) -> Interval:
    """Gain of the next doubling of the trials, and up to the distance of the 8th best."""
    finite = ordered[np.isfinite(ordered)]
    gains = finite - finite[0]
    place = np.arange(1, len(finite) + 1)
    half, quarter = 0.5**place, 0.25 * 0.75 ** (place - 1.0)
    half[-1] *= 2
    quarter[-1] *= 4
    last = float((half * gains).sum())
    before = float((quarter * gains).sum()) - last
    mean = last * min(last / before, 1.0) if before > 0 else last
    return Interval(mean, 0.0, max(mean, float(gains[: EIGHTH + 1][-1])))


def _finding(table: TrialTable, study: StudySampling) -> Finding:
    metric, branch = table.objective.metric, table.branches[study.study]
    numbers: dict[str, Number] = {
        "trials": study.trials,
        "good_region": study.good_region,
        "expected_gain": study.expected_gain,
        "best": study.best,
    }
    if study.distance is not None:
        numbers["distance_from_best"] = study.distance
    gain, enough = study.expected_gain, trials_needed(len(branch.axes))
    doubled = (
        f"Doubling the number of trials would improve {metric} by about {digits(gain.estimate)} "
        f"(at most {digits(gain.high)})"
        if gain.high > 0
        else f"Doubling the number of trials would not improve {metric}"
    )
    near = study.left is not None and study.left.high <= DENSE
    dense = near and study.good_region >= AS_GOOD
    small = _too_small(table, study, spread=study.trials >= enough)
    if dense or (small and study.trials >= enough):
        return Finding(
            check="C2",
            severity=Severity.PASS,
            subject=study.study or "the round",
            numbers=numbers,
            sentence=f"Sampled densely enough: {STOP}. {doubled}. {_as_good(study)}."
            if dense
            else f"More trials would bring little: {STOP}. {doubled}, {small}.",
            study=study.study,
        )
    wanted = max(2 * study.trials, enough)
    remedy = _more_trials(table, study, wanted, "")
    few = f"{study.trials} trials are too few to tell how good the best in this space is"
    short = few + f"; {remedy.values['more']} more would be enough" * bool(remedy.values["more"])
    untold = study.distance is None and study.trials < enough
    because = few if untold else f"d{doubled[1:]}"
    reason = short if untold else (UNLAWFUL if study.distance is None else "")
    return Finding(
        check="C2",
        severity=Severity.NOTE,
        subject=study.study or "the round",
        numbers=numbers,
        sentence=f"Not enough evidence of dense sampling{': ' * bool(reason)}{reason}. "
        f"{_as_good(study)}. {doubled}{', ' * bool(small)}{small}.",
        remedy=None if small else replace(remedy, because=because),
        study=study.study,
        settled=False,
    )


def _too_small(table: TrialTable, study: StudySampling, *, spread: bool) -> str:
    """Why the expected gain is no reason to run more trials; empty where it is one.

    Args:
        table: its least improvement says what matters; else NEGLIGIBLE does.
        study: with the gain.
        spread: whether what the best trials differ by may be the reason, too.
    """
    gain, least = study.expected_gain.estimate, table.least_improvement
    good = table.of_study(study.study).losses
    good = np.clip(good[good_region(good)], -HUGE, HUGE)
    apart = float(np.std(good)) if spread and len(good) > 1 else 0.0
    if gain <= apart:
        return f"no more than the best trials differ among themselves ({digits(apart)})"
    if least:
        return f"less than the least improvement ({digits(least)})" if gain < least else ""
    small = gain <= NEGLIGIBLE * study.way
    return f"less than {percent(NEGLIGIBLE)} of the way from the median to the best" * small


def _more_trials(table: TrialTable, study: StudySampling, wanted: int, because: str) -> Remedy:
    """So many more that `wanted` of them count; failed ones do not, and some are still to come."""
    own = table.of_study(study.study)
    coming = sum(not status.ended for status in own.status)
    more = max(wanted - study.trials - coming, 0)
    return Remedy(
        kind=RemedyKind.MORE_TRIALS,
        conditions=table.branches[study.study].conditions,
        values={"trials": len(own) + more, "more": more},
        because=because,
    )


def _as_good(study: StudySampling) -> str:
    # "Good region" would read like the best tenth that other checks and pictures speak of.
    if study.good_region <= 1:
        return f"None of the other {study.trials - 1} trials is about as good as the best"
    few = "Only " if study.good_region < 5 else ""
    return f"{few}{study.good_region} of {study.trials} trials are about as good as the best"
