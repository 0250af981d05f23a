"""Axes of numbers that pictures share: training steps, and values on a logarithmic scale."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from tunebook.charts.specification import Spec, channel
from tunebook.charts.ticks import number_label, ticks_between

STEP_TICKS = 5


def step_axis(last: int, *, first: int = 0) -> Spec:
    """Training steps, from the first to the last."""
    end = round(last * 1.02, 3) if first == 0 else last
    ticks = [t for t in ticks_between(first, end, most=STEP_TICKS) if t == int(t)]
    return channel(
        "step",
        type="quantitative",
        title="training steps",
        scale=dict(domain=[first, end], nice=False),
        axis=dict(values=ticks, grid=False, labelExpr=number_label(ticks), labelOverlap=True),
    )


def doubling_x(
    field: str, title: str, values: Iterable[float], format: str = "d", **scale: Any
) -> Spec:
    """A horizontal axis on which equal distances are doublings, with ticks at `values`."""
    return channel(
        field,
        type="quantitative",
        title=title,
        scale=dict(type="log", base=2, padding=12, **scale),
        axis=dict(format=format, grid=False, values=list(values), labelOverlap=True),
    )


def log_y(field: str, title: str, values: Iterable[float]) -> Spec:
    """A logarithmic vertical axis that is as long as what is drawn, with ticks among it."""
    known = [v for v in values if v > 0 and math.isfinite(v)]
    return channel(
        field,
        type="quantitative",
        title=title,
        scale=dict(type="log", nice=False, padding=10),
        axis=log_axis(min(known, default=1.0), max(known, default=10.0)),
    )


def log_axis(low: float, high: float, *, grid: bool = True) -> Spec:
    """Ticks of a logarithmic axis between two values, in one notation."""
    ticks = ticks_between(low, high, log=True)
    return dict(
        values=ticks, labelExpr=number_label(ticks, log=True), grid=grid, labelOverlap=True
    )
