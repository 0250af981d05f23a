"""Rows of training curves: thinned to what can be seen, finite numbers and null alone (C6)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tunebook.charts.objective_axes import ObjectiveScale
from tunebook.charts.picture import Row
from tunebook.checks.training_length.check import CurveBand, CurveReading
from tunebook.domain.formats.numbers import round_to

POINTS = 80
"""Points of a curve that are drawn: more can't be seen on 320 pixels."""

SKETCHED = 30
"""Points of a curve that is there only to light up: hundreds of them must stay a small file."""


DOTS = 1500
"""Trials whose best checkpoint is drawn as a dot: the good ones first, then others evenly."""


def best_value(curve: CurveReading) -> float:
    """The curve's value at its best step; NaN for an empty curve."""
    at = int(np.searchsorted(curve.steps, curve.best_step))
    there = at < len(curve.steps) and curve.steps[at] == curve.best_step
    return float(curve.values[at]) if there else math.nan


def dotted(curves: Sequence[CurveReading]) -> list[CurveReading]:
    """The trials that are drawn as dots."""
    if len(curves) <= DOTS:
        return list(curves)
    first = [c for c in curves if c.highlighted or c.good][:DOTS]
    rest = [c for c in curves if not (c.highlighted or c.good)]
    room = DOTS - len(first)
    return first + (rest[:: math.ceil(len(rest) / room)] if room and rest else [])


def _thinned(length: int, points: int = POINTS) -> list[int]:
    if length <= points:
        return list(range(length))
    return sorted({round(i * (length - 1) / (points - 1)) for i in range(points)})


def line_rows(curves: Sequence[CurveReading], y: ObjectiveScale) -> list[Row]:
    """One row a point of each curve; null, which breaks the line, where it is not finite."""
    rows: list[Row] = []
    for curve in curves:
        for i in _thinned(len(curve.steps)):
            value = float(curve.values[i])
            finite = math.isfinite(value)
            rows.append(
                {
                    "trial": curve.trial,
                    "study": curve.study,
                    "step": int(curve.steps[i]),
                    "value": value if finite else None,
                    "shown": y.shown(value) if finite else None,
                }
            )
    return rows


def linked_rows(curves: Sequence[CurveReading], y: ObjectiveScale) -> list[Row]:
    """Coarser rows, for curves that are drawn while their trial is pointed at."""
    rows: list[Row] = []
    for curve in curves:
        for i in _thinned(len(curve.steps), SKETCHED):
            value = float(curve.values[i])
            shown = round_to(y.shown(value), 5) if math.isfinite(value) else None
            rows.append({"trial": curve.trial, "step": int(curve.steps[i]), "shown": shown})
    return rows


def training_rows(curve: CurveReading, y: ObjectiveScale) -> list[Row]:
    """The training-set metric of one trial."""
    return [
        {
            "trial": curve.trial,
            "step": int(curve.training_steps[i]),
            "value": float(curve.training_values[i]),
            "shown": y.shown(float(curve.training_values[i])),
        }
        for i in _thinned(len(curve.training_steps))
        if math.isfinite(curve.training_values[i])
    ]


def band_rows(band: CurveBand, y: ObjectiveScale) -> list[Row]:
    """Quantiles of a study's curves."""
    rows: list[Row] = []
    for i in _thinned(len(band.steps)):
        row: Row = {"step": int(band.steps[i])}
        for q in ("q10", "q50", "q90"):
            value = float(getattr(band, q)[i])
            finite = math.isfinite(value)
            row |= {q: value if finite else None, f"{q}_shown": y.shown(value) if finite else None}
        rows.append(row)
    return rows


def best_dot(curve: CurveReading, y: ObjectiveScale) -> Row:
    """Where a trial was best."""
    value = best_value(curve)
    finite = math.isfinite(value)
    return {
        "trial": curve.trial,
        "study": curve.study,
        "step": int(curve.best_step),
        "value": value if finite else None,
        "shown": y.shown(value) if finite else None,
    }
