"""Batch size: steps and rates against it, what equal budgets reach, and time (A4 F1 F2 F3)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tunebook.charts.layers import Plane, finish, panel, panels_picture
from tunebook.charts.number_axes import doubling_x, log_y
from tunebook.charts.picture import Picture, Row
from tunebook.charts.specification import Spec, channel
from tunebook.domain.formats.numbers import digits, number
from tunebook.procedures.batch_size.cost_to_target import BatchChoice, Cost
from tunebook.procedures.batch_size.equal_budgets import Budget
from tunebook.procedures.batch_size.learning_rates import RULES, BatchRates
from tunebook.procedures.batch_size.plans import BatchSizeArguments
from tunebook.procedures.batch_size.results import BatchSizeReading
from tunebook.procedures.batch_size.scaling_regimes import BatchRegimes
from tunebook.procedures.steps.stages import Done

PANEL = 230, 200
TITLE = "Equal steps, and equal examples"


def draw(args: BatchSizeArguments, _: Done, found: BatchSizeReading) -> Iterator[Picture]:
    """The pictures of what is known."""
    regimes = found.regimes if isinstance(found.regimes, BatchRegimes) else None
    if regimes is not None:
        yield draw_regimes(regimes, found.confirmed, target=args.target)
    if isinstance(found.rates, BatchRates):
        yield draw_rates(found.rates)
    if isinstance(found.budgets, tuple):
        ends = regimes.perfect_until.estimate if regimes else None
        yield draw_budgets(found.budgets, metric=found.metric, perfect_until=ends)
    if isinstance(found.choice, BatchChoice):
        yield draw_choice(found.choice)


def draw_regimes(
    regimes: BatchRegimes, reruns: Mapping[int, Sequence[float]], *, target: float
) -> Picture:
    """Steps of every new seed, their curve, and perfect scaling, on log axes."""
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


def draw_budgets(
    budgets: tuple[Budget, Budget], *, metric: str, perfect_until: float | None
) -> Picture:
    """Two panels with one scale: the best tuned value of each size, and its new seeds.

    Args:
        budgets: of steps, and of examples.
        metric: the objective's name.
        perfect_until: where perfect scaling ends, or None.
    """
    values = [v for b in budgets for own in (b.best.values(), *b.fresh.values()) for v in own]
    known = [v for v in values if math.isfinite(v)]
    low, high = min(known), max(known)
    room = 0.05 * (high - low) or 1.0
    sizes = sorted({size for b in budgets for size in b.best})
    y_scale = dict(domain=[low - room, high + room], nice=False, zero=False)
    rows: dict[str, list[Row]] = {}
    panels: list[dict[str, Any]] = []
    for budget in budgets:
        name = str(budget.kind)
        rows[f"best {name}"] = [{"batch": b, "value": v} for b, v in budget.best.items()]
        rows[f"fresh {name}"] = [
            {"batch": b, "value": v}
            for b, own in budget.fresh.items()
            for v in own
            if math.isfinite(v)
        ]
        inside = perfect_until is not None and sizes[0] <= perfect_until <= sizes[-1]
        rows[f"turn {name}"] = [{"batch": perfect_until}] if inside else []
        title = metric if budget is budgets[0] else " "
        panels.append(_panel(budget, name, sizes, y_scale, title))
    alternative = "; ".join(
        f"within {b.amount:,} {b.kind}: "
        + ", ".join(f"{digits(value, 4)} at {size}" for size, value in b.best.items())
        for b in budgets
    )
    alternative = f"Best {metric} of each batch size, {alternative}."
    subtitle = ["points: new seeds; line: the best rate of each size"]
    if perfect_until is not None:
        subtitle.append(f"dashed: perfect scaling ends, {perfect_until:,.0f}")
    return panels_picture(
        panels,
        rows,
        name="batch-size-budgets",
        title=TITLE,
        subtitle=subtitle,
        alternative=alternative,
        columns=len(panels),
    )


def _panel(
    budget: Budget, name: str, sizes: list[int], y_scale: Spec, title: str
) -> dict[str, Any]:
    ticks, ends = sizes[:: max(1, len(sizes) // 5)], [sizes[0], sizes[-1]]
    x = doubling_x("batch", "batch size", ticks, domain=ends)
    on = Plane(x, channel("value", type="quantitative", title=title, scale=y_scale))
    layers = [
        on.layer(f"turn {name}", "rule", "level", y=None),
        on.layer(f"line {name}", "line", "middle", f"best {name}"),
        on.layer(f"fresh {name}", "point", "trial"),
        on.layer(f"best {name}", "point", "best"),
    ]
    return panel(layers, title=f"within {budget.amount:,} {budget.kind}", size=PANEL)


def draw_choice(choice: BatchChoice) -> Picture:
    """Seconds to the target of each size with their intervals; those that may be the least."""
    cost = choice.seconds
    rows: list[Row] = [
        {"batch": b, "seconds": v.estimate, "low": v.low, "high": v.high}
        for b, v in cost.of.items()
    ]
    least = [row for row in rows if row["batch"] in cost.least]
    sizes = list(cost.of)
    ends = [end for v in cost.of.values() for end in (v.low, v.high)]
    on = Plane(
        doubling_x("batch", "batch size", sizes[:: max(1, len(sizes) // 6)]),
        log_y("seconds", "seconds to the target", ends),
    )
    return finish(
        [
            on.layer("line", "line", "middle", "sizes"),
            on.layer("intervals", "rule", "middle", "sizes", y="low:Q", y2="high"),
            on.layer("sizes", "point", "trial"),
            on.layer("least", "point", "best"),
        ],
        {"sizes": rows, "least": least},
        name="batch-size-choice",
        title="Time to the target",
        subtitle=f"diamonds: may be the least, {_listed(cost)}; fewest examples: "
        f"{_listed(choice.examples)}",
        alternative="Seconds to the target by batch size: "
        + "; ".join(f"{b}: {v}" for b, v in cost.of.items())
        + f". The least may be at {_listed(cost)}.",
    )


def _listed(cost: Cost) -> str:
    return ", ".join(map(str, cost.least))
