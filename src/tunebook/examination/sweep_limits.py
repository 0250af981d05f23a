"""What limits every comparison in a sweep: unequal training, and trials that are not there (C11).

Both are facts of the table, with no test: where trials ended, which were stopped, which numbers
are missing. A round that the book ran has one training length and all its trials.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tunebook.domain.finding import Finding, Remedy, RemedyKind, Severity
from tunebook.domain.formats.numbers import plural
from tunebook.domain.roles import is_length
from tunebook.domain.table import TrialTable

LONGER = 1.25
"""Trials are compared at different positions where the longest trained so much longer than the
shortest: below, the last evaluations of one length differ so much among themselves."""
FEWEST = 5
"""Complete trials with a curve below which nothing is compared."""
MISSING = 0.1
"""Share of the numbers whose absence is told: a few are lost to a restart or a test run."""
FEWEST_MISSING = 3


def limit_findings(table: TrialTable) -> Iterator[Finding]:
    """Findings on what limits comparisons in the table."""
    yield from _positions(table)
    yield from _stopped(table)
    yield from _missing(table)


def _positions(table: TrialTable) -> Iterator[Finding]:
    """A warning where complete trials count with values of different training positions."""
    metric = table.objective.metric
    curves = table.curves.get(metric)
    searched = any(is_length(n) for b in table.branches.values() for n in b.axes)
    if curves is None or table.max_train_steps is not None or searched:  # else B9 says it
        return
    rows = np.flatnonzero(table.complete & (curves.sizes > 0))
    if len(rows) < FEWEST:
        return
    ends = curves.steps[curves.offsets[rows + 1] - 1]
    last, first = int(ends.max()), int(ends.min())
    if last <= LONGER * max(first, 1):
        return
    shorter = int((ends < last / LONGER).sum())
    yield Finding(
        check="C11",
        severity=Severity.WARNING,
        subject=metric,
        numbers={"shortest": first, "longest": last, "shorter": shorter, "trials": len(rows)},
        sentence=f"Trials are compared at different training positions: {shorter} of {len(rows)} "
        f"ended well before step {last}. A trial may look worse only because it ended earlier. "
        "Compare trials of one length, or train all to the same step.",
        remedy=Remedy(
            kind=RemedyKind.INSPECT,
            subject=metric,
            because="longer training can hide or make any difference between configurations",
        ),
        trials=tuple(table.name[i] for i in rows[ends < last / LONGER]),
    )


def _stopped(table: TrialTable) -> Iterator[Finding]:
    """A note where trials were stopped early, so that those which finished were selected."""
    if not table.cut:
        return
    of = table.cut + int(table.complete.sum())
    yield Finding(
        check="C11",
        severity=Severity.NOTE,
        subject="trials that finished",
        numbers={"stopped": table.cut, "trials": of},
        sentence=f"{plural(table.cut, 'trial')} of {of} "
        f"{'was' if table.cut == 1 else 'were'} stopped early for poor results and left out. "
        "Those that finished are the better ones: failures, importance and sampling describe "
        "them, not the whole space.",
    )


def _missing(table: TrialTable) -> Iterator[Finding]:
    """A warning where every trial finished and many numbers are missing between them."""
    numbered = [name for name in table.name if name.isdecimal()]
    if len(numbered) < max(FEWEST, len(table)) or not table.complete.all():
        return
    if table.left_out or table.cut:
        return
    numbers = sorted({int(name) for name in numbered})
    first = 0 if numbers[0] == 0 else min(numbers[0], 1)
    whole = numbers[-1] - first + 1
    missing = whole - len(numbers)
    if missing < max(FEWEST_MISSING, MISSING * whole) or missing > len(numbers):
        return
    yield Finding(
        check="C11",
        severity=Severity.WARNING,
        subject="trials that finished",
        numbers={"missing": missing, "trials": whole},
        sentence=f"Every trial here finished, and {missing} of the numbers {first} to "
        f"{numbers[-1]} are missing. Trials that failed or were stopped may have been left out: "
        "then failures can't be seen, and results look better than they are. Export all trials.",
        remedy=Remedy(
            kind=RemedyKind.INSPECT,
            subject="trials that finished",
            because="what is not there can't be judged",
        ),
    )
