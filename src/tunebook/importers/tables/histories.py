"""Curves that stand in the records of trials, as lists of values or of points (C11)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from tunebook.importers.csv.column_names import is_result, plain_name
from tunebook.importers.csv.column_profile import Look
from tunebook.importers.csv.curves import STEPS
from tunebook.importers.csv.known_tools import words
from tunebook.importers.csv.measurements import Measurements
from tunebook.importers.tables.cell_text import cell_text, is_number

HISTORIES = frozenset(
    {"history", "histories", "curve", "curves", "learning_curve", "learning_curves", "log_history",
     "train_log", "training_log", "training_history", "metrics_history", "trajectory", "per_epoch",
     "epoch_logs"}
)  # fmt: skip
"""Names of keys under which the points of a curve stand."""

_NUMBERS = Look(rows=0, there=(), distinct=0, numbers=None)
Points = dict[str, tuple[list[int], list[float]]]


def take_curves(
    rows: Sequence[dict[str, Any]],
) -> tuple[list[dict[str, Any]], Measurements | None]:
    """Records without their curves, each with the name `trial` where there are some; the curves.

    A curve is a list of numbers under the name of a metric, or what stands under a name such as
    `history`: lists by metric, or a list of points. Without a step, values are numbered from 0.
    """
    found: list[Points] = []
    rest: list[dict[str, Any]] = []
    for row in rows:
        points: Points = {}
        left: dict[str, Any] = {}
        for key, value in row.items():
            own = _points(key, value)
            if own:
                points |= own
            else:
                left[key] = value
        found.append(points)
        rest.append(left)
    if not any(found):
        return list(rows), None
    key, names = _names(rest)
    named = [{k: v for k, v in row.items() if k != key} for row in rest]
    records = [{"trial": n, **row} for n, row in zip(names, named, strict=True)]
    return records, _packed(names, found)


def _points(key: str, value: Any) -> Points:
    plain = plain_name(key)
    if plain in HISTORIES and isinstance(value, Mapping):
        return _by_metric(value)
    if plain in HISTORIES and _are_points(value):
        return _by_point(value)
    if _are_numbers(value) and is_result(key, _NUMBERS):
        return {key: (list(range(len(value))), [_number(v) for v in value])}
    return {}


def _by_metric(value: Mapping[str, Any]) -> Points:
    lists = {str(k): v for k, v in value.items() if _are_numbers(v)}
    if not lists:
        return {}
    step = next((k for name in STEPS for k in lists if plain_name(k) == name), None)
    found = {}
    for key, own in lists.items():
        if key != step:
            at = lists[step] if step in lists and len(lists[step]) == len(own) else range(len(own))
            found[key] = ([int(s) for s in at], [_number(v) for v in own])
    return found


def _by_point(value: Sequence[Mapping[str, Any]]) -> Points:
    step = next((k for name in STEPS for k in value[0] if plain_name(k) == name), None)
    found: Points = {}
    for i, point in enumerate(value):
        at = point.get(step, i) if step else i
        if not is_number(at) or at != int(at):
            continue
        for key, own in point.items():
            if key != step and is_number(own) and plain_name(key) not in _NO_CURVES:
                steps, values = found.setdefault(key, ([], []))
                steps.append(int(at))
                values.append(float(own))
    return found


_NO_CURVES = frozenset({*STEPS, *words()["starts"]})


def _are_numbers(value: Any) -> bool:
    return isinstance(value, list) and len(value) > 1 and all(
        v is None or is_number(v) for v in value
    ) and any(v is not None for v in value)  # fmt: skip


def _are_points(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, Mapping) for v in value)


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _names(rows: Sequence[Mapping[str, Any]]) -> tuple[str, list[str]]:
    """The key of the trials' own names with these, or no key and their numbers."""
    by_name = {plain_name(key): key for row in rows[:1] for key in reversed(list(row))}
    for word in words()["trials"]:
        if word in by_name:
            own = [cell_text(row.get(by_name[word])) for row in rows]
            if all(own) and len(set(own)) == len(own):
                return by_name[word], own
    return "trial", [str(i + 1) for i in range(len(rows))]


def _packed(names: Sequence[str], found: Sequence[Points]) -> Measurements:
    metrics = list(dict.fromkeys(metric for points in found for metric in points))
    parts = [
        (i, metrics.index(metric), steps, values)
        for i, points in enumerate(found)
        for metric, (steps, values) in points.items()
    ]
    sizes = [len(steps) for _, _, steps, _ in parts]
    return Measurements(
        trials=tuple(names),
        metrics=tuple(metrics),
        trial=np.repeat(np.array([i for i, *_ in parts], np.int64), sizes),
        metric=np.repeat(np.array([m for _, m, _, _ in parts], np.int64), sizes),
        step=np.array([s for _, _, steps, _ in parts for s in steps], np.int64),
        value=np.array([v for *_, values in parts for v in values], np.float64),
    )
