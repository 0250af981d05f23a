"""Optimizers: the best of n trials of each, and new seeds of what was chosen (G1)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tunebook.charts.budget_curves import budget_axis, budget_rows, curve_scale, show
from tunebook.charts.layers import Plane, finish, panel, panels_picture, tip, where
from tunebook.charts.objective_axes import ObjectiveScale, objective_scale
from tunebook.charts.picture import Picture, Row, finite
from tunebook.charts.series import BAND_OPACITY, series_color, series_dash, series_fill
from tunebook.charts.specification import Spec
from tunebook.charts.theme import HEIGHT, SIZES, WIDTH
from tunebook.charts.ticks import jitter
from tunebook.charts.value_rows import ROW_HEIGHT, side_axis
from tunebook.domain.design import Objective
from tunebook.domain.finding import Interval
from tunebook.domain.formats.numbers import estimate_text, number
from tunebook.procedures.optimizers.arguments import OptimizersArguments
from tunebook.procedures.optimizers.best_of_budget import BestOfBudget
from tunebook.procedures.optimizers.results import OptimizersReading
from tunebook.procedures.optimizers.several_searches import SearchVerdict
from tunebook.procedures.steps.stages import Done

TOGETHER = 2
"""Optimizers that lie over each other: in greyscale a third line is lost in the bands."""
PANEL = (150, 104)
"""Width and height of one of many."""
COLUMNS = 4
TITLE = "Best of n trials, by optimizer"
BANDS = "Median, with a band that holds for all budgets and optimizers at once (95 %)"


def draw(_: OptimizersArguments, __: Done, found: OptimizersReading) -> Iterator[Picture]:
    """Budgets once all spaces are searched, then the new seeds."""
    curves = {c.name: c for c in found.curves}
    if curves:
        best_first = [curves[n] for n in found.order if n in curves]
        yield draw_budgets(best_first, found.objective)
    if curves and isinstance(found.verdict, SearchVerdict):
        values = {
            n: dict(zip(found.fresh[n].name, found.fresh[n].value.tolist(), strict=True))
            for n in found.verdict.order
        }
        yield draw_fresh(values, found.verdict.mean, found.objective)


def draw_budgets(curves: Sequence[BestOfBudget], objective: Objective) -> Picture:
    """Median best against trials, with bands, of every optimizer.

    Two lie over each other, in different dashes as well as colours. Of more, each has a panel of
    its own, with the other medians in grey, so that no colour is needed.

    Args:
        curves: of each optimizer, the best first.
        objective: which way is better.
    """
    rows = [row for c in curves for row in budget_rows(c.name, c.budgets, c.median, c.low, c.high)]
    y = curve_scale(rows, objective)
    for row in rows:
        show(row, y)
        for end in ("low", "high"):  # an open end has no line
            row[f"{end}_line"] = None if row[end] is None else y.shown(row[end])
    names = [c.name for c in curves]
    x = budget_axis(max(c.trials for c in curves))
    if len(names) <= TOGETHER:
        return finish(
            _together(x, y, names),
            {"budgets": rows},
            name="optimizers-budgets",
            title=TITLE,
            subtitle=[BANDS],
            alternative=_words(curves, objective),
            width=int(1.4 * WIDTH),
            height=int(1.2 * HEIGHT),
        )
    return _panels(x, y, names, rows, _words(curves, objective))


def _together(x: Spec, y: ObjectiveScale, names: list[str]) -> list[Spec]:
    on, fill = Plane(x, y.y("low_shown")), series_fill(names)
    looks: dict[str, Any] = {"stroke": series_color(names), "strokeDash": series_dash(names)}
    band = {"fillOpacity": BAND_OPACITY}
    layers = [on.layer("band", "area", "band", "budgets", look=band, y2="high_shown", fill=fill)]
    for name, field, width in (
        ("low", "low_line", 0.75),
        ("high", "high_line", 0.75),
        ("median", "median_shown", 2.25),
    ):
        look = {"strokeWidth": width}
        layers.append(on.layer(name, "line", "curve", "budgets", look=look, y=y.y(field), **looks))
    return layers


def _panels(
    x: Spec, y: ObjectiveScale, names: list[str], rows: list[Row], alternative: str
) -> Picture:
    panels = [_panel(x, y, name, names) for name in names]
    for place, drawn in enumerate(panels):
        axes = ["y"] * bool(place % COLUMNS) + ["x"] * (place + COLUMNS < len(panels))
        for part in drawn["layer"]:
            part["encoding"] |= {a: {**part["encoding"][a], "title": None} for a in axes}
    better = "lower" if y.sign > 0 else "higher"
    return panels_picture(
        panels,
        {"budgets": rows},
        name="optimizers-budgets",
        title=TITLE,
        subtitle=[BANDS, f"thin: medians of the others; {better} is better"],
        alternative=alternative,
        columns=COLUMNS,
    )


def _panel(x: Spec, y: ObjectiveScale, name: str, names: list[str]) -> dict[str, Any]:
    """One optimizer's median and band before the other medians."""
    own = where("study", name)
    rest = dict(oneOf=[n for n in names if n != name], field="study")
    metric = y.title.partition(" (")[0]
    on = Plane(x, y.y("median_shown", title=metric))
    band: dict[str, Any] = {"y": y.y("low_shown", title=metric), "y2": "high_shown"}
    thin: dict[str, Any] = {"look": {"strokeWidth": 0.75}, "detail": "study:N"}
    layers = [
        on.layer(f"band of {name}", "area", "band", "budgets", own, **band),
        on.layer(f"others than {name}", "line", "middle", "budgets", rest, **thin),
        on.layer(f"median of {name}", "line", "curve", "budgets", own),
    ]
    return panel(layers, title=name, size=PANEL)


