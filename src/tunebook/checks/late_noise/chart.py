"""Late variance: the good trials, each among its last evaluations (C5)."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence

from tunebook.charts.layers import Plane, finish, grows, tip
from tunebook.charts.objective_axes import ObjectiveScale, objective_scale
from tunebook.charts.picture import Picture, Row
from tunebook.charts.specification import Spec, channel
from tunebook.charts.theme import SIZES
from tunebook.checks.late_noise.result import VarianceResult
from tunebook.checks.late_noise.wording import best_trials
from tunebook.domain.design import Reduce
from tunebook.domain.formats.numbers import number, plural, round_to

DOTS = 24
"""Evaluations drawn of each trial, the last ones."""
NAMED = 10
"""Trials that are named on the axis; of more, every second, third, ..."""


def draw(result: VarianceResult) -> tuple[Picture, ...]:
    """The best trials by rank: a diamond where each counts, faint dots for its last evaluations.

    The dots have their trend taken out and lie around its end. The shaded band reaches from the
    best trial as far as two readings must differ to be distinguishable.
    """
    if not result.readings:
        return ()
    sign = result.objective.sign
    best = result.readings[0].value
    edge = best + sign * result.resolution.estimate
    dots: list[Row] = [
        {"rank": k + 1, "trial": r.trial, "value": float(v)}
        for k, r in enumerate(result.readings)
        for v in r.around[-DOTS:]
        if math.isfinite(v)
    ]
    marks: list[Row] = [
        {"rank": k + 1, "trial": r.trial, "study": r.study, "value": r.value}
        for k, r in enumerate(result.readings)
    ]
    y = objective_scale([row["value"] for row in (*marks, *dots)], result.objective, keep=[edge])
    for row in (*marks, *dots):
        row["shown"] = y.shown(row["value"])
    count = len(marks)
    return (
        finish(
            _layers([r.trial for r in result.readings], y),
            {
                "band": [{"low": 0.4, "high": count + 0.6, "from": y.shown(best),
                          "to": y.shown(edge)}],
                "dots": dots,
                "trials": marks,
            },
            name="variance",
            about=(result.objective.metric,),
            title=f"Noise of {result.objective.metric} late in training",
            subtitle=_subtitle(result),
            alternative=_alternative(result),
        ),
    )  # fmt: skip


def _layers(trials: Sequence[str], y: ObjectiveScale) -> list[Spec]:
    count = len(trials)
    scale = dict(domain=[0.4, count + 0.6], nice=False)
    step = max(1, math.ceil(count / NAMED))
    axis = dict(
        values=list(range(1, count + 1, step)),
        labelExpr=f"{json.dumps(list(trials), ensure_ascii=False)}[datum.value - 1]",
        labelLimit=60,
        labelOverlap=True,
        grid=False,
    )
    x, low = (
        channel(field, type="quantitative", title="trial, best first", scale=scale, axis=axis)
        for field in ("rank", "low")
    )
    on = Plane(x, y.y())
    size = grows(SIZES["best"], 2.2 * SIZES["best"])
    return [
        on.layer(
            "resolution", "rect", "proposed", "band", x=low, x2="high", y=y.y("from"), y2="to"
        ),
        on.layer("evaluations", "point", "faint", "dots"),
        on.layer("readings", "point", "best", "trials", size=size),
        on.target("trials", tip("trial"), tip("study"), tip("value", format=".4~g")),
    ]


def _reading(result: VarianceResult) -> str:
    how = {Reduce.BEST: "best", Reduce.LAST: "last"}
    return how.get(result.objective.reduce, f"mean of the last {result.objective.over}")


def _subtitle(result: VarianceResult) -> list[str]:
    near = number(round_to(result.resolution.estimate))
    return [
        f"diamond: {_reading(result)} of the curve; dots: its last evaluations around the level "
        "of its end, without the trend",
        f"shaded: within {near} of the best, where noise may decide the order",
    ]


def _alternative(result: VarianceResult) -> str:
    noise = result.noise
    told = (
        f"{plural(len(result.readings), 'trial')}, best first, each among its last "
        f"evaluations of {result.objective.metric}. Evaluations scatter by "
        f"{number(noise.estimate)} ({number(noise.low)} to {number(noise.high)}); trials closer "
        f"than {number(result.resolution.estimate)} are not distinguishable: "
        f"{plural(len(result.within), 'trial')} within that of the best, "
        f"{number(result.readings[0].value)}."
    )
    if math.isfinite(result.good_range):
        who = best_trials(result.compared, result.compared_study)
        told += f" T{who[1:]} span {number(result.good_range)}."
    return told
