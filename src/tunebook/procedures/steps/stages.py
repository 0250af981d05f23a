"""The nouns of a procedure: its stages, the rounds that they became, and what they show."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from tunebook.charts.picture import Picture
from tunebook.domain.design import Round
from tunebook.domain.finding import Finding, Number, Remedy, Severity
from tunebook.domain.formats.text_table import TextTable
from tunebook.domain.origin import RoundOrigin, Stage
from tunebook.domain.record import Proposal
from tunebook.domain.table import Curves, TrialTable
from tunebook.domain.trial import TrialRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class PossibleRound:
    """A round that a procedure may run.

    Attributes:
        plan: with the most trials that it can take.
        only_if: when it runs, as a clause; empty where it always does.
    """

    plan: Round
    only_if: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DoneStage:
    """A stage whose trials have all ended.

    Attributes:
        number: of its round.
        plan, table: of its round.
        unread: varied hyperparameters that training code never read.
        trials: their records, in the table's order.
        report_times: reads when they reported, as `tunebook.Round.report_times`; only a procedure
            that needs times pays for it.
    """

    number: int
    plan: Round
    table: TrialTable
    unread: tuple[str, ...] = ()
    trials: tuple[TrialRecord, ...] = ()
    report_times: Callable[[], Curves] = lambda: Curves.pack([])


Done = Mapping[Stage, DoneStage]
"""Finished stages, in the order of their rounds."""

Companion = tuple[Any, Done]
"""A run of another procedure in the same book: its arguments, and its finished stages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """What a procedure found.

    Attributes:
        sentence: the answer, with its numbers; or what is missing for one.
        findings: in the playbook's order.
        tables: the same in numbers, as a paper prints them.
        proposal: the round to run next, or None where nothing is to be changed.
        left: what a person can still try, a sentence each.
        answer: the numbers, for programs: name to number, text or None.
        pictures: of the procedure's chart; drawn at the first look.
    """

    sentence: str
    findings: tuple[Finding, ...] = ()
    tables: tuple[TextTable, ...] = ()
    proposal: Proposal | None = None
    left: tuple[str, ...] = ()
    answer: Mapping[str, float | str | None] = field(default_factory=dict)
    pictures: Sequence[Picture] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "answer", MappingProxyType(dict(self.answer)))


def origin_of(plan: Round) -> RoundOrigin:
    """The origin of a round that a procedure plans."""
    assert plan.origin is not None
    return plan.origin


def finding(
    check: str,
    severity: Severity,
    subject: str,
    sentence: str,
    *,
    numbers: Mapping[str, Number] | None = None,
    remedy: Remedy | None = None,
    trials: tuple[str, ...] = (),
) -> Finding:
    """A finding of a procedure; see `Finding`."""
    return Finding(
        check=check,
        severity=severity,
        subject=subject,
        numbers=numbers or {},
        sentence=sentence,
        remedy=remedy,
        trials=trials,
    )
