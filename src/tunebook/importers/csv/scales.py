"""The scale of a hyperparameter that a file does not state, read off its values (B3 C11)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tunebook.domain.space import Scale
from tunebook.domain.trial import Value

_LOG_FROM = 20.0  # high / low: of log-uniform searches over two decades 99 % span it
_ONE_DECADE = 9.999
_GEOMETRIC_FROM = 9.99  # high / low of a list: a decade
_EQUAL_RATIOS = 1.5  # the ratios of 1, 2, 5, 10 differ by a third
_FEW = 8  # distinct values: so many and less are a list


def scale_of(column: Sequence[Value | None]) -> Scale:
    """The scale on which a column's values lie most evenly.

    Log is asked only where all are positive and span a factor of 20, log of 1 - x only where all
    are in [0, 1) and 1 - x spans a decade; even uniform values may, so the least Kolmogorov
    distance to an even spread decides. How often that is wrong: docs/claims/csv_reading.md.
    """
    there = [v for v in column if v is not None]
    if not there or any(isinstance(v, str | bool) for v in there):
        return Scale.LINEAR
    values = np.sort(np.array([float(v) for v in there]))
    low, high = values[0], values[-1]
    places = {}
    if low > 0 and (low <= high / _LOG_FROM or _is_geometric(values)):
        places[Scale.LOG] = np.log(values)
    if 0 <= low < high < 1 and (1 - low) / (1 - high) >= _ONE_DECADE:
        places[Scale.NEAR_ONE] = -np.log1p(-values)
    places[Scale.LINEAR] = values
    if low == high or len(places) == 1:
        return Scale.LINEAR
    return min(places, key=lambda scale: unevenness(places[scale]))


def _is_geometric(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> bool:
    """True for a few values of about equal ratios over a decade: 0.001, 0.003, 0.01."""
    steps = np.diff(np.log(np.unique(values)))
    return (
        2 <= len(steps) < _FEW
        and float(steps.sum()) >= math.log(_GEOMETRIC_FROM)
        and float(steps.max()) <= _EQUAL_RATIOS * float(steps.min())
    )


def unevenness(places: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    """Kolmogorov distance between sorted places and an even spread over their range."""
    n = len(places)
    units = (places - places[0]) / (places[-1] - places[0])
    upper = np.arange(1, n + 1) / n - units
    return float(np.max(np.maximum(upper, 1 / n - upper)))