def _words(curves: Sequence[BestOfBudget], objective: Objective) -> str:
    told = "; ".join(
        f"{c.name} {number(c.at(max(1, c.trials // 4)).estimate)} of {max(1, c.trials // 4)} and "
        f"{number(c.at(c.trials).estimate)} of {c.trials}"
        for c in curves
    )
    return f"Median best {objective.metric} by optimizer and number of trials: {told}."


def draw_fresh(
    values: Mapping[str, Mapping[str, float]],
    means: Mapping[str, Interval],
    objective: Objective,
) -> Picture:
    """Every new seed of each optimizer's configuration, and their mean.

    Args:
        values: by optimizer, the best first: trial to the objective, not finite where it was
            infeasible.
        means: of each, with its interval.
        objective: which way is better.
    """
    names = list(values)
    ends = [e for n in names for e in (means[n].low, means[n].high) if math.isfinite(e)]
    drawn = [v for own in values.values() for v in own.values()]
    missing = any(not math.isfinite(v) for v in drawn)
    x = objective_scale([*drawn, *ends], objective, keep=ends, missing=missing)
    told = "; ".join(f"{n} {estimate_text(means[n], 3)}" for n in names)
    return finish(
        _fresh_layers(x, side_axis(names), objective),
        {
            "seeds": _seeds(values, x),
            "means": [_mean(n, k, means[n], x) for k, n in enumerate(names)],
        },
        name="optimizers-fresh-seeds",
        title=f"{objective.metric} of each best configuration with new seeds",
        subtitle=["Mean with its 95 % interval; a dot for each seed"],
        alternative=f"Mean {objective.metric} over new seeds: {told}.",
        height=max(80, int(0.75 * ROW_HEIGHT) * len(names)),
    )


def _fresh_layers(x: ObjectiveScale, y: Spec, objective: Objective) -> list[Spec]:
    on, value = Plane(x.x("x"), y), tip("value", objective.metric, ".4~g")
    return [
        on.layer("seeds", "point", "trial", look={"size": SIZES["trial"]}),
        on.layer("intervals", "rule", "interval", "means", x=x.x("low_x"), x2="high_x"),
        on.layer("means", "point", "mean"),
        on.target("seeds", tip("trial"), tip("optimizer"), value),
    ]


def _seeds(values: Mapping[str, Mapping[str, float]], x: ObjectiveScale) -> list[Row]:
    return [
        {
            "trial": trial,
            "optimizer": name,
            "value": finite(value),
            "x": x.shown(value) if math.isfinite(value) else x.strip,
            "y": place + 0.16 + 0.2 * (jitter(trial) + 0.5),
        }
        for place, (name, own) in enumerate(values.items())
        for trial, value in own.items()
    ]


def _mean(name: str, place: int, mean: Interval, x: ObjectiveScale) -> Row:
    low_x, high_x = x.interval(mean.low, mean.high)
    return {
        "optimizer": name,
        "mean": mean.estimate,
        "x": x.shown(mean.estimate),
        "low_x": low_x,
        "high_x": high_x,
        "y": place,
    }
