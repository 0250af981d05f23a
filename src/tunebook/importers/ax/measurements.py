"""Measurements of Ax: a data frame as JSON text for each trial and time of attaching (C11)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from tunebook.importers.json_files import parsed
from tunebook.importers.runs import Points

Series = dict[float, float]
"""Step to value; NaN is the step of a value that has none."""

_NO_STEP = math.inf
_STEPS = ("step", "progression", "epoch", "timestamps", "steps", "training_rows")


def measured(experiment: Mapping[str, Any]) -> dict[tuple[str, str], dict[str, Series]]:
    """Values by trial's index and arm, then metric; what was attached later wins."""
    found: dict[tuple[str, str], dict[str, Series]] = {}
    told = experiment.get("data_by_trial")
    for index, attached in told.items() if isinstance(told, dict) else ():
        for frame in _frames(attached):
            for arm, metric, step, value in _rows(frame):
                series = found.setdefault((str(index), arm), {}).setdefault(metric, {})
                series[step] = value
    return found


def _frames(attached: Any) -> Iterator[dict[str, Any]]:
    """The frames of one trial, by the time at which they were attached."""
    own = attached.get("value") if isinstance(attached, dict) else None
    listed = own if isinstance(own, list) else []
    pairs = [pair for pair in listed if isinstance(pair, list) and len(pair) == 2]
    for _, data in sorted(pairs, key=lambda p: p[0] if isinstance(p[0], int | float) else 0):
        if not isinstance(data, dict):
            continue
        frame = next((data[k] for k in ("full_df", "map_df", "df") if data.get(k)), None)
        text = frame.get("value") if isinstance(frame, dict) else None
        read = parsed(text) if isinstance(text, str) else None
        if isinstance(read, dict):
            yield read


def _rows(frame: Mapping[str, Any]) -> Iterator[tuple[str, str, float, float]]:
    """Arm, metric, step and mean of each row."""
    columns = {name: own for name, own in frame.items() if isinstance(own, dict)}
    arms, means = columns.get("arm_name", {}), columns.get("mean", {})
    metrics = columns.get("metric_name", {})
    steps = next((columns[name] for name in _STEPS if name in columns), {})
    for row, metric in metrics.items():
        mean, step = means.get(row), steps.get(row)
        yield (
            str(arms.get(row, "")),
            str(metric),
            float(step) if isinstance(step, int | float) else _NO_STEP,
            float(mean) if isinstance(mean, int | float) else math.nan,
        )


def last(series: Series) -> float:
    """The value at the last step, as Ax takes it."""
    return series[max(series)]


def curve(series: Series) -> tuple[Points | None, bool]:
    """The values that have a step, and whether steps were numbered since some are not whole."""
    steps = sorted(step for step in series if step != _NO_STEP)
    if not steps:
        return None, False
    whole = all(step == int(step) for step in steps if math.isfinite(step))
    at = [int(s) for s in steps] if whole else [*range(1, len(steps) + 1)]
    return (np.array(at, np.int64), np.array([series[s] for s in steps], np.float64)), not whole
