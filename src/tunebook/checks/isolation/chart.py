"""Isolation plots: the best of each scientific value with its uncertainty (C9)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np

from tunebook.charts.layers import counted, finish, first_of, layer, number, target, tip
from tunebook.charts.objective_axes import ObjectiveScale, objective_scale
from tunebook.charts.picture import Picture, Row
from tunebook.charts.ticks import jitter
from tunebook.charts.value_rows import ROW_HEIGHT, side_axis
from tunebook.checks.isolation import band_chart
from tunebook.checks.isolation.check import (
    IsolatedHyperparameter,
    IsolatedValue,
    IsolationResult,
    Slice,
)
from tunebook.domain.design import Objective
from tunebook.domain.finding import Interval
from tunebook.domain.space import spell

MOST_ROWS = 24
"""Values that have a row; of more, the best."""
AT_LEAST = 90
"""Pixels of height of the smallest picture."""


def draw(result: IsolationResult) -> tuple[Picture, ...]:
    """A picture for each scientific hyperparameter.

    Each value has a row: the best over the nuisance hyperparameters with the interval of where
    the best would fall again, and below it every trial as a faint dot. A continuous one has a
    row for each slice, and a curve of the best that can be had along its range.
    """
    drawn = (_isolation_plot(h, result.objective) for h in result.hyperparameters)
    along = (
        band_chart.picture_of(h.name, band, result.objective)
        for h in result.hyperparameters
        for band in h.bands
    )
    return (*(p for p in drawn if p is not None), *along)


def _isolation_plot(found: IsolatedHyperparameter, objective: Objective) -> Picture | None:
    groups: list[tuple[str, IsolatedValue | Slice]] = [(spell(v.value), v) for v in found.values]
    groups += [(f"{number(s.low)} to {number(s.high)}", s) for s in found.slices]
    if not groups:
        return None
    every = len(groups)
    groups = _best_few(groups, objective.sign)
    ends = [
        float(e)
        for _, g in groups
        for e in (g.best.estimate, g.best.low, g.best.high)
        if math.isfinite(e)
    ]
    values = [float(v) for _, g in groups for v in _values(g)]
    x = objective_scale([*values, *ends], objective, keep=ends)
    rows = [_best_row(name, i, g, x) for i, (name, g) in enumerate(groups)]
    data: dict[str, list[Row]] = {
        "best": [row for row in rows if row["best"] is not None],
        "trials": [row for i, (_, g) in enumerate(groups) for row in _dots(i, g, x)],
    }
    return finish(
        _layers(x, [name for name, _ in groups], found.name, objective),
        data,
        name=f"isolation-{found.name}",
        title=f"Best {objective.metric} for each {found.name}",
        subtitle=_subtitle(groups, every, trials=bool(data["trials"])),
        alternative=_alternative(found, groups, every, objective, x, values),
        height=max(AT_LEAST, ROW_HEIGHT * len(groups)),
    )


def _best_few(
    groups: list[tuple[str, IsolatedValue | Slice]], sign: int
) -> list[tuple[str, IsolatedValue | Slice]]:
    """All of them as they stand, or of too many the best, best first."""
    if len(groups) <= MOST_ROWS:
        return groups

    def place(group: tuple[str, IsolatedValue | Slice]) -> float:
        best = sign * group[1].best.estimate
        return best if math.isfinite(best) else math.inf

    return sorted(groups, key=place)[:MOST_ROWS]


def _subtitle(
    groups: Sequence[tuple[str, IsolatedValue | Slice]], every: int, *, trials: bool
) -> list[str]:
    """What the diamonds are: estimates of what a study selects, not trials."""
    fitted = [isinstance(g, IsolatedValue) and g.fitted for _, g in groups]
    if trials and all(fitted):
        lines = ["Diamond: the best of a study, estimated by a model fit, with its interval"]
    elif trials:
        lines = ["Diamond: the best of a study, estimated, with its interval"]
    else:
        lines = ["Best of each part of the range, estimated, with its interval"]
    lines += ["a dot for each trial"] * trials
    return lines + [f"the best {len(groups)} of {every}"] * (len(groups) < every)


def _values(group: IsolatedValue | Slice) -> Sequence[float]:
    if isinstance(group, Slice):
        return []
    return [float(v) for v in np.asarray(group.all_values, dtype=float) if math.isfinite(v)]


def _best_row(name: str, place: int, group: IsolatedValue | Slice, x: ObjectiveScale) -> Row:
    best = group.best
    known = math.isfinite(best.estimate)
    return {
        "trial": group.best_trial or None,
        "value": name,
        "best": best.estimate if known else None,
        "low": best.low if math.isfinite(best.low) else None,
        "high": best.high if math.isfinite(best.high) else None,
        "trials": group.trials,
        "infeasible": None if isinstance(group, Slice) else group.infeasible,
        "x": x.shown(best.estimate) if known else None,
        # A bound that is not known is drawn to the end of the axis.
        "low_x": x.shown(best.low) if math.isfinite(best.low) else x.ends[0],
        "high_x": x.shown(best.high) if math.isfinite(best.high) else x.ends[1],
        "y": place,
    }


def _dots(place: int, group: IsolatedValue | Slice, x: ObjectiveScale) -> list[Row]:
    rows: list[Row] = []
    for i, value in enumerate(_values(group)):
        spread = 0.14 + 0.26 * (jitter(f"{place} {i} {value!r}") + 0.5)
        rows.append({"value": value, "x": x.shown(value), "y": place + spread})
    return rows


def _layers(
    x: ObjectiveScale, names: Sequence[str], title: str, objective: Objective
) -> list[alt.Chart]:
    y = side_axis(names)
    tooltip = [
        tip("trial", "best trial"),
        tip("value", title),
        tip("best", f"best {objective.metric}", ".4~g"),
        tip("low", format=".4~g"),
        tip("high", format=".4~g"),
        tip("trials", kind="quantitative"),
        tip("infeasible", kind="quantitative"),
    ]
    interval: dict[str, Any] = {"x": x.x("low_x"), "x2": alt.X2("high_x"), "y": y}
    return [
        layer("trials", "trials", "point", "faint", look={"opacity": 0.55}, x=x.x("x"), y=y),
        layer("intervals", "best", "rule", "interval", **interval),
        layer("best", "best", "point", "mean", x=x.x("x"), y=y),
        target("best", x.x("x"), y, tooltip),
    ]


def _alternative(
    found: IsolatedHyperparameter,
    groups: Sequence[tuple[str, IsolatedValue | Slice]],
    every: int,
    objective: Objective,
    x: ObjectiveScale,
    values: Sequence[float],
) -> str:
    told = "; ".join(
        f"{name}: {_interval(g.best)} of {counted(g.trials, 'trial')}" for name, g in groups
    )
    sentences = [f"Isolation plot, best {objective.metric} for each {found.name}. {told}."]
    if every > len(groups):
        sentences.append(f"{every - len(groups)} others, which are worse, are not drawn.")
    apart = [f"{spell(p.a)} and {spell(p.b)}" for p in found.pairs if p.significant]
    if apart:
        sentences.append(f"Different: {first_of(apart)}.")
    elif found.pairs:
        sentences.append("No two of them differ significantly.")
    if clipped := sum(x.clips(v) for v in values):
        sentences.append(f"{counted(clipped, 'trial')} beyond {number(x.bad)}, drawn at the edge.")
    return " ".join(sentences)


def _interval(interval: Interval) -> str:
    if not math.isfinite(interval.estimate):
        return "no trial completed"
    text = number(interval.estimate)
    if math.isfinite(interval.low) and math.isfinite(interval.high):
        text += f" ({number(interval.low)} to {number(interval.high)})"
    return text
