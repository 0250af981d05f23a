"""What a short test run warns of: evaluation that costs more than training, and slips (A1 I1).

Measured, not estimated: a few steps say what a step costs, and no more is claimed of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from tunebook.checks.suspect_curves.evaluation_cost import AIM, MATTERS_S
from tunebook.checks.suspect_curves.evaluation_steps import FEWEST
from tunebook.domain.design import Objective
from tunebook.domain.environment import Tried
from tunebook.domain.finding import Finding, Remedy, RemedyKind, Severity
from tunebook.domain.formats.numbers import digits
from tunebook.domain.trial import Value
from tunebook.examination.objective_direction import direction_finding

TOO_COSTLY = 1.0
"""Times training: the playbook's evaluations cost no more than training."""
MOST_TIMES = 100
"""A larger ratio means that a step is too fast to be timed, and is written as "over 100"."""


def warnings(
    tried: Sequence[Tried], objective: Objective, *, training_objective: str = ""
) -> tuple[Finding, ...]:
    """What to mend before the round is run; nothing of what did not train at all.

    Args:
        tried: what was seen of each study's first configuration.
        objective, training_objective: of the book; the second may be empty.
    """
    whole = [t for t in tried if not t.fault]
    doubt = direction_finding(objective)
    found = [replace(doubt, severity=Severity.WARNING)] if doubt else []
    found += [*_unreported(whole, objective.metric), *_not_finite(whole, objective.metric)]
    if training_objective and any(training_objective not in t.metrics for t in whole):
        found.append(
            _finding(
                "C4", Severity.NOTE, training_objective,
                f"The book's training objective is {training_objective}, which is not reported: "
                "overfitting and instability can't be seen.",
            )
        )  # fmt: skip
    unread = dict.fromkeys(name for t in whole for name in t.unread)
    found += [
        _finding(
            "A1", Severity.WARNING, name,
            f'Training never read "{name}", so what the round says of it would be noise.',
        )
        for name in unread
    ]  # fmt: skip
    return (*found, *_costly(whole))


def baseline_warnings(tried: Tried, gaps: str, launch: int) -> tuple[Finding, ...]:
    """What the short run of the baseline's configuration warns of.

    Args:
        tried: what was seen of it.
        gaps: which hyperparameters of the round it lacks, in words; empty where it lacks none.
        launch: its number.
    """
    if tried.fault:
        error = tried.fault.partition("\n")[0]
        sentence = (
            f"The baseline (launch {launch}) crashes with this training code: {error}. `decide` "
            "reruns the baseline, so this round could not be decided. Give each hyperparameter "
            'that the baseline lacks a default: trial.config.get("NAME", VALUE).'
        )
        return (_finding("D3", Severity.PROBLEM, "baseline", sentence),)
    if not gaps:
        return ()
    sentence = (
        f"{gaps.partition('. ')[0]}. It trained for {tried.steps} steps with this code. Check "
        "that the default in the code is what the baseline was launched with."
    )
    return (_finding("D3", Severity.NOTE, "baseline", sentence),)


def _unreported(tried: Sequence[Tried], metric: str) -> list[Finding]:
    missing = [t for t in tried if metric not in t.metrics]
    if not missing:
        return []
    reported = ", ".join(dict.fromkeys(n for t in missing for n in t.metrics)) or "nothing"
    return [
        _finding(
            "A1", Severity.PROBLEM, metric,
            f"The objective {metric} was not reported; reported was {reported}.",
        )
    ]  # fmt: skip


def _not_finite(tried: Sequence[Tried], metric: str) -> list[Finding]:
    lost = [t for t in tried if not all(map(math.isfinite, t.metrics.get(metric, (0.0, 0.0))))]
    if not lost:
        return []
    return [
        _finding(
            "H1", Severity.WARNING, metric,
            f"{metric} was not finite within the first {lost[0].steps} steps.",
        )
    ]  # fmt: skip


def _costly(tried: Sequence[Tried]) -> list[Finding]:
    """The study whose evaluations weigh most, if they surely weigh too much.

    Surely: with the shortest evaluation and the longest step that the cycles allow. At least five
    cycles of each kind bound their median from one side with a chance of 31 in 32.
    """
    ratios = [(_surely(t), i) for i, t in enumerate(tried)]
    if not ratios or max(ratios)[0] <= TOO_COSTLY:
        return []
    ratio, i = max(ratios)
    worst = tried[i]
    assert worst.training_s is not None and worst.evaluation_s is not None
    fewer = int(AIM / (1 - AIM) * worst.training_s / worst.evaluation_s)
    now = min(worst.evaluations, worst.max_train_steps)
    times = f"at least {digits(ratio)}" if ratio <= MOST_TIMES else f"over {MOST_TIMES}"
    sentence = (
        f"Evaluation takes longer than training: evaluating {now} times takes {times} times as "
        f"long as {worst.max_train_steps} steps. "
    )
    if fewer >= FEWEST:
        sentence += f"Set evaluations = {fewer} to spend a fifth of the time on them."
        values: dict[str, Value] = {"evaluations": fewer}
    else:
        sentence += (
            "Evaluate on fewer examples or in larger batches; with fewer than "
            f"{FEWEST} evaluations no curve can be read."
        )
        values = {}
    return [
        Finding(
            check="I1",
            severity=Severity.WARNING,
            subject="evaluations",
            numbers={
                "share": round(worst.evaluation_share or 0.0, 4),
                "least_ratio": ratio,
                "evaluation_s": worst.evaluation_s,
                "step_s": worst.step_s or 0.0,
            },
            sentence=sentence,
            remedy=Remedy(kind=RemedyKind.INSPECT, values=values, because=sentence),
        )
    ]


def _surely(tried: Tried) -> float:
    """Times training that evaluating takes at least; 0 where it takes next to no time."""
    if tried.least_ratio is None or (tried.evaluating_s or 0.0) < MATTERS_S:
        return 0.0
    return tried.least_ratio


def _finding(check: str, severity: Severity, subject: str, sentence: str) -> Finding:
    return Finding(
        check=check,
        severity=severity,
        subject=subject,
        numbers={},
        sentence=sentence,
        remedy=Remedy(kind=RemedyKind.INSPECT, because=sentence),
    )
