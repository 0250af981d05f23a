"""What is said of overfitting, and what may be done about it (C4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tunebook.checks.overfitting.generalization_gap import MetricReading
from tunebook.domain.finding import Finding, Interval, Number, Remedy, RemedyKind, Severity
from tunebook.domain.formats.numbers import digits, range_text, round_to
from tunebook.domain.space import Float, Scale
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Value
from tunebook.statistics.metric_names import words_of

if TYPE_CHECKING:
    from jaxtyping import Bool

REMEDIES = {
    "dropout": ({"dropout"}, {"drop", "out"}, {"drop"}),
    "label_smoothing": ({"label", "smoothing"}, {"smoothing"}),
    "weight_decay": ({"weight", "decay"}, {"wd"}, {"l2"}),
}
"""[P]: hyperparameters that answer overfitting, and the words that tell them in a name."""
SHARE = frozenset({"dropout", "label_smoothing"})
"""Those that make no sense beyond this."""
MOST_SHARE = 0.9


def alarm_finding(
    table: TrialTable, reading: MetricReading, objective: MetricReading, better: bool
) -> Finding:
    """Most of the good trials overfit."""
    shown = reading.overfits & reading.good
    who = _who(table, reading, shown)
    other = ""
    if better:
        near = int(np.median(objective.best_step[shown]))
        towards = "falls" if objective.sign > 0 else "rises"
        other = f" while {objective.metric} still {towards} (best near step {near})"
    twin = ""
    if reading.training_metric:
        before, after = _middle(reading.training_low[shown]), _middle(reading.training_end[shown])
        twin = f", while {reading.training_metric} improves from {range_text(before, after, 3)}"
    fix, remedy = _remedy(table, who) if reading.training_metric else _look(table, who)
    verb = "overfit in" if reading.training_metric else "get worse after their best in"
    return Finding(
        check="C4",
        severity=Severity.WARNING if reading.training_metric else Severity.NOTE,
        subject=reading.metric,
        numbers=_numbers(reading, shown),
        sentence=f"{who} {verb} {reading.metric}{other}: {_course(reading, shown)}{twin}. {fix}",
        remedy=remedy,
        trials=_names(table, reading, shown),
    )


def note_finding(table: TrialTable, reading: MetricReading) -> Finding:
    """Some trials overfit, and most of the good ones do not."""
    shown = reading.overfits
    good = int((shown & reading.good).sum())
    share = f"{int(shown.sum())} of {int(np.isfinite(reading.p_value).sum())} trials"
    verb = "overfit in" if reading.training_metric else "get worse after their best in"
    best = f"{good} of them among the best" if good else "none of them among the best"
    read = int((np.isfinite(reading.p_value) & reading.good).sum())
    rest = (
        "Most of the best trials do not, so nothing needs to change."
        if 2 * good < read or not good
        else "Too few trials to say whether the best ones do."
    )
    return Finding(
        check="C4",
        severity=Severity.NOTE,
        subject=reading.metric,
        numbers=_numbers(reading, shown),
        sentence=f"{share} {verb} {reading.metric}, {best}: {_course(reading, shown)}. {rest}",
        trials=_names(table, reading, shown),
    )


def pass_finding(passed: Sequence[MetricReading]) -> Finding:
    """No trial overfits in these metrics."""
    first = passed[0]
    readable = np.isfinite(first.p_value)
    good = int((readable & first.good).sum())
    names = " or ".join(_few([r.metric for r in passed]))
    twin = (
        ""
        if any(r.training_metric for r in passed)
        else " No training metric was reported; with one, overfitting shows as such."
    )
    return Finding(
        check="C4",
        severity=Severity.PASS,
        subject=first.metric,
        numbers={"overfitting": 0, "good_trials": good, "trials": int(readable.sum())},
        sentence=f"No overfitting beyond the noise in {names}: none of {int(readable.sum())} "
        f"trials shows it.{twin}",
    )


def unread_text(unknown: Sequence[str]) -> str:
    """Metrics that may overfit and were not looked at."""
    said = "its name does" if len(unknown) == 1 else "their names do"
    return f"Not read: {', '.join(_few(unknown))}, since {said} not say which way is better."


def thin_finding(first: MetricReading, readable: int, points: int, fewest: int) -> Finding:
    """Too few trials can be read."""
    twin = f" and {first.training_metric}" if first.training_metric else ""
    return Finding(
        check="C4",
        severity=Severity.NOTE,
        subject=first.metric,
        numbers={"trials": readable},
        sentence=f"Not enough evidence on overfitting: it takes {fewest} trials with {points} "
        f"evaluations of {first.metric}{twin}; {readable} of {len(first.rows)} have them.",
        settled=False,
    )


def _who(table: TrialTable, reading: MetricReading, shown: Bool[np.ndarray, "rows"]) -> str:
    readable = reading.good & np.isfinite(reading.p_value)
    if "" in reading.studies or (len(reading.studies) == 1 and len(set(table.study)) == 1):
        return f"{int(shown.sum())} of the {int(readable.sum())} best trials"
    study = np.array([table.study[i] for i in reading.rows], dtype=object)
    parts = []
    for name in reading.studies:
        own = study == name
        some, best = int((shown & own).sum()), int((readable & own).sum())
        parts.append(f"{some} of the {best} best trials of {name}")
    return " and ".join(_few(parts))


def _course(reading: MetricReading, shown: Bool[np.ndarray, "rows"]) -> str:
    """`its best is 0.262, near step 9, against 0.634 in the last quarter of training`."""
    return (
        f"its best is {digits(_middle(reading.best_value[shown]), 3)}, near step "
        f"{int(np.median(reading.best_step[shown]))}, against "
        f"{digits(_middle(reading.end[shown]), 3)} in the last quarter of training"
    )


def _numbers(reading: MetricReading, shown: Bool[np.ndarray, "rows"]) -> dict[str, Number]:
    rows = np.flatnonzero(shown)
    middle = rows[np.argsort(reading.rise[rows])[len(rows) // 2]]
    size, error = float(reading.rise[middle]), float(reading.error[middle])
    readable = np.isfinite(reading.p_value)
    return {
        "overfitting": int((shown & reading.good).sum()),
        "good_trials": int((readable & reading.good).sum()),
        "overfitting_in_any": int(reading.overfits.sum()),
        "trials": int(readable.sum()),
        "median_rise": Interval(size, size - 2 * error, size + 2 * error),
        "median_best_step": int(np.median(reading.best_step[rows])),
    }


def _remedy(table: TrialTable, who: str) -> tuple[str, Remedy]:
    """Add what is not varied yet; else widen what is."""
    varied = {
        name: (conditions, axis)
        for branch in table.branches.values()
        for name, axis in branch.axes.items()
        for conditions in [branch.conditions]
    }
    known = {r: [n for n in varied if _is(n, r)] for r in REMEDIES}
    missing = [r for r, names in known.items() if not names]
    because = f"{who} overfit"
    if missing:
        text = f"Add {_or(missing)} as nuisance hyperparameters of the next round, or more data."
        return text, Remedy(
            kind=RemedyKind.ADD,
            values={"hyperparameters": ", ".join(missing)},
            because=because,
        )
    for remedy, names in known.items():
        conditions, axis = varied[names[0]]
        high = _higher(axis, share=remedy in SHARE)
        if high is not None and isinstance(axis, Float):
            text = (
                f"{_or(list(known))} are varied already: try {names[0]} up to {digits(high, 3)}."
            )
            values: dict[str, Value] = {
                "low": axis.low, "high": high, "scale": axis.scale.value,
            }  # fmt: skip
            return text, Remedy(
                kind=RemedyKind.WIDEN,
                subject=names[0],
                conditions=conditions,
                values=values,
                because=because,
            )
    text = f"{_or(list(known))} are varied already: try more data, or stronger augmentation."
    return text, Remedy(
        kind=RemedyKind.ADD, values={"hyperparameters": "augmentation"}, because=because
    )


def _look(table: TrialTable, who: str) -> tuple[str, Remedy]:
    """Without a training metric nobody can say whether it is overfitting."""
    del table
    text = "Report a training loss too: it tells overfitting from training that comes apart."
    return text, Remedy(kind=RemedyKind.INSPECT, because=f"{who} get worse after their best")


def _is(name: str, remedy: str) -> bool:
    words = set(words_of(name))
    return any(told <= words for told in REMEDIES[remedy])


def _higher(axis: object, *, share: bool) -> float | None:
    """A higher upper end for a range, where there is room."""
    if not isinstance(axis, Float) or axis.scale is Scale.NEAR_ONE:
        return None
    high = 10 * axis.high if axis.scale is Scale.LOG else axis.high + (axis.high - axis.low) / 2
    high = round_to(min(high, MOST_SHARE) if share else high, 3)
    return high if high > axis.high else None


def _middle(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if len(finite) else float("nan")


def _names(
    table: TrialTable, reading: MetricReading, shown: Bool[np.ndarray, "rows"]
) -> tuple[str, ...]:
    return tuple(table.name[i] for i in reading.rows[shown])


def _or(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} or {names[-1]}"


def _few(names: Sequence[str], most: int = 4) -> list[str]:
    return list(names) if len(names) <= most else [*names[:most], f"{len(names) - most} more"]
