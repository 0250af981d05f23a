"""What fails, where, and why: the share of infeasible trials and the region that fails (C3).

Claim: "configurations beyond this value of this hyperparameter fail more often". Null: failing
does not depend on any varied hyperparameter. Estimator: for each axis the cut that separates
failures best (largest hypergeometric surprise), with the p-value of that largest surprise from
random relabelling of the trials, over all axes of the study at once, so that having searched for
the cut is accounted for. Error rate: ALPHA for each study, exact up to the number of
relabellings.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln

from tunebook.analysis.estimators import good_region, proportion
from tunebook.words.design import Objective
from tunebook.words.finding import (
    Finding,
    Interval,
    NotApplicable,
    Number,
    Remedy,
    RemedyKind,
    Severity,
    subject_name,
)
from tunebook.words.space import Choice, Integer, Scale, spell
from tunebook.words.space import Float as FloatAxis
from tunebook.words.table import TrialTable
from tunebook.words.trial import Cause

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int

ALPHA = 0.05
RELABELLINGS = 999
FEWEST_FAILURES = 3
"""Failures below which no place is named: two share a half of the axis half of the time."""
BESIDE = 0.15
"""Of the axis' length: best trials nearer than this to a failing region may be held back by it."""
SPARED = 0.1
"""Share of the best trials in a failing region above which it is not cut away: a judgement."""
NOTABLE = 0.2
"""A share of failures above this, with no place to it, is more likely a bug than bad luck."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingRegion:
    """Where trials fail: `side` of `threshold` on one hyperparameter."""

    hyperparameter: str
    subject: str
    side: str
    threshold: float
    p_value: float
    share_inside: Interval
    share_outside: Interval
    touches_best: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StudyFeasibility:
    """One study's failures; columns have one entry a counted trial."""

    study: str
    trials: int
    infeasible: int
    share: Interval
    causes: tuple[tuple[Cause, int], ...]
    region: FailingRegion | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FeasibilityResult:
    """All studies, the table they come from, and what they say."""

    objective: Objective
    table: TrialTable
    studies: tuple[StudyFeasibility, ...]
    findings: tuple[Finding, ...]


def check(table: TrialTable, *, seed: int = 0) -> FeasibilityResult | NotApplicable:
    """Count what failed in each study, and look for the place where it fails."""
    counted = table.take(table.counted)
    if not len(counted):
        return NotApplicable(
            check="C3", reason="no trial has ended", needs="trials that are complete or infeasible"
        )
    rng = np.random.default_rng(seed)
    own = {s: counted.of_study(s) for s in table.branches}
    studies = tuple(_read(s, t, rng) for s, t in own.items() if len(t))
    return FeasibilityResult(
        objective=table.objective,
        table=counted,
        studies=studies,
        findings=tuple(_finding(counted, s) for s in studies),
    )


def _read(study: str, own: TrialTable, rng: np.random.Generator) -> StudyFeasibility:
    failed = own.infeasible
    causes = Counter(c for c, f in zip(own.cause, failed, strict=True) if f and c is not None)
    return StudyFeasibility(
        study=study,
        trials=len(own),
        infeasible=int(failed.sum()),
        share=proportion(int(failed.sum()), len(own)),
        causes=tuple(causes.most_common()),
        region=_region(study, own, failed, rng),
    )


