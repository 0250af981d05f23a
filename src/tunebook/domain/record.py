"""Everything that a report reads of a book, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tunebook.domain.decision import Change, Decision, Launch, RerunPlan, Setting
from tunebook.domain.design import Objective, Round
from tunebook.domain.environment import Environment
from tunebook.domain.formats.display import Shown
from tunebook.domain.frozen import freeze
from tunebook.domain.sealing import Look, Seal

if TYPE_CHECKING:
    from tunebook.domain.table import TrialTable


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingSource:
    """Which code trained: remembered, never stored in a form that runs by itself.

    Attributes:
        path: `package.module:function`, or empty for a function that has no import path.
        text: its source text.
        sha256: hash of the source text, hexadecimal.
    """

    path: str
    text: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Proposal(Shown):
    """A plan for the next round, with the reason for each change.

    Attributes:
        plan: valid, and runs as it is; what it expects is in `plan.predictions`.
        changes: what differs from the round before.
        unresolved: what no plan can carry out, and why a person must.
        resolved: remedies that met in one plan, and by which rule one of them gave way.
        ahead: what the plan would cost and tell, in one line; empty where it was not worked out.
        summary: what is proposed and after what, or why nothing is, in one sentence.
        repeats: nothing is proposed; the plan is the last one with another seed, to be edited.
    """

    plan: Round
    changes: tuple[Change, ...]
    unresolved: tuple[str, ...] = ()
    resolved: tuple[str, ...] = ()
    ahead: str = ""
    summary: str = ""
    repeats: bool = False

    def _in_short(self) -> str:
        return f"of {len(self.changes)} changes: {self.plan.goal}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundRecord:
    """A round as it was planned, run and judged.

    Attributes:
        number: from 1.
        plan: as it stands now.
        table: its search trials; reruns: its fresh-seed trials.
        source: the training code of its last run, or None before the first.
        created_at: Unix time.
        spent_twice_s: seconds of compute that had to be repeated after something was lost.
        details: trial name to its fate in one line of words.
        output_tails: trial name to the end of what it printed, for trials that did not complete.
        unread: varied hyperparameter to the trials whose training code never read it.
        carried: its search trials with those of earlier rounds that lie in its space, or None
            where there is none.
        environments: what its trials ran on and with, oldest first; empty in books from before
            that was noted.
        exploitation: how many of its search trials were chosen by earlier results.
    """

    number: int
    plan: Round
    table: TrialTable
    reruns: TrialTable
    source: TrainingSource | None
    created_at: float
    spent_twice_s: float = 0.0
    details: Mapping[str, str] = field(default_factory=dict)
    output_tails: Mapping[str, str] = field(default_factory=dict)
    unread: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    carried: TrialTable | None = None
    environments: tuple[Environment, ...] = ()
    exploitation: int = 0

    def __post_init__(self) -> None:
        freeze(self, "details", "output_tails", "unread")

    @property
    def ended(self) -> bool:
        """True once it has search trials and all of them have ended."""
        return len(self.table) > 0 and all(status.ended for status in self.table.status)


@dataclass(frozen=True, slots=True, kw_only=True)
class BookRecord:
    """A book as a report reads it.

    Attributes:
        setting: the workload's name, chance level and training objective.
        objective: the metric that decides.
        rounds, decisions, launches: in the order in which they were made.
        versions: of Tunebook, Python and what training imported, by name.
        file: name of the book's file, for the commands that a report prints.
        seals, looks: test metrics that are kept from view, and who looked at them.
        rerun_plans: what each decision fixed before its first rerun; empty in older books.
    """

    setting: Setting
    objective: Objective
    rounds: tuple[RoundRecord, ...]
    decisions: tuple[Decision, ...]
    launches: tuple[Launch, ...]
    versions: tuple[tuple[str, str], ...]
    file: str
    seals: tuple[Seal, ...] = ()
    looks: tuple[Look, ...] = ()
    rerun_plans: tuple[RerunPlan, ...] = ()
