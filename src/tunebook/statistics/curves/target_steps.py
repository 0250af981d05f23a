"""Steps to a target, read off curves (F1 F4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tunebook.domain.table import TrialTable

if TYPE_CHECKING:
    from jaxtyping import Float


def steps_to_target(table: TrialTable, metric: str, target: float) -> Float[np.ndarray, "trials"]:
    """Steps until a metric first was at the target or better; NaN where it never was.

    A step is counted once it was made: step 9 of a curve is the tenth. What lies between two
    evaluations is not known, so this is late by up to one interval between them.

    Args:
        table: with curves of the metric.
        metric: the objective, whose direction says what is better.
        target: in the metric's own units.
    """
    found = np.full(len(table), np.nan)
    curves = table.curves.get(metric)
    if curves is None:
        return found
    sign = table.objective.sign
    for i in range(len(table)):
        steps, values = curves.of(i)
        there = np.flatnonzero(sign * values <= sign * target)
        if len(there):
            found[i] = steps[there[0]] + 1
    return found


def best_reached(table: TrialTable, metric: str) -> float:
    """The best value of any trial; NaN where nothing finite was reported."""
    curves = table.curves.get(metric)
    if curves is None or not np.isfinite(curves.values).any():
        return float("nan")
    sign = table.objective.sign
    return float(sign * np.min(sign * curves.values[np.isfinite(curves.values)]))
