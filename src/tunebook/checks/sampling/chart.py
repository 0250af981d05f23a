"""Tuning curves: the median best of n trials with its band, and boxes of budgets (C2)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from tunebook.charts.budget_curves import budget_axis, budget_rows, curve_scale, show
from tunebook.charts.layers import Plane, finish, tip
from tunebook.charts.objective_axes import ObjectiveScale, objective_scale
from tunebook.charts.picture import Picture, Row
from tunebook.charts.series import BAND_OPACITY, TOGETHER, series_color, series_dash, series_fill
from tunebook.charts.specification import Spec, channel
from tunebook.checks.sampling.check import SamplingResult, StudySampling
from tunebook.domain.design import Objective
from tunebook.domain.formats.numbers import number, plural, round_to

QUANTILES = {"q05": "5 %", "q25": "25 %", "q50": "median", "q75": "75 %", "q95": "95 %"}


def draw(result: SamplingResult) -> tuple[Picture, ...]:
    """The tuning curves of all studies, then the budget boxes of each.

    Up to four studies share one picture of tuning curves, told apart by colour and dash; more
    get a picture each.
    """
    studies = [s for s in result.studies if len(s.budgets) > 1]
    most = max(len(studies), len(result.order))
    groups = [studies] if most <= TOGETHER else [[s] for s in studies]
    curves = [_curve(group, result) for group in groups if group]
    boxes = [_boxes(study, result.objective) for study in studies if study.boxes]
    return (*curves, *boxes)


def _curve(studies: list[StudySampling], result: SamplingResult) -> Picture:
    alone = len(studies) == 1
    rows = [row for study in studies for row in _budget_rows(study)]
    best = _best_rows(studies, result.objective)
    y = curve_scale(rows, result.objective, [row["best"] for row in best])
    for row in rows:
        show(row, y)
    most = max(int(s.budgets[-1]) for s in studies)
    for row in best:
        row |= {"best_shown": y.shown(row["best"]), "budget": most}
    on = Plane(budget_axis(most), y.y("median_shown"))
    subject, metric = studies[0].study if alone else "", result.objective.metric
    return finish(
        _curve_layers(on, y, [] if alone else [_called(s) for s in studies], result, bool(best)),
        {"budgets": rows, "best": best} if best else {"budgets": rows},
        name=f"sampling-curve-{subject}",
        about=[s.study for s in studies],
        study=subject,
        title=f"Tuning curve of {metric} with {subject}"
        if subject
        else f"Tuning curve of {metric}",
        subtitle=[
            "Median best of n trials, with its simultaneous 95 % band",
            *_level_words(studies if best else []),
        ],
        alternative=" ".join(
            [
                "Tuning curve: the median best objective of n trials.",
                *map(_curve_words, studies),
            ]
        ),
    )


def _curve_layers(
    on: Plane, y: ObjectiveScale, names: Sequence[str], result: SamplingResult, level: bool
) -> list[Spec]:
    """Band, level of the best there is where it is known, and median; named series or one."""
    look: dict[str, Any] = {}
    fill: dict[str, Any] = {}
    line: dict[str, Any] = {}
    if names:
        look = {"fillOpacity": BAND_OPACITY}
        fill = {"fill": series_fill(names, result.order)}
        line = {
            "stroke": series_color(names, result.order),
            "strokeDash": series_dash(names, result.order),
        }
    band = {"y": y.y("low_shown"), "y2": "high_shown", **fill}
    layers = [
        on.layer("band", "area", "band", "budgets", look=look, **band),
        on.layer("median", "line", "curve", "budgets", **line),
    ]
    if level:
        best = {"x": "budget:Q", "y": y.y("best_shown"), **fill}
        layers.append(on.layer("best there is", "point", "there-is", "best", **best))
    return layers


def _level_words(studies: list[StudySampling]) -> list[str]:
    if not studies:
        return []
    first = studies[0].distance
    alone = first is not None and len(studies) == 1
    bound = f", {number(round_to(first.high))} better at most" if alone and first else ""
    return [f"triangle: the best in the space, estimated{bound}"]


def _best_rows(studies: list[StudySampling], objective: Objective) -> list[Row]:
    """The best that each space holds, unless it lies so far off that it would press the curve."""
    rows: list[Row] = []
    for study in studies:
        medians = [float(m) for m in study.median if math.isfinite(m)]
        if study.distance is None or not medians:
            continue
        best = study.best - objective.sign * study.distance.estimate
        near = study.distance.estimate <= max(medians) - min(medians)
        if near and (best > 0 or min(medians) <= 0):
            rows.append({"study": _called(study), "best": best})
    return rows


def _budget_rows(study: StudySampling) -> list[Row]:
    return budget_rows(_called(study), study.budgets, study.median, study.low, study.high)


def _curve_words(study: StudySampling) -> str:
    who = f"With {study.study}, the" if study.study else "The"
    words = f"{who} best of {plural(study.trials, 'trial')} is {number(study.best)}"
    place = int(np.searchsorted(study.budgets, max(1, study.trials // 2)))
    half, middle = int(study.budgets[place]), float(study.median[place])
    if half > 1 and math.isfinite(middle):
        words += f"; the median best of {half} is {number(middle)}"
    gain = study.expected_gain
    if math.isfinite(gain.estimate):
        words += f"; doubling the trials would gain about {number(gain.estimate)}"
        if math.isfinite(gain.low) and math.isfinite(gain.high):
            words += f" ({number(gain.low)} to {number(gain.high)})"
    if study.distance is not None:
        words += (
            f"; the best that the space holds is about {number(study.distance.estimate)} better, "
            f"{number(study.distance.high)} at most"
        )
    return f"{words}."


def _called(study: StudySampling) -> str:
    return study.study or "all trials"


def _boxes(study: StudySampling, objective: Objective) -> Picture:
    rows: list[Row] = [
        {
            "budget": int(box.budget),
            **{q: float(getattr(box, q)) for q in QUANTILES},
        }
        for box in study.boxes
        if all(math.isfinite(getattr(box, q)) for q in QUANTILES)
    ]
    # Budgets of one or two reach as far as the worst trials; what lies beyond all else is cut.
    ends = [row[q] for row in rows for q in ("q05", "q25", "q50")]
    ends += [row[q] for row in rows if row["budget"] >= 4 for q in ("q75", "q95")]
    y = objective_scale(ends, objective, reach=math.inf)
    for row in rows:
        row |= {f"{q}_shown": y.shown(row[q]) for q in QUANTILES}
    x = channel("budget", type="ordinal", title="budget of trials", axis=dict(labelAngle=0))
    on, box, median = Plane(x, y.y("q50_shown")), {"size": 14}, {"size": 14, "thickness": 2}
    tooltip = [
        tip("budget", kind="ordinal"),
        *(tip(q, title, ".4~g") for q, title in QUANTILES.items()),
    ]
    layers = [
        on.layer("whiskers", "rule", "whisker", "boxes", y=y.y("q05_shown"), y2="q95_shown"),
        on.layer("boxes", "bar", "box", look=box, y=y.y("q25_shown"), y2="q75_shown",
                 tooltip=tooltip),
        on.layer("medians", "tick", "tick", "boxes", look=median),
    ]  # fmt: skip
    where = f" with {study.study}" if study.study else ""
    return finish(
        layers,
        {"boxes": rows},
        name=f"sampling-budgets-{study.study}",
        about=(study.study,),
        study=study.study,
        title=f"Best {objective.metric} of a budget of trials{where}",
        detail=True,
        subtitle="Bootstrapped budgets: quartiles, and 5 to 95 %",
        alternative=f"Box plot of the best {objective.metric} that bootstrapped budgets of "
        f"trials reach{where}. {_box_words(rows)}",
    )


def _box_words(rows: list[Row]) -> str:
    told = [rows[0], rows[-1]] if len(rows) > 1 else rows
    words = [
        f"{plural(row['budget'], 'trial')}: median {number(row['q50'])}, from "
        f"{number(min(row['q05'], row['q95']))} to {number(max(row['q05'], row['q95']))} in 90 % "
        "of draws"
        for row in told
    ]
    return "; ".join(words) + "." if words else "No budget has a finite spread."
