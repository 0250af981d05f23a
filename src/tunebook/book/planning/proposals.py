"""The next round as a person edits it: a TOML file with the reason for each change (B, D6)."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tunebook.advice.proposal import propose
from tunebook.book.files.writing import write_text
from tunebook.book.planning.planned import MAX_RERUNS, Planned, look_ahead
from tunebook.domain.decision import Change, Decision, Setting, Verdict
from tunebook.domain.design import Objective, Round
from tunebook.domain.error_kind import coding_errors
from tunebook.domain.finding import Examination, Interval
from tunebook.domain.formats.codec import RoundFile, write_round_file
from tunebook.domain.record import Proposal
from tunebook.domain.table import TrialTable
from tunebook.report.notebook.views import proposal_html
from tunebook.store import Store, StoredRound

WIDTH = 98
"""Columns of a comment."""


class NextRound:
    """A proposal that a person edits: print it, write it to a file, or plan it as it is.

    Attributes:
        proposal: the plan, its changes and what is left for a person to settle.
        file: the plan with the training code and the book's setting.
    """

    def __init__(self, proposal: Proposal, file: RoundFile, *, store: Store | None = None) -> None:
        self.proposal = proposal
        self.file = file
        self._store = store

    @property
    def plan(self) -> Round:
        """The proposed plan; `book.plan_round(plan)` takes it as it is."""
        return self.proposal.plan

    @property
    def changes(self) -> tuple[Change, ...]:
        """What differs from the round before, each with its reason."""
        return self.proposal.changes

    def planned(self, *, workers: int | None = None, max_reruns: int = MAX_RERUNS) -> Planned:
        """What the proposed round would cost and tell; see `tunebook.Round.planned`."""
        return look_ahead(self._store, self.plan, workers=workers, max_reruns=max_reruns)

    def with_ahead(self) -> Proposal:
        """The proposal, with what it would cost and tell in one line; takes seconds."""
        if not self.proposal.ahead and not self.proposal.repeats:
            found = look_ahead(self._store, self.plan, with_trades=False)
            self.proposal = replace(self.proposal, ahead=found.line)
        return self.proposal

    def looking_ahead(self, store: Store) -> NextRound:
        """The same, which knows the book that its numbers come from."""
        return NextRound(self.proposal, self.file, store=store)

    def toml(self) -> str:
        """The plan as a TOML text: each change with its reason, at the top what a person must
        do, and by which rule remedies gave way."""
        ahead = (self.proposal.ahead,) if self.proposal.ahead else ()
        notes = [
            *_wrapped(self.proposal.summary, "# "),
            *(["#"] if self.proposal.summary else []),
            *_comments("What it would cost and tell (tunebook run FILE --plan says more):", ahead),
            *_comments("For you to settle:", self.proposal.unresolved),
            *_comments("Settled already:", self.proposal.resolved),
        ]
        text = write_round_file(self.file, changes=self.proposal.changes)
        return "".join(f"{line}\n" for line in notes) + text

    def write(self, path: str | os.PathLike[str]) -> Path:
        """Write the TOML text to a file, for `tunebook run FILE`."""
        return write_text(path, self.toml())

    def __repr__(self) -> str:
        return self.toml()

    def _repr_html_(self) -> str:
        return proposal_html(self.proposal)


def _comments(head: str, texts: Sequence[str]) -> list[str]:
    """Texts as comment lines under a head; a comment takes no control characters."""
    if not texts:
        return []
    lines = [f"# {head}"]
    for text in texts:
        lines += _wrapped(text, "# - ")
    return [*lines, "#"]


def _wrapped(text: str, start: str) -> list[str]:
    """One text as comment lines."""
    clean = "".join(c if c.isprintable() else " " for c in text)
    more = "#" + " " * (len(start) - 1)
    return textwrap.wrap(
        clean, WIDTH, initial_indent=start, subsequent_indent=more, break_long_words=False
    )


def next_round(
    stored: StoredRound,
    table: TrialTable,
    examination: Examination,
    decision: Decision | None,
    setting: Setting,
    objective: Objective,
    *,
    goals: Collection[str] = (),
    most_trials: int | None = None,
    baseline: Interval | None = None,
    searched: Mapping[int, Round] | None = None,
    details: Mapping[str, str] | None = None,
) -> NextRound:
    """Propose the round after `stored` from its findings and its decision, if there is one.

    Args:
        stored: the round that was run.
        table: its trials, from which the proposal predicts what its changes bring.
        examination: its findings.
        decision: the last one on it.
        setting, objective: of the book.
        goals: of the book's rounds; the proposal has another.
        most_trials: what the next round may have at most.
        baseline: what the newest launch is expected to reach, where there is one.
        searched: rounds that are decided, by number.
        details: of its trials, name to error in one line.
    """
    if decision is not None and decision.verdict is Verdict.ADOPT:
        adopted = (s.mean for s in decision.sides if dict(s.config) == dict(decision.config))
        baseline = next(adopted, baseline)
    proposal = propose(
        stored.plan,
        examination,
        decision=decision,
        table=table,
        number=stored.number,
        most_trials=most_trials,
        goals=goals,
        baseline=baseline,
        searched=searched,
        errors=coding_errors(table.name, table.cause, details or {}),
    )
    train = stored.source.path if stored.source else ""
    file = RoundFile(plan=proposal.plan, train=train, objective=objective, setting=setting)
    return NextRound(proposal, file)