def _region(
    study: str, own: TrialTable, failed: Bool[np.ndarray, "trials"], rng: np.random.Generator
) -> FailingRegion | None:
    branch = own.branches[study]
    names = [n for n, a in branch.axes.items() if not isinstance(a, Choice)]
    k, n = int(failed.sum()), len(failed)
    if not names or k < FEWEST_FAILURES or n - k < FEWEST_FAILURES:
        return None
    units = own.units(study)[:, [list(branch.axes).index(name) for name in names]]
    orders = np.argsort(units, axis=0, kind="stable")
    # Trials of one value stay together: a cut lies between two values.
    cuts = np.diff(np.take_along_axis(units, orders, axis=0), axis=0) > 0
    surprise = _surprises(n, k)
    found = _largest(failed, orders, cuts, surprise)
    relabelled = [
        _largest(rng.permutation(failed), orders, cuts, surprise)[0] for _ in range(RELABELLINGS)
    ]
    p_value = (1 + sum(r >= found[0] for r in relabelled)) / (RELABELLINGS + 1)
    if p_value > ALPHA:
        return None
    _, place, cut, side = found
    name = names[place]
    ordered = orders[:, place]
    inside = np.zeros(n, dtype=bool)
    inside[ordered[:cut] if side == "low" else ordered[cut:]] = True
    middle = (units[ordered[cut - 1], place] + units[ordered[cut], place]) / 2
    outside = ordered[cut - 1] if side == "high" else ordered[cut]
    axis = branch.axes[name]
    return FailingRegion(
        hyperparameter=name,
        subject=subject_name(name, branch.conditions),
        side=side,
        threshold=float(
            own.config[outside][name] if isinstance(axis, Integer) else axis.from_unit(middle)
        ),
        p_value=p_value,
        share_inside=proportion(int(failed[inside].sum()), int(inside.sum())),
        share_outside=proportion(int(failed[~inside].sum()), int((~inside).sum())),
        touches_best=_touches_best(own.losses, units[:, place] - middle, inside),
    )


def _touches_best(
    losses: Float[np.ndarray, "trials"],
    beyond: Float[np.ndarray, "trials"],
    inside: Bool[np.ndarray, "trials"],
) -> bool:
    """Whether cutting the region away would cost good trials, or the best lie right beside it."""
    good = good_region(losses)
    if not good.any():
        return False
    if inside[int(np.nanargmin(losses))] or inside[good].mean() > SPARED:
        return True
    return bool(np.median(np.abs(beyond[good])) < BESIDE)


