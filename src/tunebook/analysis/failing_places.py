"""Where trials fail: the one cut of an axis, or the one value of a choice, that tells best (C3).

Null: failing does not depend on any varied hyperparameter. Estimator: for each axis the cut that
separates failures best (largest hypergeometric surprise), with the p-value of that largest
surprise from random relabelling of the trials, over all axes of the study at once, so that having
searched for the cut is accounted for. A choice has no order: there it is each value against the
rest. Error rate: ALPHA for each study, exact up to the number of relabellings; half of it each
where a study varies both kinds. Power: of 40 trials that all fail beyond 0.7 of an axis the place
is found in nearly all studies; failures that depend on two hyperparameters together show less.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln

from tunebook.analysis.estimators import good_region, proportion
from tunebook.words.finding import Interval, subject_name
from tunebook.words.space import Choice, Integer
from tunebook.words.table import TrialTable
from tunebook.words.trial import Value

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


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingChoice:
    """A value of a choice under which trials fail more often than under the others."""

    hyperparameter: str
    subject: str
    value: Value
    p_value: float
    share_inside: Interval
    share_outside: Interval


def failing_place(
    study: str, own: TrialTable, rng: np.random.Generator
) -> FailingRegion | FailingChoice | None:
    """The place in which the failures of one study lie, if they lie in one.

    Args:
        study: which.
        own: its counted trials.
        rng: for the relabelling.
    """
    failed = own.infeasible
    fewest = min(int(failed.sum()), int((~failed).sum()))
    if fewest < FEWEST_FAILURES:
        return None
    kinds = {isinstance(axis, Choice) for axis in own.branches[study].axes.values()}
    level = ALPHA / max(len(kinds), 1)
    return _region(study, own, failed, level, rng) or _choice(study, own, failed, level, rng)


def _region(
    study: str,
    own: TrialTable,
    failed: Bool[np.ndarray, "trials"],
    level: float,
    rng: np.random.Generator,
) -> FailingRegion | None:
    branch = own.branches[study]
    names = [n for n, a in branch.axes.items() if not isinstance(a, Choice)]
    if not names:
        return None
    k, n = int(failed.sum()), len(failed)
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
    if p_value > level:
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


def _choice(
    study: str,
    own: TrialTable,
    failed: Bool[np.ndarray, "trials"],
    level: float,
    rng: np.random.Generator,
) -> FailingChoice | None:
    branch = own.branches[study]
    values = [(n, v) for n, a in branch.axes.items() if isinstance(a, Choice) for v in a.values]
    if not values:
        return None
    has = np.array([[c[name] == value for name, value in values] for c in own.config])
    sizes, surprise = has.sum(axis=0), _surprises(len(failed), int(failed.sum()))

    def surprises(labels: Bool[np.ndarray, "trials"]) -> Float[np.ndarray, "values"]:
        return np.asarray(surprise[sizes, labels.astype(int) @ has])

    found = surprises(failed)
    most = float(found.max())
    as_much = sum(surprises(rng.permutation(failed)).max() >= most for _ in range(RELABELLINGS))
    p_value = (1 + as_much) / (RELABELLINGS + 1)
    if p_value > level:
        return None
    place = int(found.argmax())
    inside, (name, value) = has[:, place], values[place]
    return FailingChoice(
        hyperparameter=name,
        subject=subject_name(name, branch.conditions),
        value=value,
        p_value=p_value,
        share_inside=proportion(int(failed[inside].sum()), int(inside.sum())),
        share_outside=proportion(int(failed[~inside].sum()), int((~inside).sum())),
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
