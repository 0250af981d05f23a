"""Would longer training help, or would shorter do? (C6 C7 E3 E4)

Claim C6: "the good trials still improve at the end". Estimator, for each of them: the mean of the
objective over the last fifth of training against the fifth before, with a Student interval whose
noise is what is left around a straight line in each fifth. Null: the mean no longer changes; each
trial is called improving by chance in 2.5 % of cases, and the finding needs more than half of at
least three good trials. Assumes noise that is independent between evaluations; smooth wander makes
the intervals too short. Measured rates: docs/claims/training_length.md.

Claim C7: "the good trials were done long before the end": the first step at which the best so far
comes within the noise of the best there is lies before 60 % of training, in four fifths of them.

Where the learning rate decays over a length tied to `max_train_steps`, the end of a curve says
nothing of longer training; only rounds of other lengths do. The findings say so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from tunebook.words.design import Objective
from tunebook.words.finding import Finding, Interval, NotApplicable, Remedy, RemedyKind, Severity
from tunebook.words.table import TrialTable

if TYPE_CHECKING:
    from jaxtyping import Float, Int

FEWEST_POINTS = 10
FEWEST_TRIALS = 3
WINDOW = 0.2
SATURATED_BEFORE = 0.6
"""A judgement: 40 % of the compute would be saved; the playbook gives no figure."""
LONGER_BY = 1.5
"""[P]: where the best step lies in the last quarter, try longer; half as long again is the least
that moves the best step out of it."""
SCHEDULES = ("schedule", "decay", "warmup", "cosine", "anneal")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CurveReading:
    """One complete trial's curve; `late_gain` is improvement over the last fifth, better > 0."""

    trial: str
    study: str
    steps: Int[np.ndarray, "points"]
    values: Float[np.ndarray, "points"]
    best_step: int
    best_fraction: float
    improving: bool
    late_gain: Interval
    saturated_at: int | None
    highlighted: bool
    training_steps: Int[np.ndarray, "training_points"]
    training_values: Float[np.ndarray, "training_points"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CurveBand:
    """Quantiles over a study's trials that are not highlighted, at common steps."""

    study: str
    steps: Int[np.ndarray, "grid"]
    q10: Float[np.ndarray, "grid"]
    q50: Float[np.ndarray, "grid"]
    q90: Float[np.ndarray, "grid"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LengthResult:
    """Every complete trial's curve, and what the good ones say."""

    objective: Objective
    metric: str
    training_metric: str
    max_train_steps: int
    curves: tuple[CurveReading, ...]
    bands: tuple[CurveBand, ...]
    compute_bound: bool | None
    findings: tuple[Finding, ...]


def check(table: TrialTable, *, seed: int = 0) -> LengthResult | NotApplicable:  # noqa: ARG001
    """Read the curves of the objective."""
    metric = table.objective.metric
    curves = table.curves.get(metric)
    complete = np.flatnonzero(table.complete)
    if curves is None or not any(len(curves.of(int(i))[0]) for i in complete):
        return NotApplicable(
            check="C6",
            reason=f"no complete trial has a curve of {metric}",
            needs=f"report {metric} several times in training: trial.report(step, ...)",
        )
    longest = max(int(curves.of(int(i))[0][-1]) + 1 for i in complete if len(curves.of(int(i))[0]))
    length = table.max_train_steps or longest
    readings = [_read(table, int(i), length) for i in complete if len(curves.of(int(i))[0])]
    good = _good(table, readings)
    readings = [
        replace(r, highlighted=r.trial in _best_of_each(table, readings)) for r in readings
    ]
    findings, bound = _findings(table, [r for r in readings if r.trial in good], length)
    return LengthResult(
        objective=table.objective,
        metric=metric,
        training_metric=table.training_objective,
        max_train_steps=length,
        curves=tuple(readings),
        bands=_bands(readings),
        compute_bound=bound,
        findings=findings,
    )


def _read(table: TrialTable, i: int, length: int) -> CurveReading:
    steps, values = table.curves[table.objective.metric].of(i)
    losses = table.objective.sign * values
    finite = np.isfinite(losses)
    best = int(steps[np.nanargmin(np.where(finite, losses, np.inf))])
    gain = _late_gain(steps[finite], losses[finite], length)
    training = table.curves.get(table.training_objective)
    t_steps, t_values = training.of(i) if training is not None else (steps[:0], values[:0])
    fraction = (best + 1) / length
    improving = gain.low > 0 and fraction >= 0.75
    return CurveReading(
        trial=table.name[i],
        study=table.study[i],
        steps=steps,
        values=values,
        best_step=best,
        best_fraction=fraction,
        improving=improving,
        late_gain=gain,
        saturated_at=None if improving else _saturated_at(steps[finite], losses[finite], length),
        highlighted=False,
        training_steps=t_steps,
        training_values=t_values,
    )


def _late_gain(
    steps: Int[np.ndarray, "points"], losses: Float[np.ndarray, "points"], length: int
) -> Interval:
    """Improvement from the last fifth but one to the last, with its 95 % Student interval."""
    unknown = Interval(0.0, -math.inf, math.inf)
    if len(steps) < FEWEST_POINTS:
        return unknown
    width = WINDOW * length
    last = steps >= length - width
    before = (steps >= length - 2 * width) & ~last
    if last.sum() < 3 or before.sum() < 3:
        return unknown
    windows = [(steps[w], losses[w]) for w in (last, before)]
    left = [y - np.polyval(np.polyfit(x, y, 1), x) for x, y in windows]
    freedom = int(last.sum() + before.sum()) - 4
    variance = float(sum((r**2).sum() for r in left)) / freedom
    gain = float(losses[before].mean() - losses[last].mean())
    error = math.sqrt(variance * (1 / last.sum() + 1 / before.sum()))
    reach = float(stats.t.ppf(0.975, freedom)) * error
    return Interval(gain, gain - reach, gain + reach)


def _saturated_at(
    steps: Int[np.ndarray, "points"], losses: Float[np.ndarray, "points"], length: int
) -> int | None:
    """First step at which the best so far is within the noise of the best; None if late."""
    if len(steps) < FEWEST_POINTS:
        return None
    tail = losses[len(losses) // 2 :]
    noise = float(np.std(np.diff(tail))) / math.sqrt(2)
    within = np.minimum.accumulate(losses) <= losses.min() + 2 * noise
    at = int(steps[np.argmax(within)])
    return at if at + 1 < SATURATED_BEFORE * length else None


def _good(table: TrialTable, readings: list[CurveReading]) -> set[str]:
    """The best tenth of each study's trials with curves, three at least."""
    loss = dict(zip(table.name, table.losses, strict=True))
    good: set[str] = set()
    for study in {r.study for r in readings}:
        own = sorted((r.trial for r in readings if r.study == study), key=lambda t: loss[t])
        good.update(own[: max(3, math.ceil(0.1 * len(own)))])
    return good


def _best_of_each(table: TrialTable, readings: list[CurveReading]) -> set[str]:
    loss = dict(zip(table.name, table.losses, strict=True))
    studies = {r.study for r in readings}
    return {
        min((r.trial for r in readings if r.study == s), key=lambda t: loss[t]) for s in studies
    }


def _bands(readings: list[CurveReading]) -> tuple[CurveBand, ...]:
    bands = []
    for study in dict.fromkeys(r.study for r in readings):
        own = [r for r in readings if r.study == study and not r.highlighted]
        if len(own) < 3:
            continue
        grid = np.unique(np.concatenate([r.steps for r in own]))
        if len(grid) > 200:
            grid = grid[np.linspace(0, len(grid) - 1, 200).astype(int)]
        rows = np.array([np.interp(grid, r.steps, r.values, right=np.nan) for r in own])
        q10, q50, q90 = np.nanquantile(rows, [0.1, 0.5, 0.9], axis=0)
        bands.append(CurveBand(study=study, steps=grid, q10=q10, q50=q50, q90=q90))
    return tuple(bands)


def _findings(
    table: TrialTable, good: list[CurveReading], length: int
) -> tuple[tuple[Finding, ...], bool | None]:
    readable = [r for r in good if math.isfinite(r.late_gain.low)]
    n, metric = len(readable), table.objective.metric
    if n < FEWEST_TRIALS:
        sentence = (
            f"Not enough evidence on training length: {n} good trials have {FEWEST_POINTS} "
            f"evaluations or more; {FEWEST_TRIALS} would do."
        )
        finding = Finding(
            check="C6", severity=Severity.NOTE, subject="max_train_steps", numbers={"trials": n},
            sentence=sentence,
        )  # fmt: skip
        return (finding,), None
    improving = [r for r in readable if r.improving]
    saturated = [r for r in readable if r.saturated_at is not None]
    gain = float(np.median([r.late_gain.estimate for r in readable]))
    numbers = {
        "improving": len(improving),
        "good_trials": n,
        "median_late_gain": gain,
        "best_in_last_quarter": sum(r.best_fraction > 0.75 for r in readable),
        "best_in_first_tenth": sum(r.best_fraction <= 0.1 for r in readable),
    }
    caveat = _caveat(table)
    still = len(improving) > n / 2
    c6 = Finding(
        check="C6",
        severity=Severity.WARNING if still else Severity.PASS,
        subject="max_train_steps",
        numbers=numbers,
        sentence=(
            f"{len(improving)} of the {n} best trials still improve at the end, by {gain:.2g} in "
            f"{metric} over the last fifth of {length} steps: longer training would help.{caveat}"
            if still
            else f"{len(improving)} of the {n} best trials still improve at the end of {length} "
            "steps: no sign that longer training would help."
        ),
        remedy=Remedy(
            kind=RemedyKind.TRAIN_LONGER,
            values={"max_train_steps": round(LONGER_BY * length)},
            because=f"{len(improving)} of the {n} best trials still improve at the end",
        )
        if still
        else None,
        trials=tuple(r.trial for r in improving),
    )
    done = len(saturated) >= 0.8 * n
    return (c6, _saturation(saturated, n, length, done, caveat)), (
        True if still else False if done else None
    )


def _saturation(
    saturated: list[CurveReading], n: int, length: int, done: bool, caveat: str
) -> Finding:
    if not done:
        return Finding(
            check="C7",
            severity=Severity.PASS,
            subject="max_train_steps",
            numbers={"saturated": len(saturated), "good_trials": n},
            sentence=f"{len(saturated)} of the {n} best trials were done before "
            f"{SATURATED_BEFORE:.0%} of training: its length is put to use.",
        )
    at = max(r.saturated_at or 0 for r in saturated)
    shorter = min(length, math.ceil(1.2 * (at + 1)))
    return Finding(
        check="C7",
        severity=Severity.NOTE,
        subject="max_train_steps",
        numbers={"saturated": len(saturated), "good_trials": n, "steps_saved": length - shorter},
        sentence=f"{len(saturated)} of the {n} best trials were done by step {at} of {length}: "
        f"{length - shorter} steps could be saved.{caveat}",
        remedy=Remedy(
            kind=RemedyKind.TRAIN_SHORTER,
            values={"max_train_steps": shorter},
            because=f"{len(saturated)} of the {n} best trials were done by step {at}",
        ),
        trials=tuple(r.trial for r in saturated),
    )


def _caveat(table: TrialTable) -> str:
    names = {name for config in table.config for name in config}
    tied = sorted(n for n in names if any(word in n.lower() for word in SCHEDULES))
    if tied:
        return f" {tied[0]} may tie the decay to the length; then only another length can tell."
    return ""
