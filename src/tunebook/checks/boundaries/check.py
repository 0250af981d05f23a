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
(one-sided, at CROWDED), and the gain more likely than not. It also needs a fit that predicts
left-out trials better than chance would, and an edge at which trials are more likely to work than
not: where they fail, widening gains nothing. Trials that failed, exploded or are at chance (as C3
has it) say where trials work, and are no part of the response.

A pass needs that an alarm was possible: that the chance that an edge is better by what a best a
quarter outside would make it is below PASS, that neither side's own chance is below SIGN, and that
the fit predicts left-out trials. With few trials an edge that seems better by just that must raise
an alarm, and there are SURE_AN_AXIS trials a hyperparameter. Else there is not enough evidence,
and the note shows the edge next to which the best trials are. An end next to which most trials
failed without a stated cause is not judged: results there are missing, and nobody knows why. An
end that can't be widened, such as a dropout of 0, needs no pass and asks for no trials. Assumes
that the response is continuous on the scales that were declared, noise that is about the same over
the better half of the trials, and trials not chosen by earlier results. Measured error rates:
docs/claims/boundaries.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tunebook.checks.boundaries import wording
from tunebook.checks.boundaries.result import NEAR, SIGN, AxisReading, SideReading
from tunebook.domain.design import Objective
from tunebook.domain.finding import Finding, NotApplicable, Severity, subject_name
from tunebook.domain.formats.numbers import round_to
from tunebook.domain.roles import is_length
from tunebook.domain.space import Axis, Branch, Choice, Float, Integer, Scale
from tunebook.domain.table import TrialTable
from tunebook.statistics.chance_level import chance_level, failed_at_chance
from tunebook.statistics.distributions import binomial_tail, hypergeometric_tail
from tunebook.statistics.estimators import good_region
from tunebook.statistics.response.columns import MOST_AXES
from tunebook.statistics.response.edge_gain import INSIDE, EdgeGains, edge_gains

if TYPE_CHECKING:
    from jaxtyping import Bool
    from jaxtyping import Float as F

LEVEL = 0.016
"""At it cones and ridges, in which neither model is right, alarm in at most 5 % of tables."""
FEWEST = 10
"""Complete trials of a study below which no response can be fitted."""
PREDICTED = 2.0
"""A fit of n trials must predict this over the root of n of the variance of left-out ones: where
nothing matters the share is about zero, give or take half of it."""
PASS = 0.05
"""Chance that an edge gains what would matter, below which it passes."""
CERTAIN = 32
"""Trials below which the model is surer than it may be: the levels fall with their power."""
FALL = 4
AN_AXIS, SURE_AN_AXIS = 6, 12
"""Trials a hyperparameter from which an alarm is possible whatever the noise, and from which the
model is as sure of a pass as it says."""
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
    at_chance = chance_level(counted)
    worked = failed_at_chance(counted, at_chance.stuck) if at_chance else counted
    studies = [s for s in table.branches if table.branches[s].axes]
    ranged = {s: worked.of_study(s) for s in studies if _numeric(table.branches[s])}
    enough = {s: t for s, t in ranged.items() if int(t.complete.sum()) >= FEWEST}
    if not enough:
        return _silent(studies, ranged, at_chance is not None)
    level = LEVEL / sum(2 * _numeric(table.branches[s]) for s in enough)
    readings, findings = [], []
    for study in studies:
        gains = _gains(enough[study], study) if study in enough else None
        own, lost = counted.of_study(study), unexplained.of_study(study)
        read = _readings(own, lost, study, gains, level)
        readings += read
        if gains is not None:
            findings += _findings(table, read, gains)
    return BoundaryResult(
        objective=table.objective, axes=tuple(readings), findings=tuple(findings)
    )


def _numeric(branch: Branch) -> int:
    """How many hyperparameters have a range."""
    return sum(not isinstance(axis, Choice) for axis in branch.axes.values())


def _silent(
    studies: Sequence[str], ranged: Mapping[str, TrialTable], above_chance: bool
) -> NotApplicable:
    most = max((int(t.complete.sum()) for t in ranged.values()), default=0)
    axes = [_numeric(t.branches[s]) for s, t in ranged.items()]
    return NotApplicable(
        check="C1",
        reason="no hyperparameter was varied"
        if not studies
        else "only choices were varied, and a choice has no boundary"
        if not ranged
        else f"the largest study has {most} complete trials"
        + (" better than chance" if above_chance else ""),
        needs=wording.evidence_needed(_wanted(min([*axes, MOST_AXES])), FEWEST),
    )


