"""Optimizers: the best of n trials of each, and fresh seeds of what was chosen (G1)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import numpy as np

from tunebook.charts.layers import finish, layer, number, over, target, tip, where
from tunebook.charts.objective_axes import ObjectiveScale, objective_scale
from tunebook.charts.picture import Picture, Row
from tunebook.charts.series import BAND_OPACITY, series_color, series_dash, series_fill
from tunebook.charts.theme import HEIGHT, SIZES, WIDTH
from tunebook.charts.ticks import jitter
from tunebook.charts.value_rows import ROW_HEIGHT, side_axis
from tunebook.checks.sampling.chart import WIDEST, budget_axis
from tunebook.domain.design import Objective
from tunebook.domain.finding import Interval
from tunebook.domain.formats.numbers import estimate_text
from tunebook.procedures.optimizers.best_of_budget import BestOfBudget

TOGETHER = 2
"""Optimizers that lie over each other: in greyscale a third line is lost in the bands."""
PANEL = (150, 104)
"""Width and height of one of many."""
COLUMNS = 4
SETTLED = 3
"""Budgets from which the bad end of a band counts for the axis; before, it is the worst trial."""
TITLE = "Best of n trials, by optimizer"
BANDS = "Median, with a band that holds for all budgets and optimizers at once (95 %)"


def draw_budgets(curves: Sequence[BestOfBudget], objective: Objective) -> Picture:
    """Median best against trials, with bands, of every optimizer.

    Two lie over each other, told apart by dash as well as by colour. Of more each has a panel of
    its own, with the other medians in grey, so that no colour is needed.

    Args:
        curves: of each optimizer, the best first.
        objective: which way is better.
    """
    rows = [row for curve in curves for row in _rows(curve)]
    y = _scale(rows, objective)
    low, high = y.ends
    for row in rows:
        row["median_shown"] = None if row["median"] is None else y.shown(row["median"])
        # An open end runs off the axis, and has no line.
        row["low_line"] = None if row["low"] is None else y.shown(row["low"])
        row["high_line"] = None if row["high"] is None else y.shown(row["high"])
        row["low_shown"] = low if row["low"] is None else y.shown(row["low"])
        row["high_shown"] = high if row["high"] is None else y.shown(row["high"])
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


def _together(x: alt.X, y: ObjectiveScale, names: list[str]) -> list[alt.Chart]:
    band = over("budgets").mark_area(style="band", fillOpacity=BAND_OPACITY)
    layers = [
        band.encode(x=x, y=y.y("low_shown"), y2="high_shown", fill=series_fill(names)).properties(
            name="band"
        )
    ]
    for layer, field, width in (
        ("low", "low_line", 0.75),
        ("high", "high_line", 0.75),
        ("median", "median_shown", 2.25),
    ):
        layers.append(
            layer(
                layer,
                "budgets",
                "line",
                "curve",
                look={"strokeWidth": width},
                x=x,
                y=y.y(field),
                stroke=series_color(names),
                strokeDash=series_dash(names),
            )
        )
    return layers


def _panels(
    x: alt.X, y: ObjectiveScale, names: list[str], rows: list[Row], alternative: str
) -> Picture:
    panels = [_panel(x, y, name, names) for name in names]
    for place, panel in enumerate(panels):
        for layer in panel["layer"]:
            if place % COLUMNS:
                layer["encoding"]["y"]["title"] = None
            if place + COLUMNS < len(panels):
                layer["encoding"]["x"]["title"] = None
    better = "lower" if y.sign > 0 else "higher"
    return Picture(
        name="optimizers-budgets",
        title=TITLE,
        spec={
            "$schema": alt.SCHEMA_URL,
            "description": alternative,
            "title": {
                "text": TITLE,
                "subtitle": [BANDS, f"thin: medians of the others; {better} is better"],
            },
            "concat": panels,
            "columns": COLUMNS,
            "spacing": 14,
        },
        rows={"budgets": rows},
        alt=alternative,
    )


def _panel(x: alt.X, y: ObjectiveScale, name: str, names: list[str]) -> dict[str, Any]:
    """One optimizer's median and band before the other medians."""
    own = where("study", name)
    rest = alt.FieldOneOfPredicate(oneOf=[n for n in names if n != name], field="study")
    metric = y.title.partition(" (")[0]
    layers = [
        layer(
            f"band of {name}",
            "budgets",
            "area",
            "band",
            own,
            x=x,
            y=y.y("low_shown", title=metric),
            y2="high_shown",
        ),
        layer(
            f"beside {name}",
            "budgets",
            "line",
            "middle",
            rest,
            look={"strokeWidth": 0.75},
            x=x,
            y=y.y("median_shown", title=metric),
            detail="study:N",
        ),
        layer(
            f"median of {name}",
            "budgets",
            "line",
            "curve",
            own,
            x=x,
            y=y.y("median_shown", title=metric),
        ),
    ]
    panel = alt.layer(*layers).properties(width=PANEL[0], height=PANEL[1], title=name)
    spec: dict[str, Any] = panel.to_dict()
    for alien in ("$schema", "config"):
        spec.pop(alien, None)
    return spec


