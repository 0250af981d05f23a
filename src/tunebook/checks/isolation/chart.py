"""Isolation plots: the best of each scientific value with its uncertainty (C9)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tunebook.charts.layers import Plane, finish, tip
from tunebook.charts.objective_axes import ObjectiveScale, objective_scale
from tunebook.charts.picture import Picture, Row, finite
from tunebook.charts.specification import Spec
from tunebook.charts.thinning import FEWEST, MOST, drawn_places, drawn_text
from tunebook.charts.ticks import jitter
from tunebook.charts.value_rows import ROW_HEIGHT, side_axis
from tunebook.checks.isolation import band_chart
from tunebook.checks.isolation.check import (
    IsolatedHyperparameter,
    IsolatedValue,
    IsolationResult,
)
from tunebook.domain.design import Objective
from tunebook.domain.finding import Interval
from tunebook.domain.formats.numbers import estimate_text, listed, number, plural
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
    groups = [(_called(v), v) for v in found.values]
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
    most = max(FEWEST, MOST // len(groups))
    data: dict[str, list[Row]] = {
        "best": [row for row in rows if row["best"] is not None],
        "trials": [row for i, (_, g) in enumerate(groups) for row in _dots(i, g, x, most)],
    }
    return finish(
        _layers(x, [name for name, _ in groups], found.name, objective),
        data,
        name=f"isolation-{found.name}",
        about=(found.name, *(f"{found.name}={spell(v.value)}" for v in found.values)),
        title=f"Best {objective.metric} for each {found.name}",
        subtitle=_subtitle(groups, every, dots=len(data["trials"]), trials=len(values)),
        alternative=_alternative(found, groups, every, objective, x, values),
        height=max(AT_LEAST, ROW_HEIGHT * len(groups)),
    )


def _called(value: IsolatedValue) -> str:
    if value.ends is None:
        return spell(value.value)
    return f"{number(value.ends[0])} to {number(value.ends[1])}"


def _best_few(
    groups: list[tuple[str, IsolatedValue]], sign: int
) -> list[tuple[str, IsolatedValue]]:
    """All of them as they stand, or of too many the best, best first."""
    if len(groups) <= MOST_ROWS:
        return groups

    def place(group: tuple[str, IsolatedValue]) -> float:
        best = sign * group[1].best.estimate
        return best if math.isfinite(best) else math.inf

    return sorted(groups, key=place)[:MOST_ROWS]


def _subtitle(
    groups: Sequence[tuple[str, IsolatedValue]], every: int, *, dots: int, trials: int
) -> list[str]:
    """What the diamonds are: estimates of what a study selects, not trials."""
    fitted = [g.ends is None and g.fitted for _, g in groups]
    if trials and all(fitted):
        lines = ["Diamond: the best of a study, estimated by a model fit, with its interval"]
    elif trials:
        lines = ["Diamond: the best of a study, estimated, with its interval"]
    else:
        lines = ["Best of each part of the range, estimated, with its interval"]
    if trials:
        thinned = drawn_text(dots, trials)
        lines.append(f"{trials:,} trials, {thinned}" if thinned else "a dot for each trial")
    return lines + [f"the best {len(groups)} of {every}"] * (len(groups) < every)


def _values(group: IsolatedValue) -> Sequence[float]:
    return [float(v) for v in np.asarray(group.all_values, dtype=float) if math.isfinite(v)]


def _best_row(name: str, place: int, group: IsolatedValue, x: ObjectiveScale) -> Row:
    best = group.best
    low_x, high_x = x.interval(best.low, best.high)
    return {
        "trial": group.best_trial or None,
        "value": name,
        "best": finite(best.estimate),
        "low": finite(best.low),
        "high": finite(best.high),
        "trials": group.trials,
        "infeasible": group.infeasible if group.ends is None else None,
        "x": x.shown(best.estimate) if math.isfinite(best.estimate) else None,
        "low_x": low_x,
        "high_x": high_x,
        "y": place,
    }


def _dots(place: int, group: IsolatedValue, x: ObjectiveScale, most: int) -> list[Row]:
    rows: list[Row] = []
    values = _values(group)
    for i in drawn_places([""] * len(values), most=most):
        value = values[i]
        spread = 0.14 + 0.26 * (jitter(f"{place} {i} {value!r}") + 0.5)
        rows.append({"value": value, "x": x.shown(value), "y": place + spread})
    return rows


def _layers(
    x: ObjectiveScale, names: Sequence[str], title: str, objective: Objective
) -> list[Spec]:
    on = Plane(x.x("x"), side_axis(names))
    return [
        on.layer("trials", "point", "faint", look={"opacity": 0.55}),
        on.layer("intervals", "rule", "interval", "best", x=x.x("low_x"), x2="high_x"),
        on.layer("best", "point", "mean"),
        on.target(
            "best",
            tip("trial", "best trial"),
            tip("value", title),
            tip("best", f"best {objective.metric}", ".4~g"),
            tip("low", format=".4~g"),
            tip("high", format=".4~g"),
            tip("trials", kind="quantitative"),
            tip("infeasible", kind="quantitative"),
        ),
    ]


def _alternative(
    found: IsolatedHyperparameter,
    groups: Sequence[tuple[str, IsolatedValue]],
    every: int,
    objective: Objective,
    x: ObjectiveScale,
    values: Sequence[float],
) -> str:
    told = "; ".join(
        f"{name}: {_interval(g.best)} of {plural(g.trials, 'trial')}" for name, g in groups
    )
    sentences = [f"Isolation plot, best {objective.metric} for each {found.name}. {told}."]
    if every > len(groups):
        sentences.append(f"{every - len(groups)} others, which are worse, are not drawn.")
    apart = [f"{spell(p.a)} and {spell(p.b)}" for p in found.pairs if p.significant]
    if apart:
        sentences.append(f"Different: {listed(apart)}.")
    elif found.pairs:
        sentences.append("No two of them differ significantly.")
    if clipped := sum(x.clips(v) for v in values):
        sentences.append(f"{plural(clipped, 'trial')} beyond {number(x.bad)}, drawn at the edge.")
    return " ".join(sentences)


def _interval(interval: Interval) -> str:
    known = math.isfinite(interval.estimate)
    return estimate_text(interval, 4) if known else "no trial completed"
