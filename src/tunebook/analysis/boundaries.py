"""Do the best trials crowd a boundary of the search space? (C1)

Claim, for each varied hyperparameter and side: "the objective still improves towards this edge".
Null: it does not; widening this side alone cannot improve the best mean response. Estimator: the
slope of the losses' normal scores at the edge, where the other hyperparameters suit it best
(`edge_slope.py`), and with it the exact test of whether the best tenth of the trials (three at
least) crowd the nearest quarter of the axis. An alarm needs the slope at ALPHA shared over all
sides of the table (Bonferroni) and the best not rarer there than elsewhere, or crowding at that
level and the slope at ALPHA / 2; and that the best third of the trials improve towards the edge
by themselves, at AMONG_BEST: a fitted slope at the end of a plateau comes from the way up to it.

Assumes that the response is smooth along the axis on the scale that was declared, and trials not
chosen by earlier results. Measured error rates: docs/claims/boundaries.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from tunebook.analysis.edge_slope import slope_among_best, slope_at_edge
from tunebook.analysis.estimators import good_region, proportion
from tunebook.words.design import Objective
from tunebook.words.finding import (
    Finding,
    NotApplicable,
    Remedy,
    RemedyKind,
    Severity,
    subject_name,
)
from tunebook.words.space import Axis, Choice, Float, Integer, Scale, spell
from tunebook.words.table import TrialTable
from tunebook.words.trial import Value

if TYPE_CHECKING:
    from jaxtyping import Bool
    from jaxtyping import Float as F

ALPHA = 0.05
FEWEST = 10
"""Complete trials of a study below which no derivative at an edge can be told from noise."""
AMONG_BEST = 0.1
"""Level of the slope among the best third: on plateaus one false alarm in six without it, one in
twenty with it (docs/decisions/0008-where-an-edge-is-judged.md)."""
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
        for name in table.branches[study].axes:
            level = ALPHA / max(sides, 1) if study in enough else 0.0
            reading = _read_axis(own, study, name, level)
            readings.append(reading)
            if study in enough and not _choice(reading.axis):
                findings.append(_finding(table, reading))
    return BoundaryResult(
        objective=table.objective, axes=tuple(readings), findings=tuple(findings)
    )


def _choice(axis: Axis) -> bool:
    return isinstance(axis, Choice)


def _read_axis(own: TrialTable, study: str, name: str, level: float) -> AxisReading:
    branch = own.branches[study]
    place = list(branch.axes).index(name)
    units = own.units(study)
    axis = branch.axes[name]
    best = good_region(own.losses)
    sides = () if _choice(axis) else tuple(
        _read_side(own, units, place, axis, side, level, best) for side in ("low", "high")
    )  # fmt: skip
    return AxisReading(
        study=study,
        hyperparameter=name,
        subject=subject_name(name, branch.conditions),
        axis=axis,
        trials=own.name,
        values=tuple(c[name] for c in own.config),
        units=units[:, place],
        objective_values=own.value,
        infeasible=own.infeasible,
        best=best,
        sides=sides,
    )


def _read_side(
    own: TrialTable,
    units: F[np.ndarray, "trials axes"],
    place: int,
    axis: Axis,
    side: str,
    level: float,
    best: Bool[np.ndarray, "trials"],
) -> SideReading:
    distance = units[:, place] if side == "low" else 1.0 - units[:, place]
    complete = own.complete
    p_value = 1.0
    if int(complete.sum()) >= FEWEST:
        others = np.delete(units[complete], place, axis=1)
        p_value = slope_at_edge(distance[complete], others, own.losses[complete])
    top = best if int(best.sum()) else complete
    at = float(np.median(distance[top])) if int(top.sum()) else 0.5
    crowd = _crowding(distance, top)
    found = (p_value < level and crowd < 0.5) or (p_value < ALPHA / 2 and crowd < level)
    alarm = found and slope_among_best(distance[complete], own.losses[complete]) < AMONG_BEST
    fails_there = _fails_near(distance, own.infeasible)
    proposed = None if not alarm or fails_there else _wider(axis, side)
    return SideReading(
        side=side,
        p_value=p_value,
        alarm=alarm,
        best_at=at if side == "low" else 1.0 - at,
        proposed=proposed,
    )


def _crowding(distance: F[np.ndarray, "trials"], top: Bool[np.ndarray, "trials"]) -> float:
    """Chance of as many of the best in the nearest quarter, if best trials lay anywhere.

    One-sided hypergeometric test, exact where the axis does not matter.
    """
    near = distance < NEAR
    drawn, inside = int(top.sum()), int((top & near).sum())
    return float(stats.hypergeom.sf(inside - 1, len(near), int(near.sum()), drawn))


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
    low = side.proposed if side.side == "low" else reading.axis.low
    high = side.proposed if side.side == "high" else reading.axis.high
    what = f"{k} of its best {n} trials lie in the quarter next to it" + (
        "" if side.proposed is not None else "; trials fail there, so it is not widened"
    )
    remedy = None
    if side.proposed is not None and low is not None and high is not None:
        remedy = Remedy(
            kind=RemedyKind.WIDEN,
            subject=reading.hyperparameter,
            conditions=branch.conditions,
            values={"low": low, "high": high, "scale": reading.axis.scale.value},
            because=f"{metric} still improves towards its {side.side} end, {spell(bound)}",
        )
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


def _range(axis: Axis) -> str:
    assert isinstance(axis, Float | Integer)
    return f"{spell(axis.low)} to {spell(axis.high)}"
