"""What is said of overfitting, and what may be done about it (C4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tunebook.checks.overfitting.generalization_gap import MetricReading
from tunebook.domain.finding import Finding, Interval, Remedy, RemedyKind, Severity
from tunebook.domain.formats.numbers import digits, in_words, range_text, round_to
from tunebook.domain.metric_direction import words_of
from tunebook.domain.space import Float, Scale
from tunebook.domain.table import TrialTable

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
MOST_NAMED = 4


def alarm_finding(
    table: TrialTable, reading: MetricReading, objective: MetricReading, better: bool
) -> Finding:
    """Most of the good trials overfit."""
    shown = reading.overfits & reading.good
    who = _who(table, reading, shown)
    other = twin = ""
    if better:
        near = int(np.median(objective.best_step[shown]))
        towards = "falls" if objective.sign > 0 else "rises"
        other = f" while {objective.metric} still {towards} (best near step {near})"
    fix = "Report a training loss too: it tells overfitting from training that comes apart."
    remedy = Remedy(kind=RemedyKind.INSPECT, because=f"{who} get worse after their best")
    if reading.training_metric:
        before, after = (
            float(np.median(part[shown])) for part in (reading.training_low, reading.training_end)
        )
        twin = f", while {reading.training_metric} improves from {range_text(before, after, 3)}"
        fix, remedy = _remedy(table, f"{who} overfit")
    severity = Severity.WARNING if reading.training_metric else Severity.NOTE
    sentence = f"{who} {_verb(reading)}{other}: {_course(reading, shown)}{twin}. {fix}"
    return _finding(table, reading, shown, severity, sentence, remedy)


def note_finding(table: TrialTable, reading: MetricReading) -> Finding:
    """Some trials overfit, and most of the good ones do not."""
    shown = reading.overfits
    good, read = int((shown & reading.good).sum()), int((reading.readable & reading.good).sum())
    share = f"{int(shown.sum())} of {int(reading.readable.sum())} trials"
    rest = (
        "Most of the best trials do not, so nothing needs to change."
        if 2 * good < read or not good
        else "Too few trials to say whether the best ones do."
    )
    sentence = (
        f"{share} {_verb(reading)}, {good or 'none'} of them among the best: "
        f"{_course(reading, shown)}. {rest}"
    )
    return _finding(table, reading, shown, Severity.NOTE, sentence)


def pass_finding(passed: Sequence[MetricReading]) -> Finding:
    """No trial overfits in these metrics."""
    first, trials = passed[0], int(passed[0].readable.sum())
    names = in_words([r.metric for r in passed], "or", most=MOST_NAMED)
    twin = (
        ""
        if any(r.training_metric for r in passed)
        else " No training metric was reported; with one, overfitting shows as such."
    )
    return Finding(
        check="C4",
        severity=Severity.PASS,
        subject=first.metric,
        numbers={
            "overfitting": 0,
            "good_trials": int((first.readable & first.good).sum()),
            "trials": trials,
        },
        sentence=f"No overfitting beyond the noise in {names}: none of {trials} trials shows it."
        f"{twin}",
    )


def unread_text(unknown: Sequence[str]) -> str:
    """Metrics that may overfit and were not looked at."""
    names = in_words(unknown, most=MOST_NAMED)
    said = "its name does" if len(unknown) == 1 else "their names do"
    return f"Not read: {names}, since {said} not say which way is better."


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
    readable = reading.good & reading.readable
    if "" in reading.studies or (len(reading.studies) == 1 and len(set(table.study)) == 1):
        return f"{int(shown.sum())} of the {int(readable.sum())} best trials"
    study = np.array([table.study[i] for i in reading.rows], dtype=object)
    parts = [
        f"{int(shown[study == name].sum())} of the {int(readable[study == name].sum())} best "
        f"trials of {name}"
        for name in reading.studies
    ]
    return in_words(parts, most=MOST_NAMED)


def _verb(reading: MetricReading) -> str:
    verb = "overfit in" if reading.training_metric else "get worse after their best in"
    return f"{verb} {reading.metric}"


def _course(reading: MetricReading, shown: Bool[np.ndarray, "rows"]) -> str:
    """`its best is 0.262, near step 9, against 0.634 in the last quarter of training`."""
    best, end = (float(np.median(part[shown])) for part in (reading.best_value, reading.end))
    return (
        f"its best is {digits(best, 3)}, near step {int(np.median(reading.best_step[shown]))}, "
        f"against {digits(end, 3)} in the last quarter of training"
    )


def _finding(
    table: TrialTable,
    reading: MetricReading,
    shown: Bool[np.ndarray, "rows"],
    severity: Severity,
    sentence: str,
    remedy: Remedy | None = None,
) -> Finding:
    rows = np.flatnonzero(shown)
    middle = rows[np.argsort(reading.rise[rows])[len(rows) // 2]]
    size, error = float(reading.rise[middle]), float(reading.error[middle])
    return Finding(
        check="C4",
        severity=severity,
        subject=reading.metric,
        numbers={
            "overfitting": int((shown & reading.good).sum()),
            "good_trials": int((reading.readable & reading.good).sum()),
            "overfitting_in_any": int(reading.overfits.sum()),
            "trials": int(reading.readable.sum()),
            "median_rise": Interval(size, size - 2 * error, size + 2 * error),
            "median_best_step": int(np.median(reading.best_step[rows])),
        },
        sentence=sentence,
        remedy=remedy,
        trials=tuple(table.name[i] for i in reading.rows[shown]),
    )


def _remedy(table: TrialTable, because: str) -> tuple[str, Remedy]:
    """Add what is not varied yet; else widen what is."""
    varied = {
        name: (branch.conditions, axis)
        for branch in table.branches.values()
        for name, axis in branch.axes.items()
    }
    known = {r: [n for n in varied if _is(n, r)] for r in REMEDIES}
    missing = [r for r, names in known.items() if not names]
    if missing:
        text = in_words(missing, "or")
        return f"Add {text} as nuisance hyperparameters of the next round, or more data.", Remedy(
            kind=RemedyKind.ADD, values={"hyperparameters": ", ".join(missing)}, because=because
        )
    text = f"{in_words(list(known), 'or')} are varied already: try"
    for remedy, (name, *_) in known.items():
        conditions, axis = varied[name]
        if not isinstance(axis, Float):
            continue
        high = _higher(axis, share=remedy in SHARE)
        if high is not None:
            return f"{text} {name} up to {digits(high, 3)}.", Remedy(
                kind=RemedyKind.WIDEN,
                subject=name,
                conditions=conditions,
                values={"low": axis.low, "high": high, "scale": axis.scale.value},
                because=because,
            )
    return f"{text} more data, or stronger augmentation.", Remedy(
        kind=RemedyKind.ADD, values={"hyperparameters": "augmentation"}, because=because
    )


def _is(name: str, remedy: str) -> bool:
    words = set(words_of(name))
    return any(told <= words for told in REMEDIES[remedy])


def _higher(axis: Float, *, share: bool) -> float | None:
    """A higher upper end for a range, where there is room."""
    if axis.scale is Scale.NEAR_ONE:
        return None
    high = 10 * axis.high if axis.scale is Scale.LOG else axis.high + (axis.high - axis.low) / 2
    high = round_to(min(high, MOST_SHARE) if share else high, 3)
    return high if high > axis.high else None
