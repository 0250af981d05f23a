"""Axis plots: the objective against each varied hyperparameter, on its scale (C1)."""

from __future__ import annotations

import numpy as np

from tunebook.charts.hyperparameter_axes import HyperparameterScale, hyperparameter_scale
from tunebook.charts.layers import Plane, called, finish, tip
from tunebook.charts.objective_axes import ObjectiveScale, objective_scale
from tunebook.charts.picture import Picture, Row
from tunebook.charts.specification import Spec
from tunebook.charts.ticks import jitter
from tunebook.checks.boundaries.check import BoundaryResult
from tunebook.checks.boundaries.result import AxisReading, SideReading
from tunebook.domain.design import Objective
from tunebook.domain.formats.numbers import listed, number, plural
from tunebook.domain.space import Choice, Integer, spell

OUTER = 0.1
"""Share of the axis that is shaded on a flagged side for which no new range is proposed."""


CROWD = 25
"""Infeasible trials above which the crosses are spread within their strip."""


def draw(result: BoundaryResult) -> tuple[Picture, ...]:
    """One picture for each varied hyperparameter of each study.

    Complete trials are points, squares where an earlier round ran them. The best tenth, three at
    least, are in the accent colour. Infeasible trials are crosses in a strip at the bad end. A
    side that the check flagged is shaded: out to the proposed bound where there is one.
    """
    return tuple(_axis_plot(reading, result.objective) for reading in result.axes)


def _axis_plot(reading: AxisReading, objective: Objective) -> Picture:
    alarms = [side for side in reading.sides if side.alarm]
    x = hyperparameter_scale(
        reading.axis, also=[s.proposed for s in alarms if s.proposed is not None]
    )
    complete = ~np.asarray(reading.infeasible, dtype=bool)
    y = objective_scale(
        np.asarray(reading.objective_values, dtype=float)[complete],
        objective,
        missing=not complete.all(),
    )
    rows = _trial_rows(reading, x, y)
    kinds = [k for k in ("carried", "trial", "clipped", "infeasible", "best") if _count(rows, k)]
    shade, bounds = _shades(reading, alarms, x)
    on = Plane(x.x(reading.hyperparameter), y.y())
    layers: list[Spec] = []
    if shade:
        layers.append(on.layer("proposed", "rect", "proposed", "shade", x2="x2", y=None))
        layers.append(on.layer("bounds", "rule", "flag", y=None))
    layers += on.trial_points(kinds, *_tooltip(reading, objective), best=_count(rows, "best"))
    data: dict[str, list[Row]] = {"trials": rows}
    if shade:
        data |= {"shade": shade, "bounds": bounds}
    return finish(
        layers,
        data,
        name=f"boundaries-{reading.subject}",
        about=(reading.subject, reading.hyperparameter),
        study=reading.study,
        title=f"{objective.metric} by {reading.subject}",
        subtitle=_subtitle(rows, alarms, sum(reading.carried)),
        alternative=_alternative(reading, objective, rows, y, alarms),
    )


def _trial_rows(reading: AxisReading, x: HyperparameterScale, y: ObjectiveScale) -> list[Row]:
    rows: list[Row] = []
    crowded = int(np.sum(reading.infeasible)) > CROWD
    for i, trial in enumerate(reading.trials):
        value, objective = reading.values[i], float(reading.objective_values[i])
        kind = "carried" if reading.carried and reading.carried[i] else "trial"
        kind = "best" if reading.best[i] else kind
        if reading.infeasible[i]:
            kind, shown = "infeasible", y.strip_at(jitter(f"{trial} up") if crowded else 0.0)
        else:
            shown = y.shown(objective)
            kind = "clipped" if y.clips(objective) else kind
        rows.append(
            {
                "trial": trial,
                "kind": kind,
                "called": called(kind),
                "x": x.place(value, trial),
                "value": value,
                "shown": shown,
                "objective": None if reading.infeasible[i] else objective,
            }
        )
    return rows


