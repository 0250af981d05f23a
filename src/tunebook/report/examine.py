"""Every check that applies, on one table, worst finding first (C, B2)."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from tunebook.analysis import CHECKS, load_check
from tunebook.report.wording import listed, plural
from tunebook.words.finding import (
    Examination,
    Finding,
    NotApplicable,
    Remedy,
    RemedyKind,
    Severity,
)
from tunebook.words.table import TrialTable
from tunebook.words.trial import Status


class Result(Protocol):
    """What a check returns when it can speak."""

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What it found, passes included."""


WORST_FIRST = (Severity.PROBLEM, Severity.WARNING, Severity.NOTE, Severity.PASS)


def results(table: TrialTable, *, seed: int = 0) -> dict[str, Result | NotApplicable]:
    """Run every check of the catalogue on a table, in the playbook's order.

    An error in a check is a bug and goes up; arithmetic on the NaN of infeasible trials is not.

    Args:
        table: the trials of one round.
        seed: of every resampling.
    """
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        return {check: load_check(check)(table, seed=seed) for check in CHECKS}


def examine(
    table: TrialTable,
    *,
    seed: int = 0,
    unread: Mapping[str, Sequence[str]] | None = None,
) -> Examination:
    """What every check says of one table of trials.

    Args:
        table: the trials of one round, or of a sweep that was run elsewhere.
        seed: of every resampling; the same table and seed give the same examination.
        unread: varied hyperparameter to the trials whose training code never read it.

    Example:
        >>> import tunebook as tb
        >>> table = tb.TrialTable.from_csv("trials.csv", objective=tb.minimize("error"))
        ... # doctest: +SKIP
        >>> tb.examine(table).findings  # doctest: +SKIP
    """
    return conclude(table, results(table, seed=seed), unread=unread)


def conclude(
    table: TrialTable,
    found: Mapping[str, Result | NotApplicable],
    *,
    unread: Mapping[str, Sequence[str]] | None = None,
) -> Examination:
    """Put results that are there already together as an examination; see `examine`."""
    findings = [f for r in found.values() if not isinstance(r, NotApplicable) for f in r.findings]
    findings += [_never_read(table, name, trials) for name, trials in (unread or {}).items()]
    return Examination(
        trials=len(table),
        left_out=(*table.left_out, *_not_counted(table)),
        findings=sorted(findings, key=_order),
        not_applicable=tuple(r for r in found.values() if isinstance(r, NotApplicable)),
    )


def _order(finding: Finding) -> tuple[int, str, int]:
    letter, digits = finding.check[:1], finding.check[1:]
    place = int(digits) if digits.isdecimal() else 0
    return WORST_FIRST.index(finding.severity), letter, place


def _not_counted(table: TrialTable) -> list[str]:
    """ "name: reason" for every trial that no statistic counts."""
    reasons = []
    for name, status, cause in zip(table.name, table.status, table.cause, strict=True):
        if status is Status.FAILED:
            reasons.append(f"{name}: failed{f', {cause}' if cause else ''}, not its own fault")
        elif not status.ended:
            reasons.append(f"{name}: {status}, has not ended")
    return reasons


def _never_read(table: TrialTable, name: str, trials: Sequence[str]) -> Finding:
    # The book notes it of fresh-seed reruns as well: those are no trials of this table.
    trials = [t for t in trials if t in table.name]
    having = sum(name in config for config in table.config)
    return Finding(
        check="B2",
        severity=Severity.PROBLEM,
        subject=name,
        numbers={"unread": len(trials), "trials": having},
        sentence=(
            f'Training never read "{name}" in {len(trials)} of {plural(having, "trial")} that '
            f"have it ({listed(trials, 4)}): it was varied in vain, and whatever a check says of "
            "it is chance."
        ),
        remedy=Remedy(
            kind=RemedyKind.INSPECT,
            subject=name,
            because=f'the training code should read trial.config["{name}"], under this name',
        ),
        trials=tuple(trials),
    )
