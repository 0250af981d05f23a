"""What is said of curves that are probably bugs (C8)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tunebook.checks.suspect_curves.identical_curves import Twins
from tunebook.domain.finding import Finding, Number, Remedy, RemedyKind, Severity
from tunebook.domain.formats.numbers import digits
from tunebook.domain.table import TrialTable

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int

MANY = 0.1
"""Share of the trials from which on identical curves are a problem, not a warning. A judgement."""


def rising_finding(
    names: Sequence[str],
    metric: str,
    *,
    rows: Int[np.ndarray, "rows"],
    shown: Bool[np.ndarray, "rows"],
    asked: Bool[np.ndarray, "rows"],
    most: bool,
    diverged: int,
    low: Float[np.ndarray, "rows"],
    end: Float[np.ndarray, "rows"],
) -> Finding:
    """A training metric that gets worse."""
    k, n = int(shown.sum()), int(asked.sum())
    course = (
        f"from {digits(_middle(low[shown]), 3)} at its best to {digits(_middle(end[shown]), 3)}"
    )
    if most:
        sentence = (
            f"{metric} gets worse in training in {k} of the {n} best trials, {course} in the "
            "last quarter: probably a bug in the loss or the optimizer, or a learning rate too "
            "high for the end of training."
        )
        because = f"{metric} gets worse in {k} of the {n} best trials"
    else:
        ended = "1 of them ends" if diverged == 1 else f"{diverged} of them end"
        tail = f"; {ended} worse than at the first evaluation: diverged without a NaN"
        sentence = (
            f"{metric} gets worse in training in {k} of {n} trials, {course} in the last quarter"
            f"{tail if diverged else ''}. Most of the best trials do not: look at the learning "
            "rates of these, or raise tb.Infeasible."
        )
        because = f"{metric} gets worse in {k} of {n} trials"
    return _finding(
        Severity.PROBLEM if most else Severity.NOTE,
        metric,
        {"rising": k, "trials": n, "ended_worse_than_begun": diverged},
        sentence,
        because if most else "",
        [names[i] for i in rows[shown]],
    )


def period_finding(
    names: Sequence[str],
    metric: str,
    study: str,
    trials: Int[np.ndarray, "trials"],
    readable: int,
    period: float,
    swing: float,
    apart: float,
) -> Finding:
    """A metric that goes up and down in step with evaluations."""
    where = f" of {study}" if study else ""
    because = f"{metric} repeats every {digits(period, 3)} evaluations"
    return _finding(
        Severity.WARNING,
        metric,
        {
            "period_evaluations": period,
            "period_steps": period * apart,
            "swing": swing,
            "periodic": len(trials),
            "trials": readable,
        },
        f"{because} ({digits(period * apart, 3)} steps), by {digits(swing)} up and down, in "
        f"{len(trials)} of {readable} trials{where}: see whether evaluation runs on other data "
        "each time or shuffling repeats; a learning rate that goes in cycles does it too.",
        because,
        [names[i] for i in trials],
    )


def twins_finding(twins: Twins, trials: int) -> Finding:
    """Identical curves."""
    k = len(twins.trials)
    pair = " and ".join(twins.groups[0][:2])
    if twins.seeds:
        told = "although their seeds differ: the seed has no effect"
        because = f"{k} trials with other seeds have the same {twins.metric}"
    else:
        what = _few(twins.differs)
        told = f"although {what} differ{'' if len(twins.differs) > 1 else 's'}: " + (
            "training may not use it" if len(twins.differs) == 1 else "training may not use them"
        )
        because = f"{k} trials of unlike configurations have the same {twins.metric}"
    return _finding(
        Severity.PROBLEM if k >= MANY * trials else Severity.WARNING,
        twins.metric,
        {"identical": k, "groups": len(twins.groups), "trials": trials},
        f"{k} of {trials} trials have curves of {twins.metric} that are identical to the last "
        f"digit, such as {pair}, {told}.",
        because,
        twins.trials,
    )


def still_finding(
    names: Sequence[str],
    metric: str,
    rows: Int[np.ndarray, "rows"],
    trials: int,
    value: float,
    *,
    objective: bool,
) -> Finding:
    """A metric that never changes."""
    because = f"{metric} never changes in {len(rows)} of {trials} trials"
    return _finding(
        Severity.PROBLEM if objective else Severity.WARNING,
        metric,
        {"unchanged": len(rows), "trials": trials},
        f"{because}; in the best of them it is {digits(value, 4)} from the first evaluation to "
        "the last: see whether the model that is evaluated is the one that is trained.",
        because,
        [names[i] for i in rows],
    )


def pass_finding(
    table: TrialTable, metrics: Sequence[str], trials: int, *, endings: bool, cycles: bool
) -> Finding:
    """Nothing suspicious, and what could not be asked."""
    asked = ["no identical curves", "none that never changes"]
    asked += ["no training loss that rises"] if endings else []
    asked += ["no period"] if cycles else []
    missing = [] if endings else ["a rise takes 8 evaluations of a training loss"]
    missing += [] if cycles else ["a period takes 32 evaluations"]
    more = f" Not checked: {', and '.join(missing)}." if missing else ""
    return _finding(
        Severity.PASS,
        table.objective.metric,
        {"trials": trials, "metrics": len(metrics)},
        f"No curve of {trials} trials looks like a bug: {', '.join(asked)}, in "
        f"{_few(metrics)}.{more}",
        "",
        (),
    )


def thin_finding(metric: str, trials: int, points: int, fewest: int) -> Finding:
    """Too few curves."""
    return _finding(
        Severity.NOTE,
        metric,
        {"trials": trials},
        f"Not enough evidence on bugs in curves: {trials} complete trials were evaluated {points} "
        f"times or more; it takes {fewest}, and 32 evaluations to see a period.",
        "",
        (),
        settled=False,
    )


def _finding(
    severity: Severity,
    subject: str,
    numbers: dict[str, Number],
    sentence: str,
    because: str,
    trials: Sequence[str],
    *,
    settled: bool = True,
) -> Finding:
    remedy = Remedy(kind=RemedyKind.INSPECT, because=because) if because else None
    return Finding(
        check="C8", severity=severity, subject=subject, numbers=numbers, sentence=sentence,
        remedy=remedy, trials=tuple(trials), settled=settled,
    )  # fmt: skip


def _few(names: Sequence[str], most: int = 4) -> str:
    if len(names) > most:
        return f"{', '.join(names[:most])} and {len(names) - most} more"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _middle(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return float(np.median(finite)) if len(finite) else float("nan")
