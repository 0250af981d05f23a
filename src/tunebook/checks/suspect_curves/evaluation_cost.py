"""Whether evaluations cost more than training, as the trials' own clocks have it (I1).

Estimator: the median over complete trials of the share of their time that evaluations took
(`training/evaluation_time.py`), with the interval between order statistics (the range with less
than six trials). Claim: it is above one half, where evaluations
take a second of a trial or more. NULL: the median share of all such trials is one
half; the alarm takes an interval above it, 2.5 %. Assumes trials that are independent. Where
training does not ask `evaluate_at`, or computes in the background and can't be waited for, no
share is on record, and nothing is said.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tunebook.checks.suspect_curves.evaluation_steps import FEWEST
from tunebook.domain.finding import Finding, Interval, Remedy, RemedyKind, Severity
from tunebook.domain.formats.numbers import percent
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Value
from tunebook.statistics.curves.majority import FEWEST_TRIALS
from tunebook.statistics.step_times import median_time

if TYPE_CHECKING:
    from jaxtyping import Int

TOO_COSTLY = 0.5
"""Of the time of both: the playbook's evaluations cost no more than training."""
MATTERS_S = 1.0
"""A trial whose evaluations take less in all is over before its worker has started."""
AIM = 0.2
"""The share that is proposed. A judgement: evaluations that cost a quarter of training."""


def with_cost(
    table: TrialTable, rows: Int[np.ndarray, "rows"], steps: tuple[Finding, ...]
) -> tuple[Finding, ...]:
    """The findings on when trials were evaluated, with what that cost where it is known.

    Args:
        table: the trials of one round.
        rows: the complete ones.
        steps: what `evaluation_steps` found.
    """
    if not table.evaluation_share:
        return steps
    shares = np.asarray(table.evaluation_share)[rows]
    known = shares[np.isfinite(shares)]
    if len(known) < FEWEST_TRIALS:
        return steps
    share, spent = median_time(known), shares * table.seconds[rows]
    if share.low <= TOO_COSTLY or not float(np.nanmedian(spent)) > MATTERS_S:
        return tuple(replace(f, numbers={**f.numbers, "share_of_the_time": share}) for f in steps)
    more = any(f.remedy is not None and "evaluate_every" in f.remedy.values for f in steps)
    return (_costly(table, rows, share, more=more), *steps)


def _costly(
    table: TrialTable, rows: Int[np.ndarray, "rows"], share: Interval, *, more: bool
) -> Finding:
    """The warning, with the number of evaluations that would take a fifth of the time.

    Args:
        more: whether more evaluations are asked for, so that each must cost less.
    """
    now = round(float(np.median(table.curves[table.objective.metric].sizes[rows])))
    fewer = int(now * AIM / (1 - AIM) * (1 - share.estimate) / share.estimate)
    values: dict[str, Value] = {}
    action = "Evaluate on fewer examples or with larger batches"
    if fewer >= FEWEST and not more:
        values = {"evaluations": fewer}
        action = f"Evaluate {fewer} times for a share of {percent(AIM)}, or on fewer examples"
    return Finding(
        check="I1",
        severity=Severity.WARNING,
        subject="evaluations",
        numbers={"share_of_the_time": share, "evaluations": now},
        sentence="Evaluation costs more than training: "
        f"{now} evaluations take {percent(share.estimate)} of a trial's time. {action}.",
        remedy=Remedy(
            kind=RemedyKind.INSPECT,
            values=values,
            because=f"evaluations take {percent(share.estimate)} of a trial's time",
        ),
    )
