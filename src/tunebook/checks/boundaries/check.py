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

A pass needs that neither side's chance is below SIGN, that the fit foretells left-out trials, and
trials enough for an alarm. Else there is not enough evidence, and the note shows the edge next to
which the best trials lie. An end next to which most trials failed without a stated cause is not
judged: results there are missing, and nobody knows why. An end that can't be widened, such as a
dropout of 0, needs no pass and asks for no trials.

Assumes that the response is continuous on the scales that were declared, noise that is about the
same over the better half of the trials, and trials not chosen by earlier results. Measured error
rates: docs/claims/boundaries.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from tunebook.checks.boundaries import wording
from tunebook.checks.boundaries.result import NEAR, SIGN, AxisReading, SideReading
from tunebook.domain.design import Objective
from tunebook.domain.finding import Finding, NotApplicable, subject_name
from tunebook.domain.formats.numbers import round_to
from tunebook.domain.roles import is_length
from tunebook.domain.space import Axis, Choice, Float, Integer, Scale
from tunebook.domain.table import TrialTable
from tunebook.statistics.estimators import good_region
from tunebook.statistics.response.edge_gain import INSIDE, MOST_AXES, EdgeGains, edge_gains

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
AN_AXIS, FEW_AXES = 6, 3
"""Trials a hyperparameter from which an alarm is possible; see `_passes` for fewer of them."""
CROWDED = 0.1
"""Of a response that is even on both sides of a best at 15 %, as many lie in either zone."""
FEW_VALUES = 8
"""Values of an integer below which its zones near an edge hold one value or none."""
WIDEN_BY = 0.5
"""A cut-off side is widened by half of the axis' length on its scale."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BoundaryResult:
    """Every axis of every study, and what the sides say."""

    objective: Objective
    axes: tuple[AxisReading, ...]
    findings: tuple[Finding, ...]


def check(table: TrialTable, *, seed: int = 0) -> BoundaryResult | NotApplicable:  # noqa: ARG001
    """Test every side of every varied hyperparameter, in each study apart."""
    counted, unexplained = table.take(table.counted), table.take(table.unexplained)
    studies = {s: counted.of_study(s) for s in table.branches if table.branches[s].axes}
    ranged = {s: t for s, t in studies.items() if not all(map(_choice, _axes(table, s)))}
    enough = {s: t for s, t in ranged.items() if int(t.complete.sum()) >= FEWEST}
    if not enough:
        return _silent(studies, ranged)
    sides = sum(2 for s in enough for a in _axes(table, s) if not _choice(a))
    readings, findings = [], []
    for study, own in studies.items():
        gains = _gains(own, study) if study in enough else None
        level = LEVEL / sides
        lost = unexplained.of_study(study)
        read = [_read_axis(own, lost, study, n, gains, level) for n in table.branches[study].axes]
        readings += read
        if gains is not None:
            findings += _findings(table, own, read, gains, level)
    return BoundaryResult(
        objective=table.objective, axes=tuple(readings), findings=tuple(findings)
    )


def _axes(table: TrialTable, study: str) -> list[Axis]:
    return list(table.branches[study].axes.values())


def _silent(studies: Mapping[str, TrialTable], ranged: Mapping[str, TrialTable]) -> NotApplicable:
    most = max((int(t.complete.sum()) for t in ranged.values()), default=0)
    axes = [sum(not _choice(a) for a in t.branches[s].axes.values()) for s, t in ranged.items()]
    return NotApplicable(
        check="C1",
        reason="no hyperparameter was varied"
        if not studies
        else "only choices were varied, and a choice has no boundary"
        if not ranged
        else f"the largest study has {most} complete trials",
        needs=wording.evidence_needed(_wanted(min([*axes, MOST_AXES])), FEWEST),
    )


def _findings(
    table: TrialTable,
    own: TrialTable,
    read: Sequence[AxisReading],
    gains: EdgeGains,
    level: float,
) -> list[Finding]:
    """Alarms, passes, and one note on what the trials leave open."""
    study, metric = read[0].study, table.objective.metric
    branch = table.branches[study]
    judged = [r for k, r in enumerate(read) if k in gains.judged and not _choice(r.axis)]
    found = [wording.cut_off(r, branch, metric) for r in judged if _alarm(r)]
    left_open = []
    for reading in (r for r in judged if not _alarm(r)):
        place = list(branch.axes).index(reading.hyperparameter)
        if _unexplained(reading):
            found.append(wording.failing_end(reading))
        elif not reading.open_sides or _passes(own, study, place, reading, gains, level):
            found.append(wording.not_cut_off(reading, metric))
        else:
            left_open.append(reading)
    if left_open:
        n, wanted = int(own.complete.sum()), _wanted(len(gains.judged))
        found.append(wording.not_known(left_open, branch, metric, n, wanted))
    if left := len(branch.axes) - len(gains.judged):
        found.append(wording.not_judged(study, branch, left))
    return found


def _alarm(reading: AxisReading) -> bool:
    return any(s.alarm for s in reading.sides)


def _unexplained(reading: AxisReading) -> bool:
    return any(s.unexplained for s in reading.sides)


def _passes(
    own: TrialTable,
    study: str,
    place: int,
    reading: AxisReading,
    gains: EdgeGains,
    level: float,
) -> bool:
    """True where neither side looks better than the inside, and an alarm could have been raised.

    It could where the fit foretells left-out trials, and where there are trials enough: of one to
    three hyperparameters, where the same results, rearranged along the axis so that its upper end
    is best, do raise one.
    """
    n = int(own.complete.sum())
    if not _foretold(gains, n) or any(s.p_value < SIGN for s in reading.open_sides):
        return False
    if n >= _wanted(len(gains.judged)):
        return True
    if len(gains.judged) > FEW_AXES:
        return False
    complete = own.complete
    units = own.units(study)[complete]
    rearranged = np.empty(n)
    rearranged[np.argsort(units[:, place], kind="stable")] = np.sort(own.losses[complete])[::-1]
    found = edge_gains(units, list(own.branches[study].axes.values()), rearranged)
    return float(found.p_value[place, 1]) < _level(level, n)


def _wanted(axes: int) -> int:
    """Complete trials from which an alarm is possible whatever the space."""
    return max(CERTAIN, AN_AXIS * axes)


def _foretold(gains: EdgeGains, trials: int) -> bool:
    return gains.explained > FORETOLD / math.sqrt(trials)


def _level(level: float, trials: int) -> float:
    return level * min(1.0, (trials / CERTAIN) ** FALL)


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
    own: TrialTable,
    lost: TrialTable,
    study: str,
    name: str,
    gains: EdgeGains | None,
    level: float,
) -> AxisReading:
    branch = own.branches[study]
    place = list(branch.axes).index(name)
    units, lost_units = own.units(study)[:, place], lost.units(study)[:, place]
    axis = branch.axes[name]
    best = good_region(own.losses)
    sides: tuple[SideReading, ...] = ()
    if not _choice(axis):
        p_values = (1.0, 1.0) if gains is None else gains.p_value[place]
        n = int(own.complete.sum())
        level = _level(level, n) if gains is not None and _foretold(gains, n) else 0.0
        is_budget = _is_budget(name, axis)
        sides = tuple(
            _read_side(own, units, lost_units, axis, side, float(p), level, is_budget, best)
            for side, p in zip(("low", "high"), p_values, strict=True)
        )
        if is_length(name):  # fixed, never widened (B9)
            sides = tuple(replace(s, proposed=None, final=False) for s in sides)
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
        sign=own.objective.sign,
        carried=tuple(map(bool, own.carried)),
    )


def _read_side(
    own: TrialTable,
    units: F[np.ndarray, "trials"],
    lost: F[np.ndarray, "failed"],
    axis: Axis,
    side: str,
    p_value: float,
    level: float,
    is_budget: bool,
    best: Bool[np.ndarray, "trials"],
) -> SideReading:
    distance = units if side == "low" else 1.0 - units
    unexplained = _lost_near(distance, lost if side == "low" else 1.0 - lost)
    top = best if int(best.sum()) else own.complete
    at = float(np.median(distance[top])) if int(top.sum()) else 0.5
    crowd = _crowding(distance, best) if is_budget and side == "high" else 1.0
    found = p_value < level or (p_value < 0.5 and crowd < level)
    alarm = found and unexplained is None and not _fails_near(distance, own.infeasible)
    return SideReading(
        side=side,
        p_value=p_value,
        alarm=alarm,
        best_at=at if side == "low" else 1.0 - at,
        proposed=_wider(axis, side) if alarm else None,
        final=_is_final(axis, side),
        unexplained=unexplained,
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


def _lost_near(
    distance: F[np.ndarray, "trials"], lost: F[np.ndarray, "failed"]
) -> tuple[int, int] | None:
    """Trials next to an edge that failed without a stated cause, and all, where they are most.

    Next to it is the outermost zone in which no best place is looked for, or the quarter.
    """
    for zone in (INSIDE, NEAR):
        failed = int((lost < zone).sum())
        near = failed + int((distance < zone).sum())
        if failed > 1 and failed > near / 2:
            return failed, near
    return None


def _is_final(axis: Axis, side: str) -> bool:
    """An end at 0, which ranges of one sign do not pass; at 1 of a whole number on a log scale."""
    assert isinstance(axis, Float | Integer)
    least = 1 if isinstance(axis, Integer) and axis.scale is Scale.LOG else 0
    return side == "low" and axis.low == least


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
            return round_to(1 - _round_number((1 - axis.high) / ratio), 6)
        return round_to(1 - min(_round_number((1 - axis.low) * ratio), 1.0), 6)
    else:
        found = (axis.high if side == "high" else axis.low) + step * (axis.high - axis.low)
        if axis.low >= 0 and found < 0:
            found = 0.0  # a range that kept to one sign keeps to it
    if isinstance(axis, Integer):
        least = 1 if axis.scale is Scale.LOG else 0 if axis.low >= 0 else round(found)
        bound = max(round(found), least)
        return None if bound in (axis.low, axis.high) else bound
    linear = axis.scale is Scale.LINEAR
    bound = round_to(found) if linear else _round_number(found)
    outside = bound > axis.high if side == "high" else bound < axis.low
    return bound if outside else None


def _round_number(value: float) -> float:
    """The nearest of 1, 2, 5 times a power of ten, on the log scale."""
    power = 10.0 ** math.floor(math.log10(value))
    best = min((1.0, 2.0, 5.0, 10.0), key=lambda m: abs(math.log(value / (m * power))))
    return round_to(best * power, 6)
