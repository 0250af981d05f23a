"""What batch sizes reach within equal steps and within equal examples, side by side (F3)."""

from __future__ import annotations

import math
from typing import Any

import altair as alt

from tunebook.charts.layers import Plane, panel, panels_picture
from tunebook.charts.number_axes import doubling_x
from tunebook.charts.picture import Picture, Row
from tunebook.domain.formats.numbers import digits
from tunebook.procedures.batch_size.equal_budgets import Budget

PANEL = 230, 200
TITLE = "Equal steps, and equal examples"


def draw_budgets(
    budgets: tuple[Budget, Budget], *, metric: str, perfect_until: float | None
) -> Picture:
    """Two panels with one scale: the best tuned value of each size, and its fresh seeds.

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
    y_scale = alt.Scale(domain=[low - room, high + room], nice=False, zero=False)
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
    budget: Budget, name: str, sizes: list[int], y_scale: alt.Scale, title: str
) -> dict[str, Any]:
    ticks, ends = sizes[:: max(1, len(sizes) // 5)], [sizes[0], sizes[-1]]
    x = doubling_x("batch", "batch size", ticks, domain=ends)
    on = Plane(x, alt.Y("value", type="quantitative", title=title, scale=y_scale))
    layers = [
        on.layer(f"turn {name}", "rule", "level", y=None),
        on.layer(f"line {name}", "line", "middle", f"best {name}"),
        on.layer(f"fresh {name}", "point", "trial"),
        on.layer(f"best {name}", "point", "best"),
    ]
    return panel(layers, title=f"within {budget.amount:,} {budget.kind}", size=PANEL)
