"""The fitted response to two hyperparameters as cells, with the trials on it (C10)."""

from __future__ import annotations

import numpy as np

from tunebook.charts.hyperparameter_axes import HyperparameterScale, hyperparameter_scale
from tunebook.charts.layers import Plane, called, finish, tip
from tunebook.charts.objective_axes import shortened
from tunebook.charts.picture import Picture, Row
from tunebook.charts.specification import Spec, channel
from tunebook.checks.importance.surface import ResponseSurface
from tunebook.domain.design import Objective
from tunebook.domain.formats.numbers import listed, number, plural
from tunebook.domain.space import Axis, Choice, Integer, Scale, spell
from tunebook.domain.trial import Value

SIDE = 260


def surface_plot(surface: ResponseSurface, branch: str, objective: Objective) -> Picture:
    """Cells shaded by where a trial would rank, dark where good; trials as points.

    Args:
        surface: what the check fitted.
        branch: what settles the study, or empty.
        objective: its metric names the tooltips.
    """
    a, b = hyperparameter_scale(surface.a_axis), hyperparameter_scale(surface.b_axis)
    cells = _cells(surface, a, b)
    trials = _trials(surface, a, b)
    on = Plane(a.x(surface.a), b.y(surface.b))
    kinds = [k for k in ("trial", "infeasible", "best") if any(t["kind"] == k for t in trials)]
    best = sum(t["kind"] == "best" for t in trials)
    where = f"[{branch}]" if branch else ""
    subtitle = "stronger colour: better"
    if surface.others:
        subtitle += ", averaged over the others"
    if surface.left_out:
        subtitle += f"; {plural(len(trials), 'trial')} of {len(trials) + surface.left_out} drawn"
    return finish(
        [
            _shading(on, shortened(objective.metric)),
            *on.trial_points(kinds, *_tooltip(surface, objective), best=best),
        ],
        {"cells": cells, "trials": trials},
        name=f"response-{surface.a}-{surface.b}-{branch}",
        about=(surface.a, surface.b, f"{surface.a} and {surface.b}", branch),
        study=branch,
        title=f"{objective.metric} by {surface.a} and {surface.b}{where}",
        subtitle=subtitle,
        alternative=_alternative(surface, where, trials, objective),
        width=SIDE,
        height=SIDE,
    )


def _shading(on: Plane, metric: str) -> Spec:
    # One ink on paper: lightness alone orders the cells, in grey and for every eye.
    scale = dict(domain=[0, 1], range="heatmap", interpolate="rgb")
    colour = channel("good", type="quantitative", scale=scale, legend=_legend(metric))
    tooltip = [tip("rank", "better trials", ".0%")]
    return on.layer(
        "response", "rect", "", "cells", x2="x2", y2="y2", color=colour, tooltip=tooltip
    )


def _legend(metric: str) -> Spec:
    """The colour scale: from the worst place on the map to the best one."""
    return dict(
        title=f"fitted {metric}",
        type="gradient",
        orient="top",
        direction="horizontal",
        gradientLength=SIDE // 2,
        gradientThickness=10,
        values=[0, 1],
        labelExpr="datum.value > 0.5 ? 'best' : 'worst'",
    )


def _ends(axis: Axis, scale: HyperparameterScale, edges: np.ndarray) -> list[float]:
    """Places of the cells' ends, as they are drawn."""
    if isinstance(axis, Choice):
        return [i - 0.5 for i in range(len(edges))]
    if isinstance(axis, Integer):
        # Integers' cells reach half a step beyond the ends; the drawing has no more.
        low, high = (float(e) for e in sorted(scale.ends))
        return [min(max(_inside(axis, float(e)), low), high) for e in edges]
    return [scale.place(axis.from_unit(float(e))) for e in edges]


def _inside(axis: Integer, place: float) -> float:
    low, high = axis.low - 0.5, axis.high + 0.5
    if axis.scale is Scale.LOG:
        return float(low * (high / low) ** place)
    return float(low + place * (high - low))


def _cells(surface: ResponseSurface, a: HyperparameterScale, b: HyperparameterScale) -> list[Row]:
    across = _ends(surface.a_axis, a, surface.a_edges)
    up = _ends(surface.b_axis, b, surface.b_edges)
    best, worst = float(surface.rank.min()), float(surface.rank.max())
    span = max(worst - best, 1e-9)
    # Each cell reaches below the next one, which is drawn over it: no seams show between them.
    right, top = [*across[2:], across[-1]], [*up[2:], up[-1]]
    return [
        {
            "x": across[i],
            "x2": right[i],
            "y": up[j],
            "y2": top[j],
            "rank": round(float(surface.rank[j, i]), 3),
            "good": round((worst - float(surface.rank[j, i])) / span, 3),
        }
        for j in range(len(up) - 1)
        for i in range(len(across) - 1)
    ]


def _trials(surface: ResponseSurface, a: HyperparameterScale, b: HyperparameterScale) -> list[Row]:
    rows: list[Row] = []
    for i, trial in enumerate(surface.trials):
        failed = bool(surface.infeasible[i])
        kind = "infeasible" if failed else "best" if surface.best[i] else "trial"
        rows.append(
            {
                "trial": trial,
                "kind": kind,
                "called": called(kind),
                "x": a.place(surface.a_values[i], trial),
                "y": b.place(surface.b_values[i], f"{trial} up"),
                "a": surface.a_values[i],
                "b": surface.b_values[i],
                "objective": None if failed else float(surface.values[i]),
            }
        )
    return rows


def _tooltip(surface: ResponseSurface, objective: Objective) -> list[Spec]:
    def of(field: str, name: str, axis: Axis) -> Spec:
        if isinstance(axis, Choice):
            return tip(field, name)
        return tip(field, name, ".4~g")

    return [
        tip("trial", "trial"),
        of("a", surface.a, surface.a_axis),
        of("b", surface.b, surface.b_axis),
        tip("objective", objective.metric, ".4~g"),
    ]


def _alternative(
    surface: ResponseSurface, where: str, trials: list[Row], objective: Objective
) -> str:
    sentences = [
        f"Fitted response of {objective.metric} to {surface.a} and {surface.b}{where}, with "
        f"{plural(len(trials), 'trial')}.",
    ]
    done = [t for t in trials if t["objective"] is not None]
    if done:
        best = min(done, key=lambda t: objective.sign * t["objective"])
        sentences.append(
            f"The best trial, {best['trial']}, reached {number(best['objective'])} at "
            f"{spell(best['a'])} and {spell(best['b'])}."
        )
    good = [t for t in trials if t["kind"] == "best"]
    if len(good) > 1:
        both = [_between(n, [t[f] for t in good]) for n, f in ((surface.a, "a"), (surface.b, "b"))]
        sentences.append(f"The {len(good)} best have {both[0]}, and {both[1]}.")
    if failed := sum(t["kind"] == "infeasible" for t in trials):
        sentences.append(f"{plural(failed, 'trial')} infeasible, drawn as crosses.")
    return " ".join(sentences)


def _between(name: str, values: list[Value]) -> str:
    if any(isinstance(v, str | bool) for v in values):
        return f"{name} {listed(list(dict.fromkeys(spell(v) for v in values)))}"
    numbers = [float(v) for v in values]
    return f"{name} from {number(min(numbers))} to {number(max(numbers))}"
