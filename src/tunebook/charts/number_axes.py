"""Axes of numbers that pictures share: training steps, and values on a logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import altair as alt

from tunebook.charts.ticks import number_label, ticks_between

STEP_TICKS = 5


def step_axis(last: int, *, first: int = 0) -> alt.X:
    """Training steps, from the first to the last."""
    end = round(last * 1.02, 3) if first == 0 else last
    ticks = [t for t in ticks_between(first, end, most=STEP_TICKS) if t == int(t)]
    return alt.X(
        "step",
        type="quantitative",
        title="training steps",
        scale=alt.Scale(domain=[first, end], nice=False),
        axis=alt.Axis(values=ticks, grid=False, labelExpr=number_label(ticks), labelOverlap=True),
    )


def doubling_x(
    field: str, title: str, values: Iterable[float], format: str = "d", **scale: Any
) -> alt.X:
    """A horizontal axis on which equal distances are doublings, with ticks at `values`."""
    return alt.X(
        field,
        type="quantitative",
        title=title,
        scale=alt.Scale(type="log", base=2, padding=12, **scale),
        axis=alt.Axis(format=format, grid=False, values=list(values), labelOverlap=True),
    )


def log_y(field: str, title: str, values: Iterable[float]) -> alt.Y:
    """A logarithmic vertical axis that is as long as what is drawn, with ticks among it."""
    known = [v for v in values if v > 0 and math.isfinite(v)]
    return alt.Y(
        field,
        type="quantitative",
        title=title,
        scale=alt.Scale(type="log", nice=False, padding=10),
        axis=log_axis(min(known, default=1.0), max(known, default=10.0)),
    )


def log_axis(low: float, high: float, *, grid: bool = True) -> alt.Axis:
    """Ticks of a logarithmic axis between two values, in one notation."""
    ticks = ticks_between(low, high, log=True)
    return alt.Axis(
        values=ticks, labelExpr=number_label(ticks, log=True), grid=grid, labelOverlap=True
    )
