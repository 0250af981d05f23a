"""Steps to a target, and the best learning rate, against batch size (F1 F2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from tunebook.charts.layers import Plane, finish
from tunebook.charts.number_axes import doubling_x, log_y
from tunebook.charts.picture import Picture, Row
from tunebook.domain.formats.numbers import digits, number
from tunebook.procedures.batch_size.learning_rates import RULES, BatchRates
from tunebook.procedures.batch_size.scaling_regimes import BatchRegimes


def draw_regimes(
    regimes: BatchRegimes, reruns: Mapping[int, Sequence[float]], *, target: float
) -> Picture:
    """Steps of every fresh seed, their curve, and perfect scaling beside it, on log axes."""
    points: list[Row] = [
        {"batch": b, "steps": s} for b, steps in reruns.items() for s in steps if s == s
    ]
    first = regimes.batch_sizes[0]
    fitted: list[Row] = [
        {"batch": b, "steps": round(s, 3)}
        for b, s in zip(regimes.batch_sizes, regimes.fitted, strict=True)
    ]
    lowest = min(regimes.steps) / 3
    perfect: list[Row] = [
        {"batch": b, "steps": round(s, 3)}
        for b in regimes.batch_sizes
        if (s := regimes.fitted[0] * first / b) >= lowest
    ]
    turns: list[Row] = [
        {"batch": end.estimate, "told": told}
        for end, told in ((regimes.perfect_until, "perfect until"), (regimes.floor_from, "floor"))
        if first <= end.estimate <= regimes.batch_sizes[-1]
    ]
    drawn = [float(row["steps"]) for row in (*points, *fitted, *perfect)]
    on = Plane(
        doubling_x("batch", "batch size", regimes.batch_sizes),
        log_y("steps", f"steps to {number(target)}", drawn),
    )
    return finish(
        [
            on.layer("turns", "rule", "level", y=None),
            on.layer("perfect", "line", "threshold", look={"clip": True}),
            on.layer("fitted", "line", "middle"),
            on.layer("points", "point", "trial"),
        ],
        {"turns": turns, "perfect": perfect, "fitted": fitted, "points": points},
        name="batch-size-steps",
        title="Steps to the target against batch size",
        subtitle=[
            "points: new seeds; dashed: half the steps at every doubling",
            f"perfect scaling up to {number(regimes.perfect_until.estimate)}, no gain from "
            f"{number(regimes.floor_from.estimate)} (lines)",
        ],
        alternative="Steps to the target by batch size: "
        + "; ".join(
            f"{b}: {digits(s, 4)}" for b, s in zip(regimes.batch_sizes, regimes.steps, strict=True)
        )
        + f". Perfect scaling up to {regimes.perfect_until}, no gain from {regimes.floor_from}.",
    )


def draw_rates(rates: BatchRates) -> Picture:
    """The best learning rate of each size, and both rules from the smallest one."""
    points: list[Row] = [
        {"batch": b, "rate": r} for b, r in zip(rates.batch_sizes, rates.rates, strict=True)
    ]
    first, start = rates.batch_sizes[0], rates.rates[0]
    rules: list[Row] = [
        {"batch": b, "rate": start * (b / first) ** power, "rule": name}
        for name, power in RULES.items()
        for b in rates.batch_sizes
    ]
    drawn = [float(row["rate"]) for row in (*points, *rules)]
    on = Plane(
        doubling_x("batch", "batch size", rates.batch_sizes),
        log_y("rate", "best learning rate", drawn),
    )
    ends = [row for row in rules if row["batch"] == rates.batch_sizes[-1]]
    return finish(
        [
            on.layer("rules", "line", "threshold", detail="rule:N"),
            on.layer("ends", "text", "note", look={"align": "right", "dy": -8}, text="rule:N"),
            on.layer("line", "line", "middle", "points"),
            on.layer("points", "point", "best"),
        ],
        {"rules": rules, "ends": ends, "points": points},
        name="batch-size-rates",
        title="Best learning rate against batch size",
        subtitle=f"as size to the power {number(rates.exponent.estimate)}; dashed: the rules",
        alternative="Best learning rate by batch size: "
        + "; ".join(
            f"{b}: {digits(r, 3)}" for b, r in zip(rates.batch_sizes, rates.rates, strict=True)
        )
        + f". Power {rates.exponent}.",
    )
