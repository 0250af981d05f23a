"""Would longer training help, or would shorter do? (C6 C7 E3 E4)

Read on the good trials: the best tenth of each study, three at least.

C6, "they still improve at the end": more than half of the good trials (of all studies, or of one
with three or more) have their best checkpoint in the last quarter [P: then try longer] and a late
gain whose 95 % interval is above zero (`curve_ends.late_gain`). Null: the mean no longer changes;
a trial that is level is called improving by chance in less than 2.5 % of cases, and the finding
takes two or more of them. It is a warning, and the round compute-bound, where half as long again
would bring more than the noise of one evaluation; else a note. Where curves are too coarse for a
slope, best checkpoints alone are counted: a note, at 2.5 % where half of them would lie in the
last quarter.

C7, "they were done long before the end" (`curve_ends.saturated_at`), in four fifths of the good
trials: a note; best checkpoints in the first tenth [P: far too long]: a warning.

Assumes noise that is independent between trials. Measured: docs/claims/training_length.md. Where
the learning rate decays over a length tied to `max_train_steps`, the end of a curve says nothing
of longer training; only rounds of other lengths do. The findings say so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from tunebook.analysis.curve_ends import (
    FEWEST_POINTS,
    NEGLIGIBLE,
    SATURATED_BEFORE,
    noise_of,
)
from tunebook.analysis.curve_reading import (
    LATE,
    bands_of,
    length_of,
    read_curve,
)
from tunebook.analysis.curve_reading import CurveBand as CurveBand
from tunebook.analysis.curve_reading import CurveReading as CurveReading
from tunebook.words.design import Objective
from tunebook.words.finding import (
    Finding,
    NotApplicable,
    Number,
    Remedy,
    RemedyKind,
    Severity,
)
from tunebook.words.table import TrialTable

FEWEST_TRIALS = 3
COARSE_POINTS = 4
"""Evaluations below which a curve has no last quarter."""
EARLY = 0.1
"""[P]: where best checkpoints lie in the first tenth, training is far too long."""
MOST = 0.8
"""Share of the good trials that "nearly all" asks for."""
LONGER_BY = 1.5
"""[P]: the least that moves a best step at the end out of the last quarter is a third more."""
SPARE = 1.2
"""Steps kept beyond the one at which the good trials were done. A judgement."""
SCHEDULES = ("schedule", "lr_decay", "learning_rate_decay", "linear_decay", "exponential_decay",
             "cosine", "anneal", "lr_peak", "decay_steps")  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LengthResult:
    """Every complete trial's curve, and what the good ones say.

    `compute_bound`: longer training would help (True), less would do (False), or neither (None).
    `order`: all studies of the round as it planned them, with curves or without.
    """

    objective: Objective
    metric: str
    training_metric: str
    max_train_steps: int
    curves: tuple[CurveReading, ...]
    bands: tuple[CurveBand, ...]
    compute_bound: bool | None
    findings: tuple[Finding, ...]
    order: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Good:
    """The good trials' readings, and what they share."""

    readings: Sequence[CurveReading]
    length: int
    metric: str
    sign: int
    caveat: str

    @property
    def trials(self) -> int:
        return len(self.readings)


def check(table: TrialTable, *, seed: int = 0) -> LengthResult | NotApplicable:  # noqa: ARG001
    """Read the curves of the objective; nothing is drawn at random.

    Args:
        table: the trials of one round.
        seed: as every check takes it.
    """
    metric = table.objective.metric
    curves = table.curves.get(metric)
    rows = [
        int(i)
        for i in np.flatnonzero(table.complete)
        if curves is not None and np.isfinite(curves.of(int(i))[1]).any()
    ]
    if not rows or curves is None:
        return NotApplicable(
            check="C6",
            reason=f"no complete trial has a curve of {metric}",
            needs=f"report {metric} several times in training: trial.report(step, ...)",
        )
    best = _best_of_each(table, rows)
    readings = [read_curve(table, i, highlighted=i in best) for i in rows]
    good = _good(table, rows)
    lengths = {i: length_of(table, i) for i in rows}
    length = table.max_train_steps or round(float(np.median([lengths[i] for i in good])))
    found, bound = _findings(
        _Good(
            readings=[r for i, r in zip(rows, readings, strict=True) if i in good],
            length=length,
            metric=metric,
            sign=table.objective.sign,
            caveat=_caveat(table),
        )
    )
    return LengthResult(
        objective=table.objective,
        metric=metric,
        training_metric=table.training_objective,
        max_train_steps=length,
        curves=tuple(readings),
        bands=bands_of(readings),
        compute_bound=bound,
        findings=found,
        order=tuple(table.branches),
    )