def _rows(curve: BestOfBudget) -> list[Row]:
    spaced = list(range(len(curve.budgets)))
    if len(spaced) > WIDEST:
        spaced = sorted({round(float(n)) - 1 for n in np.geomspace(1, len(spaced), WIDEST)})
    return [
        {
            "study": curve.name,
            "budget": int(curve.budgets[i]),
            "median": _finite(curve.median[i]),
            "low": _finite(curve.low[i]),
            "high": _finite(curve.high[i]),
        }
        for i in spaced
    ]


def _scale(rows: list[Row], objective: Objective) -> ObjectiveScale:
    good, bad = ("low", "high") if objective.sign == 1 else ("high", "low")
    medians = [r["median"] for r in rows]
    goods = [r[good] for r in rows]
    late = [r[bad] for r in rows if r["budget"] >= SETTLED]
    known = [v for v in (*medians, *goods, *late) if v is not None]
    return objective_scale(known, objective, reach=math.inf)


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


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
    """Every fresh seed of each optimizer's configuration, and their mean.

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


def _fresh_layers(x: ObjectiveScale, y: alt.Y, objective: Objective) -> list[alt.Chart]:
    tooltip = [
        tip("trial"),
        tip("optimizer"),
        tip("value", objective.metric, ".4~g"),
    ]
    points = over("seeds").mark_point(style="trial", filled=True, size=SIZES["trial"])
    rule = over("means").mark_rule(style="interval")
    mean = over("means").mark_point(style="mean", filled=True)
    return [
        points.encode(x=x.x("x"), y=y).properties(name="seeds"),
        rule.encode(x=x.x("low_x"), x2="high_x", y=y).properties(name="intervals"),
        mean.encode(x=x.x("x"), y=y).properties(name="means"),
        target("seeds", x.x("x"), y, tooltip),
    ]


def _seeds(values: Mapping[str, Mapping[str, float]], x: ObjectiveScale) -> list[Row]:
    return [
        {
            "trial": trial,
            "optimizer": name,
            "value": _finite(value),
            "x": x.shown(value) if math.isfinite(value) else x.strip,
            "y": place + 0.16 + 0.2 * (jitter(trial) + 0.5),
        }
        for place, (name, own) in enumerate(values.items())
        for trial, value in own.items()
    ]


def _mean(name: str, place: int, mean: Interval, x: ObjectiveScale) -> Row:
    return {
        "optimizer": name,
        "mean": mean.estimate,
        "x": x.shown(mean.estimate),
        "low_x": x.shown(mean.low) if math.isfinite(mean.low) else x.ends[0],
        "high_x": x.shown(mean.high) if math.isfinite(mean.high) else x.ends[1],
        "y": place,
    }
