"""Axis plots: the objective against each varied hyperparameter, on its scale (C1)."""

from __future__ import annotations

from typing import Any

import numpy as np

from tunebook.charts.hyperparameter_axes import HyperparameterScale, hyperparameter_scale
from tunebook.charts.layers import Plane, called, finish, tip
from tunebook.charts.objective_axes import ObjectiveScale, objective_scale
from tunebook.charts.picture import Picture, Row
from tunebook.charts.specification import Spec
from tunebook.charts.thinning import drawn_places, drawn_text
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
    kinds = _kinds(reading, y)
    rows = _trial_rows(reading, kinds, x, y)
    present = [k for k in ("carried", "trial", "clipped", "infeasible", "best") if k in kinds]
    shade, bounds = _shades(reading, alarms, x)
    on = Plane(x.x(reading.hyperparameter), y.y())
    layers: list[Spec] = []
    if shade:
        layers.append(on.layer("proposed", "rect", "proposed", "shade", x2="x2", y=None))
        layers.append(on.layer("bounds", "rule", "flag", y=None))
    layers += on.trial_points(present, *_tooltip(reading, objective), best=kinds.count("best"))
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
        subtitle=_subtitle(kinds, len(rows), alarms, sum(reading.carried)),
        alternative=_alternative(reading, objective, kinds, y, alarms),
    )


def _kinds(reading: AxisReading, y: ObjectiveScale) -> list[str]:
    """How each trial is drawn."""
    kinds = []
    for i, value in enumerate(reading.objective_values.tolist()):
        if reading.infeasible[i]:
            kinds.append("infeasible")
        elif y.clips(value):
            kinds.append("clipped")
        elif reading.best[i]:
            kinds.append("best")
        else:
            kinds.append("carried" if reading.carried and reading.carried[i] else "trial")
    return kinds


def _trial_rows(
    reading: AxisReading, kinds: list[str], x: HyperparameterScale, y: ObjectiveScale
) -> list[Row]:
    rows: list[Row] = []
    crowded = kinds.count("infeasible") > CROWD
    best = _best_place(reading)
    for i in drawn_places(kinds, keep=() if best is None else (best,)):
        kind, trial, value = kinds[i], reading.trials[i], reading.values[i]
        objective = float(reading.objective_values[i])
        if kind == "infeasible":
            shown = y.strip_at(jitter(f"{trial} up") if crowded else 0.0)
        else:
            shown = y.shown(objective)
        rows.append(
            {
                "trial": trial,
                "kind": kind,
                "called": called(kind),
                "x": x.place(value, trial),
                "value": value,
                "shown": shown,
                "objective": None if kind == "infeasible" else objective,
            }
        )
    return rows


def _best_place(reading: AxisReading) -> int | None:
    """Place of the best complete trial; None where there is none."""
    losses = np.where(reading.infeasible, np.nan, reading.sign * reading.objective_values)
    return None if np.isnan(losses).all() else int(np.nanargmin(losses))


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


def _subtitle(kinds: list[str], drawn: int, alarms: list[SideReading], carried: int) -> list[str]:
    lines = [plural(len(kinds), "trial")]
    if carried:
        lines[0] += f", {carried} of earlier rounds"
    if infeasible := kinds.count("infeasible"):
        lines[0] += f", {infeasible} infeasible"
    if clipped := kinds.count("clipped"):
        lines[0] += f", {clipped} off the scale"
    if thinned := drawn_text(drawn, len(kinds)):
        lines.append(thinned)
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
    kinds: list[str],
    y: ObjectiveScale,
    alarms: list[SideReading],
) -> str:
    head = f"Axis plot of {reading.subject}: {objective.metric} of {plural(len(kinds), 'trial')}"
    best = _best_place(reading)
    if best is None:
        return f"{head}, none of which completed."
    sentences = [f"{head} {_range(reading)}.", f"The best trial, {reading.trials[best]}, reached "
                 f"{number(float(reading.objective_values[best]))} at "
                 f"{spell(reading.values[best])}."]  # fmt: skip
    good: list[Any] = [v for v, kind in zip(reading.values, kinds, strict=True) if kind == "best"]
    if len(good) > 1 and not isinstance(reading.axis, Choice):
        sentences.append(
            f"The {len(good)} best lie between {number(min(good))} and {number(max(good))}."
        )
    if infeasible := kinds.count("infeasible"):
        sentences.append(
            f"{plural(infeasible, 'trial')} infeasible, drawn as crosses at the edge."
        )
    if clipped := kinds.count("clipped"):
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