def _by_study(table: TrialTable, rows: Sequence[int]) -> list[list[int]]:
    """Rows of each study, best first."""
    groups: dict[str, list[int]] = {}
    for i in rows:
        groups.setdefault(table.study[i], []).append(i)
    return [sorted(own, key=lambda i: float(table.losses[i])) for own in groups.values()]


def _good(table: TrialTable, rows: Sequence[int]) -> set[int]:
    """The best tenth of each study's trials with curves, three at least."""
    return {
        i
        for own in _by_study(table, rows)
        for i in own[: max(FEWEST_TRIALS, math.ceil(0.1 * len(own)))]
    }


def _best_of_each(table: TrialTable, rows: Sequence[int]) -> set[int]:
    return {own[0] for own in _by_study(table, rows)}


def _findings(good: _Good) -> tuple[tuple[Finding, ...], bool | None]:
    readable = [r for r in good.readings if math.isfinite(r.late_gain.low)]
    coarse = [r for r in good.readings if len(r.steps) >= COARSE_POINTS]
    if len(coarse) < FEWEST_TRIALS:
        return (_thin(good, len(coarse)),), None
    c6, still = _still_improving(good, readable, coarse)
    c7, done = _done_early(good, readable or coarse)
    return (c6, c7), True if still else False if done else None


def _thin(good: _Good, coarse: int) -> Finding:
    return Finding(
        check="C6",
        severity=Severity.NOTE,
        subject="max_train_steps",
        numbers={"good_trials": coarse},
        sentence=f"Not enough evidence on training length: of the {good.trials} best trials, "
        f"{coarse} were evaluated {COARSE_POINTS} times or more; it takes {FEWEST_TRIALS}, better "
        f"with {FEWEST_POINTS} evaluations and more.",
    )


def _still_improving(
    good: _Good, readable: Sequence[CurveReading], coarse: Sequence[CurveReading]
) -> tuple[Finding, bool]:
    """C6, and whether it warns."""
    studies = [
        [r for r in readable if r.study == s] for s in dict.fromkeys(r.study for r in readable)
    ]
    groups = [g for g in (readable, *studies) if len(g) >= FEWEST_TRIALS]
    sure = [g for g in groups if sum(r.improving for r in g) > len(g) / 2]
    late = sum(r.best_fraction > LATE for r in coarse)
    # Of level curves' best checkpoints, half lie in the last quarter at the most.
    crowded = not readable and bool(stats.binom.sf(late - 1, len(coarse), 0.5) < 0.025)
    improving = [r for r in readable if r.improving]
    gain = float(np.median([r.late_gain.estimate for r in improving])) if improving else 0.0
    warned = bool(sure) and _material(good, improving, gain)
    numbers: dict[str, Number] = {
        "improving": len(improving),
        "good_trials": good.trials,
        "median_late_gain": gain,
        "best_in_last_quarter": late,
        "best_in_first_tenth": sum(r.best_fraction <= EARLY for r in coarse),
    }
    who = _who(readable, sure) if sure else f"{late} of the {len(coarse)} best trials"
    longer = _rounded(LONGER_BY * good.length)
    if warned:
        end = f"still improve at the end, by {gain:.2g} in {good.metric} over the last tenth of"
        sentence = f"{who} {end} {good.length} steps: try {longer} steps.{good.caveat}"
    elif sure:
        sentence = (
            f"{who} still improve at the end of {good.length} steps, but little: by {gain:.2g} in "
            f"{good.metric} over the last tenth; half as long again would bring no more than the "
            "noise of one evaluation."
        )
    elif crowded:
        sentence = (
            f"{who} have their best checkpoint in the last quarter: try {longer} steps, and "
            f"evaluate {FEWEST_POINTS} times or more to see how they end.{good.caveat}"
        )
    else:
        few = "not most of them" if improving else "no sign that longer training would help"
        sentence = (
            f"{len(improving)} of the {len(readable) or len(coarse)} best trials still improve at "
            f"the end of {good.length} steps: {few}."
        )
    because = "still improve at the end" if warned else "are best in the last quarter of training"
    remedy = Remedy(
        kind=RemedyKind.TRAIN_LONGER,
        values={"max_train_steps": longer},
        because=f"{who} {because}",
    )
    noted = Severity.NOTE if sure or crowded else Severity.PASS
    finding = Finding(
        check="C6",
        severity=Severity.WARNING if warned else noted,
        subject="max_train_steps",
        numbers=numbers,
        sentence=sentence,
        remedy=remedy if warned or crowded else None,
        trials=tuple(r.trial for r in improving),
    )
    return finding, warned


