"""An objective whose direction contradicts the metric's name (C11).

No test: the name is all that is read. A wrong direction reverses every finding and every decision,
so that it is an open problem of a round until a person acknowledges it.
"""

from __future__ import annotations

from tunebook.domain.design import Objective
from tunebook.domain.finding import Finding, Remedy, RemedyKind, Severity
from tunebook.domain.metric_direction import likely_direction

CHECK = "C11"


def direction_finding(objective: Objective, *, of_file: bool = False) -> Finding | None:
    """The doubt of an objective's direction, or None where its name agrees or says nothing.

    Args:
        objective: which metric, and which way is better.
        of_file: of trials that a file brought, where another `--objective` mends it; of a book
            it takes a new book.
    """
    likely = likely_direction(objective.metric)
    if likely is None or likely == objective.direction.value:
        return None
    better = "higher" if likely == "maximize" else "lower"
    because = f"for a metric named {objective.metric} {better} is usually better"
    mend = (
        f"use --objective {likely}:{objective.metric}"
        if of_file
        else f'begin a new book with tb.{likely}("{objective.metric}")'
    )
    reversed_ = "finding" if of_file else "finding and decision"
    return Finding(
        check=CHECK,
        severity=Severity.WARNING if of_file else Severity.PROBLEM,
        subject=objective.metric,
        numbers={"taken": objective.direction.value, "likely": likely},
        sentence=f"The objective may have the wrong direction: it is {objective.direction.value}d,"
        f" but {because}. If so, every {reversed_} is reversed: {mend}.",
        remedy=None
        if of_file
        else Remedy(
            kind=RemedyKind.CORRECT,
            values={"objective": f"{likely}:{objective.metric}"},
            because=because,
        ),
    )


def doubts_direction(finding: Finding) -> bool:
    """Whether a finding is `direction_finding`'s."""
    return finding.check == CHECK and "likely" in finding.numbers