def _shades(
    reading: AxisReading, alarms: list[SideReading], x: HyperparameterScale
) -> tuple[list[Row], list[Row]]:
    shade: list[Row] = []
    bounds: list[Row] = []
    axis = reading.axis
    if isinstance(axis, Choice):
        return shade, bounds
    for side in alarms:
        bound = axis.low if side.side == "low" else axis.high
        inner = axis.from_unit(OUTER if side.side == "low" else 1 - OUTER)
        to = inner if side.proposed is None else side.proposed
        shade.append({"side": side.side, "x": x.place(bound), "x2": x.place(to), "to": to})
        bounds.append({"side": side.side, "x": x.place(bound), "bound": bound})
    return shade, bounds


def _tooltip(reading: AxisReading, objective: Objective) -> list[Spec]:
    name = reading.hyperparameter
    value = tip("value", name, ".4~g")
    if isinstance(reading.axis, Choice):
        value = tip("value", name)
    elif isinstance(reading.axis, Integer):
        value = tip("value", name, "d")
    return [
        tip("trial", "trial"),
        value,
        tip("objective", objective.metric, ".4~g"),
        tip("called", "shown as"),
    ]


def _count(rows: list[Row], kind: str) -> int:
    return sum(row["kind"] == kind for row in rows)


def _subtitle(rows: list[Row], alarms: list[SideReading], carried: int) -> list[str]:
    lines = [plural(len(rows), "trial")]
    if carried:
        lines[0] += f", {carried} of earlier rounds"
    if infeasible := _count(rows, "infeasible"):
        lines[0] += f", {infeasible} infeasible"
    if clipped := _count(rows, "clipped"):
        lines[0] += f", {clipped} off the scale"
    # Subtitles stand in one line on a page, parted by semicolons.
    calls = [_call(side).rstrip(".") for side in alarms]
    return lines + [call[0].lower() + call[1:] for call in calls]


def _call(side: SideReading) -> str:
    where = "lower" if side.side == "low" else "upper"
    if side.proposed is None:
        return f"The best trials crowd the {where} bound."
    down = "down" if side.side == "low" else "up"
    return f"The best trials crowd the {where} bound: go on {down} to {number(side.proposed)}."


def _alternative(
    reading: AxisReading,
    objective: Objective,
    rows: list[Row],
    y: ObjectiveScale,
    alarms: list[SideReading],
) -> str:
    complete = [r for r in rows if r["objective"] is not None]
    head = f"Axis plot of {reading.subject}: {objective.metric} of {plural(len(rows), 'trial')}"
    if not complete:
        return f"{head}, none of which completed."
    best = min(complete, key=lambda r: objective.sign * r["objective"])
    sentences = [f"{head} {_range(reading)}.", f"The best trial, {best['trial']}, reached "
                 f"{number(best['objective'])} at {spell(best['value'])}."]  # fmt: skip
    good = [r["value"] for r in rows if r["kind"] == "best"]
    if len(good) > 1 and not isinstance(reading.axis, Choice):
        sentences.append(
            f"The {len(good)} best lie between {number(min(good))} and {number(max(good))}."
        )
    if infeasible := _count(rows, "infeasible"):
        sentences.append(
            f"{plural(infeasible, 'trial')} infeasible, drawn as crosses at the edge."
        )
    if clipped := _count(rows, "clipped"):
        beyond = "above" if y.sign > 0 else "below"
        sentences.append(
            f"{plural(clipped, 'trial')} {beyond} {number(y.bad)} drawn as triangles at the edge."
        )
    sentences += [_call(side) for side in alarms]
    return " ".join(sentences)


def _range(reading: AxisReading) -> str:
    axis = reading.axis
    if isinstance(axis, Choice):
        return f"over {listed([spell(v) for v in axis.values])}"
    scale = "" if axis.scale == "linear" else f", {axis.scale.replace('_', ' ')} scale"
    return f"from {number(axis.low)} to {number(axis.high)}{scale}"