def _who(readable: Sequence[CurveReading], sure: Sequence[Sequence[CurveReading]]) -> str:
    if any(g is readable for g in sure):
        return f"{sum(r.improving for r in readable)} of the {len(readable)} best trials"
    return " and ".join(
        f"{sum(r.improving for r in g)} of the {len(g)} best trials of {g[0].study}"
        for g in sorted(sure, key=lambda g: g[0].study)
    )


def _material(good: _Good, improving: Sequence[CurveReading], gain: float) -> bool:
    """True where half as long again would bring more than the noise of one evaluation.

    Five more tenths at the late rate: an upper bound, since curves flatten.
    """
    losses = [good.sign * r.values[np.isfinite(r.values)] for r in improving]
    noise = float(np.median([noise_of(own) for own in losses]))
    whole = float(np.median([own[0] - own.min() for own in losses]))
    return 5 * gain > max(noise, NEGLIGIBLE * whole)


def _done_early(good: _Good, readable: Sequence[CurveReading]) -> tuple[Finding, bool]:
    saturated = [r for r in readable if r.saturated_at is not None]
    early = [r for r in readable if r.best_fraction <= EARLY]
    n = len(readable)
    far_too_long = len(early) >= MOST * n
    numbers: dict[str, Number] = {"saturated": len(saturated), "good_trials": n}
    if not far_too_long and len(saturated) < MOST * n:
        sentence = (
            f"{len(saturated)} of the {n} best trials were done before {SATURATED_BEFORE:.0%} of "
            "training: its length is put to use."
        )
        return _c7(Severity.PASS, numbers, sentence), False
    shown = early if far_too_long else saturated
    at = max(r.best_step if far_too_long else r.saturated_at or 0 for r in shown)
    shorter = min(good.length, max(1, _rounded(SPARE * (at + 1), up=True)))
    numbers["steps_saved"] = good.length - shorter
    because = f"{len(shown)} of the {n} best trials were done by step {at}"
    said = (
        f"far too long: {len(shown)} of the {n} best trials have their best checkpoint by step "
        f"{at} of {good.length}, and get worse after it or no better"
        if far_too_long
        else f"{because} of {good.length}"
    )
    sentence = f"{said}: {good.length - shorter} steps could be saved.{good.caveat}"
    severity = Severity.WARNING if far_too_long else Severity.NOTE
    remedy = Remedy(
        kind=RemedyKind.TRAIN_SHORTER, values={"max_train_steps": shorter}, because=because
    )
    finding = _c7(
        severity,
        numbers,
        sentence[0].upper() + sentence[1:],
        remedy,
        tuple(r.trial for r in shown),
    )
    return finding, True


def _c7(
    severity: Severity,
    numbers: dict[str, Number],
    sentence: str,
    remedy: Remedy | None = None,
    trials: tuple[str, ...] = (),
) -> Finding:
    return Finding(
        check="C7", severity=severity, subject="max_train_steps", numbers=numbers,
        sentence=sentence, remedy=remedy, trials=trials,
    )  # fmt: skip


def _rounded(steps: float, *, up: bool = False) -> int:
    """To two digits, as people write a number of steps."""
    unit = 10 ** max(0, math.floor(math.log10(max(steps, 1))) - 1)
    return int((math.ceil(steps / unit) if up else round(steps / unit)) * unit)


def _caveat(table: TrialTable) -> str:
    names = {name for config in table.config for name in config}
    tied = sorted(n for n in names if any(word in n.lower() for word in SCHEDULES))
    if tied:
        return (
            f" {tied[0]} may tie the decay of the learning rate to the length; then only a round "
            "of another length can tell."
        )
    return " If the learning rate decays over the length, only a round of another length can tell."
