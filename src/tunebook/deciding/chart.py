"""Reruns with fresh seeds: each side's values, mean and interval, against the baseline (D1 D3)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from tunebook.charts.layers import Plane, finish, grows, tip
from tunebook.charts.objective_axes import ObjectiveScale, objective_scale
from tunebook.charts.picture import Picture, Row, finite
from tunebook.charts.specification import Spec
from tunebook.charts.theme import SIZES
from tunebook.charts.ticks import jitter
from tunebook.charts.value_rows import ROW_HEIGHT, side_axis
from tunebook.domain.decision import BASELINE, Decision, Estimand, Side
from tunebook.domain.design import Objective
from tunebook.domain.formats.numbers import estimate_text, number, plural


def draw(
    decision: Decision, values: Mapping[str, Sequence[float]], *, objective: Objective
) -> tuple[Picture, ...]:
    """Every fresh-seed rerun of a decision, side by side.

    A dashed line stands where a side must be to be worth adopting: the baseline's mean improved
    by the least improvement.

    Args:
        decision: whose sides are drawn, in its order.
        values: by side, the objective of its complete reruns, in the metric's units.
        objective: which metric, and which way is better.

    Returns:
        One picture; none where no side has a rerun.
    """
    sides = [s for s in decision.sides if any(map(math.isfinite, values.get(s.name, ())))]
    if not sides:
        return ()
    target = _target(decision, objective)
    ends = [e for s in sides for e in (s.mean.low, s.mean.high) if math.isfinite(e)]
    drawn = [float(v) for s in sides for v in values[s.name] if math.isfinite(v)]
    keep = [] if target is None else [target]
    x = objective_scale([*drawn, *ends], objective, keep=keep)
    rows = [row for i, side in enumerate(sides) for row in _points(side, i, values[side.name], x)]
    data: dict[str, list[Row]] = {
        "reruns": rows,
        "means": [_mean(side, i, x) for i, side in enumerate(sides)],
    }
    if target is not None:
        data["worth"] = [{"x": x.shown(target), "value": target}]
    return (
        finish(
            _layers(x, sides, objective, target is not None),
            data,
            name=f"reruns-decision-{decision.number}",
            title=f"{objective.metric} of reruns with new seeds",
            subtitle=_subtitle(target),
            alternative=_alternative(decision, sides, values, objective, target),
            height=max(80, ROW_HEIGHT * len(sides)),
        ),
    )


def _target(decision: Decision, objective: Objective) -> float | None:
    if decision.estimand is Estimand.BEATS:
        return None  # no mean that a side must reach
    baseline = next((s for s in decision.sides if s.name == BASELINE), None)
    if baseline is None or len(decision.sides) < 2 or not math.isfinite(baseline.mean.estimate):
        return None
    return baseline.mean.estimate - objective.sign * decision.least_improvement


def _layers(
    x: ObjectiveScale, sides: Sequence[Side], objective: Objective, target: bool
) -> list[Spec]:
    on = Plane(x.x("x"), side_axis([s.name for s in sides]))
    value = tip("value", objective.metric, ".4~g")
    layers = [on.layer("worth_adopting", "rule", "level", "worth", y=None)] if target else []
    return [
        *layers,
        on.layer("reruns", "point", "trial", size=grows(SIZES["trial"], 110)),
        on.layer("intervals", "rule", "interval", "means", x=x.x("low_x"), x2="high_x"),
        on.layer("means", "point", "mean", tooltip=_mean_tooltip(objective)),
        on.target("reruns", tip("trial"), tip("side"), value, size=120),
    ]


def _mean_tooltip(objective: Objective) -> list[Spec]:
    return [
        tip("side"),
        tip("mean", f"mean {objective.metric}", ".4~g"),
        tip("low", format=".4~g"),
        tip("high", format=".4~g"),
        tip("reruns", kind="quantitative"),
    ]


def _points(side: Side, place: int, values: Sequence[float], x: ObjectiveScale) -> list[Row]:
    named = len(side.reruns) == len(values)
    rows: list[Row] = []
    for i, value in enumerate(values):
        if math.isfinite(value):
            trial = side.reruns[i] if named else f"{side.name} {i + 1}"
            spread = 0.16 + 0.2 * (jitter(trial) + 0.5)
            rows.append(
                {"trial": trial, "side": side.name, "value": float(value),
                 "x": x.shown(float(value)), "y": place + spread}
            )  # fmt: skip
    return rows


def _mean(side: Side, place: int, x: ObjectiveScale) -> Row:
    mean = side.mean
    low_x, high_x = x.interval(mean.low, mean.high)
    return {
        "side": side.name,
        "reruns": len(side.reruns),
        "mean": mean.estimate,
        "low": finite(mean.low),
        "high": finite(mean.high),
        "x": x.shown(mean.estimate),
        "low_x": low_x,
        "high_x": high_x,
        "y": place,
    }


def _subtitle(target: float | None) -> list[str]:
    lines = ["Mean with its interval; a dot for each rerun"]
    if target is not None:
        lines.append(f"dashed: worth adopting from {number(target)}")
    return lines


def _alternative(
    decision: Decision,
    sides: Sequence[Side],
    values: Mapping[str, Sequence[float]],
    objective: Objective,
    target: float | None,
) -> str:
    told = "; ".join(
        f"{s.name}: mean {estimate_text(s.mean, 4)} of {plural(len(values[s.name]), 'rerun')}"
        for s in sides
    )
    end = f" Worth adopting from {number(target)}." if target is not None else ""
    return f"Reruns with new seeds, {objective.metric}: {told}.{end} Verdict: {decision.verdict}."
