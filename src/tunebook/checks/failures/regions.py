"""Where one study's trials fail: a range, a value of a choice, or a combination (C3).

A place is named where `cuts.py` finds one that random relabelling rarely brings (ALPHA,
over all studies of a table together); it is a combination of two hyperparameters where
`combinations.py` finds that neither alone decides. Where none is named, `seen` says
whether a dependence that matters would have been. A region is narrowed to one value of a choice
where its trials fail under that value and not under others (Fisher's exact test at NARROWED,
shared over the values that are looked at); this claim depends on the region, which was found.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tunebook.checks.failures.combinations import Combination, combination
from tunebook.checks.failures.cuts import BestCut, best_cut, power
from tunebook.domain.finding import Interval, subject_name
from tunebook.domain.formats.numbers import round_to
from tunebook.domain.space import Axis, Branch, Choice, Float, Integer, Scale
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Value
from tunebook.statistics.distributions import hypergeometric_tail
from tunebook.statistics.estimators import good_region, proportion

if TYPE_CHECKING:
    from jaxtyping import Bool
    from jaxtyping import Float as Floats

ALPHA = 0.04
"""Less than the 5 % that is claimed, so that a measurement can show it."""
FEWEST_FAILURES = 3
"""Failures below which no place is named: two share a half of the axis half of the time."""
BESIDE = 0.15
"""Of the axis' length: best trials nearer than this to a failing region may be held back by it."""
SPARED = 0.1
"""Share of the best trials in a failing region above which it is not cut away: a judgement."""
NARROWED = 0.05
ENOUGH = 0.8
"""Power at which not having found a place counts as there being none."""
MOST_VALUES = 64
"""Values of choices looked at in a study, the most frequent ones."""
FURTHEST = 100
"""Times the trials beyond which the answer to "how many would do" is no help."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingPlace:
    """Where trials fail.

    Attributes:
        subject: the hyperparameter or expression that decides it.
        p_value: chance of as clear a place where failing depends on nothing; of a combination,
            where it depends on one hyperparameter alone.
        failures: how many trials fail in it.
        share_inside, share_outside: of the trials in it, and of the others, that fail.
    """

    subject: str
    p_value: float
    failures: int
    share_inside: Interval
    share_outside: Interval


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingRegion(FailingPlace):
    """Where trials fail: `side` of `threshold` on one hyperparameter.

    `bound` is the threshold as people write it; `under` is a choice and its value to which the
    region is limited, or None.
    """

    hyperparameter: str
    side: str
    threshold: float
    bound: float | int
    touches_best: bool
    under: tuple[str, Value] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingChoice(FailingPlace):
    """A value of a choice under which trials fail more often than under the others."""

    hyperparameter: str
    value: Value


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FailingCombination(FailingPlace):
    """Where trials fail by two hyperparameters together: `side` of an expression's `threshold`.

    Attributes:
        combination: the expression, its coordinates and its boundary.
        right: share of the trials on the side of the boundary that their fate says.
        right_alone: the same of the best cut of one hyperparameter.
        low, high: least and greatest value of the expression among trials that did not fail.
    """

    combination: Combination
    right: Interval
    right_alone: Interval
    touches_best: bool
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceReading:
    """What was found of the place in which a study's trials fail.

    Attributes:
        place: None where none was found.
        seen: power: the share of studies in which a dependence that matters would be found.
        needed: about how many trials would have the power; None where no number is of use.
    """

    place: FailingPlace | None
    seen: float
    needed: int | None


def can_be_placed(failed: Bool[np.ndarray, "trials"]) -> bool:
    """Whether enough trials fail, and enough do not, to look for a place."""
    return min(int(failed.sum()), int((~failed).sum())) >= FEWEST_FAILURES


def failing_place(
    study: str,
    own: TrialTable,
    failed: Bool[np.ndarray, "trials"],
    level: float,
    rng: np.random.Generator,
) -> PlaceReading:
    """The place in which the failures of one study lie, if they lie in one.

    Args:
        study: which.
        own: its counted trials.
        failed: which of them.
        level: error rate of naming a place.
        rng: for the relabelling.
    """
    columns, named = _columns(study, own)
    if not can_be_placed(failed) or not named:
        return PlaceReading(place=None, seen=0.0, needed=None)
    upward = np.array([isinstance(axis, Choice) for _, axis, _ in named])
    cut = best_cut(columns, upward, failed, level, rng)
    n, k = len(failed), int(failed.sum())
    if cut.p_value > level:
        seen = power(n, k, cut.critical)
        return PlaceReading(place=None, seen=seen, needed=_needed(n, k, cut.critical))
    name, axis, value = named[cut.column]
    place: FailingPlace
    if isinstance(axis, Choice):
        place = FailingChoice(
            hyperparameter=name,
            value=value,
            **_of_place(own, study, name, cut.p_value, failed, cut.inside),
        )
    else:
        place = _region(study, own, failed, name, columns[:, cut.column], cut)
    found = combination(study, own, failed, name, int((cut.inside != failed).sum()), rng)
    if found is not None:
        place = _combined(study, own, failed, found, cut)
    return PlaceReading(place=place, seen=1.0, needed=None)


def _columns(
    study: str, own: TrialTable
) -> tuple[Floats[np.ndarray, "trials columns"], list[tuple[str, Axis, Value]]]:
    """Places on every axis, and 0 or 1 for every value of a choice, with what they stand for."""
    axes = own.branches[study].axes
    columns: list[Floats[np.ndarray, "trials"]] = []
    named: list[tuple[str, Axis, Value]] = []
    units = own.units(study) if any(not isinstance(a, Choice) for a in axes.values()) else None
    for place, (name, axis) in enumerate(axes.items()):
        if not isinstance(axis, Choice):
            assert units is not None
            columns.append(units[:, place])
            named.append((name, axis, ""))
            continue
        values = own.column(name)
        for value, count in Counter(values).most_common(MOST_VALUES):
            if value is not None and count >= FEWEST_FAILURES:
                columns.append(np.array([v == value for v in values], dtype=float))
                named.append((name, axis, value))
    return np.stack(columns, axis=1) if columns else np.zeros((len(own), 0)), named


def _needed(n: int, k: int, critical: float) -> int | None:
    """About how many trials, with the same share of failures, would show what matters."""
    trials = n
    while trials < FURTHEST * n:
        trials = math.ceil(1.25 * trials)
        if power(trials, max(round(k * trials / n), 1), critical) >= ENOUGH:
            return trials
    return None


def _region(
    study: str,
    own: TrialTable,
    failed: Bool[np.ndarray, "trials"],
    name: str,
    units: Floats[np.ndarray, "trials"],
    cut: BestCut,
) -> FailingRegion:
    branch = own.branches[study]
    axis = branch.axes[name]
    assert not isinstance(axis, Choice)
    under = _narrowed(branch, own, failed, cut.inside)
    rows, within = np.arange(len(own)), cut.inside
    if under is not None:
        alike = np.array([c.get(under[0]) == under[1] for c in own.config])
        within = cut.inside & alike
        rows = np.flatnonzero(alike)
    kept = np.where(cut.inside, -np.inf, units if cut.side == "high" else -units)
    # A whole number is named by the last value that works: no half of one can be set.
    last = own.config[int(kept.argmax())][name]
    threshold = float(last if isinstance(axis, Integer) else axis.from_unit(cut.middle))
    return FailingRegion(
        hyperparameter=name,
        side=cut.side,
        threshold=threshold,
        bound=_written(axis, threshold),
        touches_best=_touches_best(
            own.losses[rows], failed[rows], units[rows] - cut.middle, cut.inside[rows]
        ),
        under=under,
        **_of_place(own, study, name, cut.p_value, failed, within),
    )


def _written(axis: Float | Integer, threshold: float) -> float | int:
    """The threshold as people write numbers, to two digits on its scale, within the range."""
    if isinstance(axis, Integer):
        return round(threshold)
    if axis.scale is Scale.NEAR_ONE:
        bound = round_to(1 - round_to(1 - threshold), 6)
    elif axis.scale is Scale.LOG:
        bound = round_to(threshold)
    else:
        grain = 10.0 ** (math.floor(math.log10(axis.high - axis.low)) - 1)
        bound = round_to(round(threshold / grain) * grain, 10)
    return bound if axis.low < bound < axis.high else threshold


def _narrowed(
    branch: Branch,
    own: TrialTable,
    failed: Bool[np.ndarray, "trials"],
    inside: Bool[np.ndarray, "trials"],
) -> tuple[str, Value] | None:
    """The value of a choice under which the trials of a region fail, as others there do not."""
    rows = np.flatnonzero(inside)
    tried = {
        (name, value): np.array([own.config[i][name] == value for i in rows])
        for name, axis in branch.axes.items()
        if isinstance(axis, Choice)
        for value in dict.fromkeys(own.config[i][name] for i in rows)
    }
    found = {}
    for key, alike in tried.items():
        bad = failed[rows]
        both = int((bad & alike).sum())  # Fisher's exact test
        found[key] = hypergeometric_tail(both - 1, len(rows), int(bad.sum()), int(alike.sum()))
    best = min(found, key=found.__getitem__, default=None)
    return best if best is not None and found[best] < NARROWED / len(found) else None


def _combined(
    study: str,
    own: TrialTable,
    failed: Bool[np.ndarray, "trials"],
    found: Combination,
    cut: BestCut,
) -> FailingCombination:
    places = np.log(found.values) if found.scale == "log" else found.values
    middle = math.log(found.threshold) if found.scale == "log" else found.threshold
    low, high = np.quantile(places, [0.025, 0.975])
    beyond = (places - middle) / max(float(high - low), 1e-12)
    kept = found.values[~failed]
    return FailingCombination(
        combination=found,
        right=proportion(int((found.inside == failed).sum()), len(failed)),
        right_alone=proportion(int((cut.inside == failed).sum()), len(failed)),
        touches_best=_touches_best(own.losses, failed, beyond, found.inside),
        low=float(kept.min()),
        high=float(kept.max()),
        **_of_place(own, study, found.expression, found.p_value, failed, found.inside),
    )


def _of_place(
    own: TrialTable,
    study: str,
    name: str,
    p_value: float,
    failed: Bool[np.ndarray, "trials"],
    inside: Bool[np.ndarray, "trials"],
) -> dict[str, Any]:
    """The fields of every kind of place."""
    return {
        "subject": subject_name(name, own.branches[study].conditions),
        "p_value": p_value,
        "failures": int(failed[inside].sum()),
        "share_inside": proportion(int(failed[inside].sum()), int(inside.sum())),
        "share_outside": proportion(int(failed[~inside].sum()), int((~inside).sum())),
    }


def _touches_best(
    losses: Floats[np.ndarray, "trials"],
    failed: Bool[np.ndarray, "trials"],
    beyond: Floats[np.ndarray, "trials"],
    inside: Bool[np.ndarray, "trials"],
) -> bool:
    """Whether cutting the region away would cost good trials, or the best lie right beside it."""
    losses = np.where(failed, np.nan, losses)
    good = good_region(losses)
    if not good.any():
        return False
    if inside[int(np.nanargmin(losses))] or inside[good].mean() > SPARED:
        return True
    return bool(np.median(np.abs(beyond[good])) < BESIDE)