def _findings(table: TrialTable, read: Sequence[AxisReading], gains: EdgeGains) -> list[Finding]:
    """Alarms, passes, and one note on what the trials leave open."""
    study, metric = read[0].study, table.objective.metric
    branch = table.branches[study]
    found, left_open = [], []
    for reading in (read[k] for k in gains.judged if read[k].sides):
        if any(s.alarm for s in reading.sides):
            found.append(wording.cut_off(reading, branch, metric))
        elif any(s.unexplained for s in reading.sides):
            found.append(wording.failing_end(reading))
        elif all(s.passes for s in reading.open_sides):
            found.append(wording.not_cut_off(reading, metric))
        else:
            left_open.append(reading)
    found.sort(key=lambda f: f.severity is not Severity.WARNING)
    if left_open:
        wanted = _wanted(len(gains.judged))
        complete = int((~left_open[0].infeasible).sum())
        trials = (gains.trials, complete)
        found.append(wording.not_known(left_open, branch, metric, trials, wanted))
    if left := len(branch.axes) - len(gains.judged):
        found.append(wording.not_judged(study, branch, left))
    return found


def _wanted(axes: int) -> int:
    """Complete trials from which an alarm is possible whatever the space."""
    return max(CERTAIN, AN_AXIS * axes)


def _level(level: float, gains: EdgeGains | None, an_axis: int = 0) -> float:
    """The level of a claim: lower with few trials, zero where the fit predicts nothing."""
    if gains is None or gains.explained <= PREDICTED / math.sqrt(gains.trials):
        return 0.0
    certain = max(CERTAIN, an_axis * len(gains.judged))
    return level * min(1.0, (gains.trials / certain) ** FALL)


def _gains(worked: TrialTable, study: str) -> EdgeGains:
    axes = list(worked.branches[study].axes.values())
    losses = np.where(worked.complete, worked.losses, np.inf)
    return edge_gains(worked.units(study), axes, losses)


def _readings(
    own: TrialTable, lost: TrialTable, study: str, gains: EdgeGains | None, level: float
) -> list[AxisReading]:
    """All hyperparameters of a study; those without sides, as choices are, are only drawn."""
    branch, units, lost_units = own.branches[study], own.units(study), lost.units(study)
    best = good_region(own.losses)
    found = []
    for place, (name, axis) in enumerate(branch.axes.items()):
        sides = [
            _read_side(
                own, name, axis, k, best,
                _judge(gains, place, k, level), units[:, place], lost_units[:, place],
            )
            for k in (() if isinstance(axis, Choice) else (0, 1))
        ]  # fmt: skip
        found.append(
            AxisReading(
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
                sides=tuple(sides),
                sign=own.objective.sign,
                carried=tuple(map(bool, own.carried)),
            )
        )
    return found


def _judge(gains: EdgeGains | None, place: int, k: int, level: float) -> tuple[float, float, bool]:
    """The p-value of a side, the level of an alarm there, and whether it passes."""
    if gains is None:
        return 1.0, 0.0, False
    p_value, could_gain, if_cut_off = gains.chances[:, place, k].tolist()
    alarm_at, pass_at = _level(level, gains), _level(PASS, gains, SURE_AN_AXIS)
    passes = p_value >= SIGN and could_gain < pass_at
    if gains.trials < _wanted(len(gains.judged)):
        sure = gains.trials >= SURE_AN_AXIS * len(gains.judged)
        passes = passes and sure and if_cut_off < alarm_at
    return p_value, alarm_at, passes


def _read_side(
    own: TrialTable,
    name: str,
    axis: Axis,
    k: int,
    best: Bool[np.ndarray, "trials"],
    judged: tuple[float, float, bool],
    units: F[np.ndarray, "trials"],
    lost: F[np.ndarray, "failed"],
) -> SideReading:
    p_value, alarm_at, passes = judged
    away, side = np.abs(k - units), ("low", "high")[k]
    unexplained = _lost_near(away, np.abs(k - lost))
    crowd = _crowding(away, best) if k and _is_budget(name, axis) else 1.0
    cut_off = p_value < alarm_at or (p_value < 0.5 and crowd < alarm_at)
    alarm = cut_off and unexplained is None
    fixed = is_length(name)  # never widened (B9)
    top = best if best.any() else own.complete
    return SideReading(
        side=side,
        p_value=p_value,
        alarm=alarm,
        passes=passes,
        best_at=float(np.median(units[top])) if top.any() else 0.5,
        proposed=_wider(axis, side) if alarm and not fixed else None,
        final=_is_final(axis, side) and not fixed,
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
    if binomial_tail(k - 1, k + beside, 0.5) >= CROWDED:
        return 1.0
    return hypergeometric_tail(k - 1, len(best), int(outer.sum()), int(best.sum()))


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
