"""Do the best trials crowd a boundary of the search space? (C1)

Claim, for each varied hyperparameter and side: "the best lies beyond this edge". Null: it does
not; widening this side alone cannot improve the best mean response. A best nearer to the edge than
15 % of the range is neither: it is right to widen there, and right not to. Smallest effect that
matters: an optimum a quarter of the range outside.

Estimator: on a fitted response, the gain of the best place on the edge over the best place at
least 15 % of the range inside, and the chance that there is none (`edge_gain.py`). An alarm needs
that chance below LEVEL shared over all sides of the table (Bonferroni); or, for the high side of a
training length, of which it is known that longer is better, the best trials crowding the edge at
that level (exact test against lying anywhere), more in the outermost 15 % than in the next 15 %
(one-sided, at CROWDED), and the gain more likely than not. It also needs a fit that foretells
left-out trials better than chance would, and an edge beside which most trials are feasible: where
they fail, widening gains nothing.

Assumes that the response is continuous on the scales that were declared, noise that is about the
same over the better half of the trials, and trials not chosen by earlier results. Measured error
rates: docs/claims/boundaries.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from tunebook.analysis.edge_gain import INSIDE, MOST_AXES, EdgeGains, edge_gains
from tunebook.analysis.estimators import good_region, proportion
from tunebook.analysis.number_words import half_again
from tunebook.words.design import Objective
from tunebook.words.finding import (
    Finding,
    NotApplicable,
    Remedy,
    RemedyKind,
    Severity,
    subject_name,
)
from tunebook.words.roles import is_length
from tunebook.words.space import Axis, Branch, Choice, Float, Integer, Scale, spell
from tunebook.words.table import TrialTable
from tunebook.words.trial import Value

if TYPE_CHECKING:
    from jaxtyping import Bool
    from jaxtyping import Float as F

LEVEL = 0.016
"""At it cones and ridges, in which neither model is right, alarm in at most 5 % of tables."""
FEWEST = 10
"""Complete trials of a study below which no response can be fitted."""
FORETOLD = 2.0
"""A fit of n trials must foretell this over the root of n of the variance of left-out ones: where
nothing matters the share is about zero, give or take half of it."""
CERTAIN = 32
"""Trials below which the model is surer than it may be: the level falls with their power."""
FALL = 4
CROWDED = 0.1
"""Of a response that is even on both sides of a best at 15 %, as many lie in either zone."""
FEW_VALUES = 8
"""Values of an integer below which its zones near an edge hold one value or none."""
NEAR = 0.25
"""The playbook's "near a boundary", as a share of the axis' length."""
WIDEN_BY = 0.5
"""A cut-off side is widened by half of the axis' length on its scale."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SideReading:
    """One side of one axis; `proposed` is the new bound, None where nothing is proposed."""

    side: str
    p_value: float
    alarm: bool
    best_at: float
    proposed: float | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AxisReading:
    """One hyperparameter in one study; arrays have one entry a trial of the study."""

    study: str
    hyperparameter: str
    subject: str
    axis: Axis
    trials: tuple[str, ...]
    values: tuple[Value, ...]
    units: F[np.ndarray, "trials"]
    objective_values: F[np.ndarray, "trials"]
    infeasible: Bool[np.ndarray, "trials"]
    best: Bool[np.ndarray, "trials"]
    sides: tuple[SideReading, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BoundaryResult:
    """Every axis of every study, and what the sides say."""

    objective: Objective
    axes: tuple[AxisReading, ...]
    findings: tuple[Finding, ...]


def check(table: TrialTable, *, seed: int = 0) -> BoundaryResult | NotApplicable:  # noqa: ARG001
    """Test every side of every varied hyperparameter, in each study apart."""
    counted = table.take(table.counted)
    studies = {s: counted.of_study(s) for s in table.branches if table.branches[s].axes}
    enough = {s: t for s, t in studies.items() if int(t.complete.sum()) >= FEWEST}
    if not studies or not enough:
        most = max((int(t.complete.sum()) for t in studies.values()), default=0)
        return NotApplicable(
            check="C1",
            reason="no hyperparameter was varied"
            if not studies
            else f"the largest study has {most} complete trials",
            needs=f"a study that varies something, with {FEWEST} complete trials or more",
        )
    sides = sum(2 for s in enough for a in table.branches[s].axes.values() if not _choice(a))
    readings, findings = [], []
    for study, own in studies.items():
        gains = _gains(own, study) if study in enough else None
        for name in table.branches[study].axes:
            reading = _read_axis(own, study, name, gains, LEVEL / max(sides, 1))
            readings.append(reading)
            place = list(table.branches[study].axes).index(name)
            if gains is not None and place in gains.judged and not _choice(reading.axis):
                findings.append(_finding(table, reading))
        left = len(table.branches[study].axes) - len(gains.judged) if gains is not None else 0
        if left:
            findings.append(_not_judged(table.branches[study], left))
    return BoundaryResult(
        objective=table.objective, axes=tuple(readings), findings=tuple(findings)
    )


def _choice(axis: Axis) -> bool:
    return isinstance(axis, Choice)


def _gains(own: TrialTable, study: str) -> EdgeGains:
    complete = own.complete
    return edge_gains(
        own.units(study)[complete],
        list(own.branches[study].axes.values()),
        own.losses[complete],
    )


def _read_axis(
    own: TrialTable, study: str, name: str, gains: EdgeGains | None, level: float
) -> AxisReading:
    branch = own.branches[study]
    place = list(branch.axes).index(name)
    units = own.units(study)[:, place]
    axis = branch.axes[name]
    best = good_region(own.losses)
    sides: tuple[SideReading, ...] = ()
    if not _choice(axis):
        p_values = (1.0, 1.0) if gains is None else gains.p_value[place]
        n = int(own.complete.sum())
        foretold = gains is not None and gains.explained > FORETOLD / math.sqrt(n)
        level = level * min(1.0, (n / CERTAIN) ** FALL) if foretold else 0.0
        is_budget = _is_budget(name, axis)
        sides = tuple(
            _read_side(own, units, axis, side, float(p), level, is_budget, best)
            for side, p in zip(("low", "high"), p_values, strict=True)
        )
        if is_length(name):  # fixed, never widened (B9)
            sides = tuple(replace(s, proposed=None) for s in sides)
    return AxisReading(
        study=study,
        hyperparameter=name,
        subject=subject_name(name, branch.conditions),
        axis=axis,
        trials=own.name,
        values=tuple(c[name] for c in own.config),
        units=units,
        objective_values=own.value,
        infeasible=own.infeasible,
        best=best,
        sides=sides,
    )


def _read_side(
    own: TrialTable,
    units: F[np.ndarray, "trials"],
    axis: Axis,
    side: str,
    p_value: float,
    level: float,
    is_budget: bool,
    best: Bool[np.ndarray, "trials"],
) -> SideReading:
    distance = units if side == "low" else 1.0 - units
    top = best if int(best.sum()) else own.complete
    at = float(np.median(distance[top])) if int(top.sum()) else 0.5
    crowd = _crowding(distance, best) if is_budget and side == "high" else 1.0
    found = p_value < level or (p_value < 0.5 and crowd < level)
    alarm = found and not _fails_near(distance, own.infeasible)
    return SideReading(
        side=side,
        p_value=p_value,
        alarm=alarm,
        best_at=at if side == "low" else 1.0 - at,
        proposed=_wider(axis, side) if alarm else None,
    )


def _is_budget(name: str, axis: Axis) -> bool:
    """A training length with values enough for zones: longer is better, as is known before."""
    few = isinstance(axis, Integer) and axis.high - axis.low + 1 < FEW_VALUES
    return is_length(name) and not few


def _crowding(distance: F[np.ndarray, "trials"], best: Bool[np.ndarray, "trials"]) -> float:
    """Chance of as many of the best in the outermost zone, if they lay anywhere.

    Exact (hypergeometric). 1 where the next zone holds about as many: the best may lie there.
    """
    outer, following = distance < INSIDE, (distance >= INSIDE) & (distance < 2 * INSIDE)
    k, beside = int((best & outer).sum()), int((best & following).sum())
    if stats.binom.sf(k - 1, k + beside, 0.5) >= CROWDED:
        return 1.0
    return float(stats.hypergeom.sf(k - 1, len(best), int(outer.sum()), int(best.sum())))


def _fails_near(distance: F[np.ndarray, "trials"], infeasible: Bool[np.ndarray, "trials"]) -> bool:
    near = distance < NEAR
    return bool(near.any() and infeasible[near].mean() > 0.5)


def _wider(axis: Axis, side: str) -> float | None:
    """The bound that lies WIDEN_BY of the axis' length further out, as people write numbers."""
    assert isinstance(axis, Float | Integer)
    step = WIDEN_BY if side == "high" else -WIDEN_BY
    if axis.scale is Scale.LOG:
        ratio = (axis.high / axis.low) ** abs(step)
        found = axis.high * ratio if side == "high" else axis.low / ratio
    elif axis.scale is Scale.NEAR_ONE:
        ratio = ((1 - axis.low) / (1 - axis.high)) ** abs(step)
        if side == "high":
            return float(f"{1 - _round_number((1 - axis.high) / ratio):.6g}")
        return float(f"{1 - min(_round_number((1 - axis.low) * ratio), 1.0):.6g}")
    else:
        found = (axis.high if side == "high" else axis.low) + step * (axis.high - axis.low)
        if axis.low >= 0 and found < 0:
            found = 0.0  # a range that kept to one sign keeps to it
    if isinstance(axis, Integer):
        least = 1 if axis.scale is Scale.LOG else 0 if axis.low >= 0 else round(found)
        bound = max(round(found), least)
        return None if bound in (axis.low, axis.high) else bound
    linear = axis.scale is Scale.LINEAR
    bound = float(f"{found:.2g}") if linear else _round_number(found)
    outside = bound > axis.high if side == "high" else bound < axis.low
    return bound if outside else None


def _round_number(value: float) -> float:
    """The nearest of 1, 2, 5 times a power of ten, on the log scale."""
    power = 10.0 ** math.floor(math.log10(value))
    best = min((1.0, 2.0, 5.0, 10.0), key=lambda m: abs(math.log(value / (m * power))))
    return float(f"{best * power:.6g}")


def _finding(table: TrialTable, reading: AxisReading) -> Finding:
    branch = table.branches[reading.study]
    alarms = [s for s in reading.sides if s.alarm]
    metric = table.objective.metric
    if not alarms:
        return Finding(
            check="C1",
            severity=Severity.PASS,
            subject=reading.subject,
            numbers={f"p_value_{s.side}": s.p_value for s in reading.sides},
            sentence=f"No sign that {metric} would improve beyond either end of "
            f"{reading.subject} ({_range(reading.axis)}).",
        )
    side = min(alarms, key=lambda s: s.p_value)
    assert isinstance(reading.axis, Float | Integer)
    near = reading.units < NEAR if side.side == "low" else reading.units > 1 - NEAR
    k, n = int((near & reading.best).sum()), int(reading.best.sum())
    bound = reading.axis.low if side.side == "low" else reading.axis.high
    remedy = _remedy(reading, side, branch, f"{metric} still improves towards its {side.side} "
                     f"end, {spell(bound)}")  # fmt: skip
    what = f"{k} of its best {n} trials lie in the quarter next to it"
    if is_length(reading.hyperparameter):
        way = "longer" if side.side == "high" else "shorter"
        what += f". A training length is not widened: fix a {way} one for all trials (B9)"
    elif remedy is None:
        what += "; it cannot be widened further"
    return Finding(
        check="C1",
        severity=Severity.WARNING,
        subject=reading.subject,
        numbers={
            "side": side.side,
            "p_value": side.p_value,
            "share_of_best_near_edge": proportion(k, n),
        },
        sentence=f"The search space is cut off: {metric} still improves towards the {side.side} "
        f"end of {reading.subject}, {spell(bound)}; {what}.",
        remedy=remedy,
        trials=tuple(t for t, b in zip(reading.trials, reading.best & near, strict=True) if b),
    )


def _not_judged(branch: Branch, left: int) -> Finding:
    return Finding(
        check="C1",
        severity=Severity.NOTE,
        subject=subject_name("search space", branch.conditions),
        numbers={"not_judged": left},
        sentence=f"The edges of {left} of {len(branch.axes)} hyperparameters were not judged: no "
        f"more than {MOST_AXES} are, those that explain most by themselves. Fix what does not "
        "matter, and the others will be.",
    )


def _remedy(
    reading: AxisReading, side: SideReading, branch: Branch, because: str
) -> Remedy | None:
    """A wider range; of a training length, which has none, the length to try as C6 has it."""
    axis = reading.axis
    assert isinstance(axis, Float | Integer)
    values: dict[str, Value] = {"low": axis.low, "high": axis.high, "scale": axis.scale.value}
    kind = RemedyKind.WIDEN
    if is_length(reading.hyperparameter):
        longer = side.side == "high"
        kind = RemedyKind.TRAIN_LONGER if longer else RemedyKind.TRAIN_SHORTER
        values = {reading.hyperparameter: half_again(axis.high)} if longer else {}
    elif side.proposed is None:
        return None
    else:
        values[side.side] = side.proposed
    return Remedy(
        kind=kind,
        subject=reading.hyperparameter,
        conditions=branch.conditions,
        values=values,
        because=because,
    )


def _range(axis: Axis) -> str:
    assert isinstance(axis, Float | Integer)
    return f"{spell(axis.low)} to {spell(axis.high)}"