def _surprises(n: int, k: int) -> Float[np.ndarray, "cut failures"]:
    """Minus log p of at least f failures among the first c of n trials, k of which fail.

    Shape: cuts 0 to n by failures 0 to k. Tails are summed over the whole table at once, since a
    call of SciPy's survival function for each entry takes seconds for some hundred trials.
    """
    c, f = np.arange(n + 1)[:, None], np.arange(k + 1)[None, :]
    possible = (f <= c) & (c - f <= n - k)
    passed = np.where(possible, c - f, 0)
    chance = _log_choose(k, f) + _log_choose(n - k, passed) - _log_choose(n, c)
    tail = np.logaddexp.accumulate(np.where(possible, chance, -np.inf)[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(np.where(np.isfinite(tail), np.maximum(-tail, 0.0), 1e6))


def _log_choose(n: int, k: Int[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))


def _largest(
    failed: Bool[np.ndarray, "trials"],
    orders: Int[np.ndarray, "trials axes"],
    allowed: Bool[np.ndarray, "cuts axes"],
    surprise: Float[np.ndarray, "cut failures"],
) -> tuple[float, int, int, str]:
    """The most surprising cut over all axes and both sides: (surprise, axis, cut, side)."""
    n, k = len(failed), int(failed.sum())
    counts = np.cumsum(failed[orders], axis=0)[:-1]  # failures among the first 1 .. n - 1
    cuts = np.arange(1, n)
    low = np.where(allowed, surprise[cuts[:, None], counts], -1.0)
    high = np.where(allowed, surprise[(n - cuts)[:, None], k - counts], -1.0)
    best_low = np.unravel_index(low.argmax(), low.shape)
    best_high = np.unravel_index(high.argmax(), high.shape)
    if low[best_low] >= high[best_high]:
        return float(low[best_low]), int(best_low[1]), int(cuts[best_low[0]]), "low"
    return float(high[best_high]), int(best_high[1]), int(cuts[best_high[0]]), "high"


def _finding(table: TrialTable, study: StudyFeasibility) -> Finding:
    subject = study.study or "the round"
    if not study.infeasible:
        return Finding(
            check="C3",
            severity=Severity.PASS,
            subject=subject,
            numbers={"infeasible": 0, "share": study.share},
            sentence=f"All {study.trials} trials were feasible.",
        )
    causes = ", ".join(f"{cause}: {count}" for cause, count in study.causes)
    counted = f"{study.infeasible} of {study.trials} trials were infeasible ({causes})"
    numbers: dict[str, Number] = {"infeasible": study.infeasible, "share": study.share}
    own = table.of_study(study.study)
    failed = tuple(t for t, f in zip(own.name, own.infeasible, strict=True) if f)
    if study.region is not None:
        return _in_a_region(table, study, study.region, counted, failed)
    alike = study.share.estimate > NOTABLE
    return Finding(
        check="C3",
        severity=Severity.WARNING if alike else Severity.NOTE,
        subject=subject,
        numbers=numbers,
        sentence=f"{counted}, and not in any one place of the space"
        + (": that looks like a bug rather than bad hyperparameters." if alike else "."),
        remedy=Remedy(
            kind=RemedyKind.INSPECT,
            conditions=table.branches[study.study].conditions,
            because="failing depends on no hyperparameter that was varied",
        )
        if alike
        else None,
        trials=failed,
    )


def _in_a_region(
    table: TrialTable,
    study: StudyFeasibility,
    region: FailingRegion,
    counted: str,
    failed: tuple[str, ...],
) -> Finding:
    branch = table.branches[study.study]
    axis = branch.axes[region.hyperparameter]
    assert isinstance(axis, FloatAxis | Integer)
    bound = _written(axis, region.threshold)
    place = f"{region.subject} {'above' if region.side == 'high' else 'below'} {spell(bound)}"
    numbers: dict[str, Number] = {
        "infeasible": study.infeasible,
        "share": study.share,
        "side": region.side,
        "threshold": region.threshold,
        "p_value": region.p_value,
        "share_inside": region.share_inside,
        "share_outside": region.share_outside,
    }
    where = (
        f"{counted}; they lie at {place} ({region.share_inside.estimate:.0%} fail there, "
        f"{region.share_outside.estimate:.0%} elsewhere)"
    )
    if region.touches_best:
        return Finding(
            check="C3",
            severity=Severity.NOTE,
            subject=region.subject,
            numbers=numbers,
            sentence=f"{where}. The best trials lie in it or next to it: instability may hold "
            "this workload back; a warm-up or gradient clipping would tell.",
            trials=failed,
        )
    low, high = (axis.low, bound) if region.side == "high" else (bound, axis.high)
    remedy = None
    if low < high:
        remedy = Remedy(
            kind=RemedyKind.SHRINK,
            subject=region.hyperparameter,
            conditions=branch.conditions,
            values={"low": low, "high": high, "scale": axis.scale.value},
            because=f"trials fail at {place}, far from the best ones",
        )
    return Finding(
        check="C3",
        severity=Severity.NOTE,
        subject=region.subject,
        numbers=numbers,
        sentence=f"{where}, far from the best trials.",
        remedy=remedy,
        trials=failed,
    )


def _written(axis: FloatAxis | Integer, threshold: float) -> float | int:
    """The threshold as people write numbers, to two digits on its scale, within the range."""
    if isinstance(axis, Integer):
        return round(threshold)
    if axis.scale is Scale.NEAR_ONE:
        bound = float(f"{1 - float(f'{1 - threshold:.2g}'):.6g}")
    elif axis.scale is Scale.LOG:
        bound = float(f"{threshold:.2g}")
    else:
        grain = 10.0 ** (math.floor(math.log10(axis.high - axis.low)) - 1)
        bound = float(f"{round(threshold / grain) * grain:.10g}")
    return bound if axis.low < bound < axis.high else threshold
