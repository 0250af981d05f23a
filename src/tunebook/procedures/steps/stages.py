"""The nouns of a procedure: its stages, the rounds that they became, and what they say."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from tunebook.charts.picture import Picture
from tunebook.domain.design import Round
from tunebook.domain.finding import Finding, Number, Remedy, Severity
from tunebook.domain.formats.text_table import TextTable
from tunebook.domain.record import Proposal
from tunebook.domain.table import Curves, TrialTable
from tunebook.domain.trial import TrialRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One round that a procedure may run.

    Attributes:
        name: short, one word or a few, `sweep`.
        asks: its question.
        trials: the most that it can take.
        max_train_steps: of each.
        only_if: when it is run, as a clause; empty where it always is.
    """

    name: str
    asks: str
    trials: int
    max_train_steps: int
    only_if: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The round that comes next.

    Attributes:
        stage: name of its stage.
        plan: its plan, made by `asked.round(...)`.
    """

    stage: str
    plan: Round


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DoneStage:
    """A stage whose trials have all ended.

    Attributes:
        stage: its name; number: of its round.
        plan, table: of its round.
        unread: varied hyperparameters that training code never read.
        trials: their records, in the table's order.
        report_times: reads when they reported, as `tunebook.Round.report_times`; only a procedure
            that asks for times pays for it.
    """

    stage: str
    number: int
    plan: Round
    table: TrialTable
    unread: tuple[str, ...] = ()
    trials: tuple[TrialRecord, ...] = ()
    report_times: Callable[[], Curves] = lambda: Curves.pack([])


Done = Mapping[str, DoneStage]
"""Stages that are done, by name, in the order of their rounds."""


Beside = tuple[Any, Done]
"""Another procedure of the same book: its arguments, and its stages that are done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """What a procedure found.

    Attributes:
        sentence: the answer, with its numbers; or what is missing for one.
        findings: in the playbook's order.
        pictures: that show it, as a `Drawn`: a procedure concludes after each stage.
        tables: the same in numbers, as a paper prints them.
        proposal: the round to run next, or None where nothing is to be changed.
        left: what a person can still try, a sentence each.
        answer: the numbers, for programs: name to number, text or None.
    """

    sentence: str
    findings: tuple[Finding, ...] = ()
    pictures: Sequence[Picture] = ()
    tables: tuple[TextTable, ...] = ()
    proposal: Proposal | None = None
    left: tuple[str, ...] = ()
    answer: Mapping[str, float | str | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "answer", MappingProxyType(dict(self.answer)))


def stage_of(name: str, plan: Round, only_if: str = "") -> Stage:
    """The stage that a plan would be; see `Stage`."""
    return Stage(
        name=name,
        asks=question_of(plan),
        trials=plan.trials,
        max_train_steps=plan.max_train_steps,
        only_if=only_if,
    )


def question_of(plan: Round) -> str:
    """What a stage asks: its round's goal without whose it is."""
    return plan.goal.partition(" [")[0]


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
