"""What is said of curves that are probably bugs (C8)."""

from __future__ import annotations

from collections.abc import Sequence

from tunebook.checks.suspect_curves.identical_curves import Twins
from tunebook.domain.finding import Finding, Number, Remedy, RemedyKind, Severity
from tunebook.domain.formats.numbers import digits, in_words
from tunebook.domain.table import TrialTable

MANY = 0.1
"""Share of the trials from which on identical curves are a problem, not a warning. A judgement."""
MOST_NAMED = 4


def rising_finding(
    metric: str,
    trials: Sequence[str],
    *,
    of: int,
    low: float,
    end: float,
    most: bool,
    diverged: int,
) -> Finding:
    """A training metric that gets worse, in most of the best trials or in single ones.

    Args:
        metric: its name.
        trials: that show it, `of` so many that were asked.
        low, end: medians of their lowest stretch and of their last quarter.
        most: whether most of the best trials do.
        diverged: how many of all that show it end worse than they began.
    """
    who = f"{len(trials)} of {f'the {of} best' if most else of} trials"
    rises = f"{metric} gets worse in training in {who}"
    course = f"from {digits(low, 3)} at its best to {digits(end, 3)} in the last quarter"
    if most:
        sentence = (
            f"{rises}, {course}: probably a bug in the loss or the optimizer, or a learning rate "
            "too high for the end of training."
        )
    else:
        ended = "1 of them ends" if diverged == 1 else f"{diverged} of them end"
        tail = f"; {ended} worse than at the first evaluation: diverged without a NaN"
        sentence = (
            f"{rises}, {course}{tail if diverged else ''}. Most of the best trials do not: look "
            "at the learning rates of these, or raise tb.Infeasible."
        )
    return _finding(
        Severity.PROBLEM if most else Severity.NOTE,
        metric,
        {"rising": len(trials), "trials": of, "ended_worse_than_begun": diverged},
        sentence,
        f"{metric} gets worse in {who}" if most else "",
        trials,
    )


def period_finding(
    metric: str,
    study: str,
    trials: Sequence[str],
    *,
    of: int,
    period: float,
    swing: float,
    apart: float,
) -> Finding:
    """A metric that goes up and down in step with evaluations, `apart` steps from each other."""
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
            "trials": of,
        },
        f"{because} ({digits(period * apart, 3)} steps), by {digits(swing)} up and down, in "
        f"{len(trials)} of {of} trials{where}: see whether evaluation runs on other data each "
        "time or shuffling repeats; a learning rate that goes in cycles does it too.",
        because,
        trials,
    )


def twins_finding(twins: Twins, trials: int) -> Finding:
    """Identical curves."""
    k = len(twins.trials)
    pair = " and ".join(twins.groups[0][:2])
    if twins.seeds:
        told = "although their seeds differ: the seed has no effect"
        because = f"{k} trials with other seeds have the same {twins.metric}"
    else:
        what = in_words(twins.differs, most=MOST_NAMED)
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
    metric: str, trials: Sequence[str], *, of: int, value: float, objective: bool
) -> Finding:
    """A metric that never changes."""
    because = f"{metric} never changes in {len(trials)} of {of} trials"
    return _finding(
        Severity.PROBLEM if objective else Severity.WARNING,
        metric,
        {"unchanged": len(trials), "trials": of},
        f"{because}; in the best of them it is {digits(value, 4)} from the first evaluation to "
        "the last: see whether the model that is evaluated is the one that is trained.",
        because,
        trials,
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
        f"{in_words(metrics, most=MOST_NAMED)}.{more}",
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
