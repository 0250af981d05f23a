"""The next round as a person edits it: a TOML file with the reason for each change (B, D6)."""

from __future__ import annotations

import os
from pathlib import Path

from tunebook.analysis.advice import propose
from tunebook.book.writing import write_text
from tunebook.report.notebook import proposal_html
from tunebook.store import StoredRound
from tunebook.words.codec import RoundFile, write_round_file
from tunebook.words.decision import Change, Decision, Setting
from tunebook.words.design import Objective, Round
from tunebook.words.finding import Examination
from tunebook.words.record import Proposal


class NextRound:
    """A proposal that a person edits: print it, write it to a file, or plan it as it is.

    Attributes:
        proposal: the plan, its changes and what is left for a person to settle.
        file: the plan with the training code and the book's setting.
    """

    def __init__(self, proposal: Proposal, file: RoundFile) -> None:
        self.proposal = proposal
        self.file = file

    @property
    def plan(self) -> Round:
        """The proposed plan; `book.plan_round(plan)` takes it as it is."""
        return self.proposal.plan

    @property
    def changes(self) -> tuple[Change, ...]:
        """What differs from the round before, each with its reason."""
        return self.proposal.changes

    def toml(self) -> str:
        """The plan as a TOML text with the reason beside each change."""
        return write_round_file(self.file, changes=self.proposal.changes)

    def write(self, path: str | os.PathLike[str]) -> Path:
        """Write the TOML text to a file, for `tunebook run FILE`."""
        return write_text(path, self.toml())

    def __repr__(self) -> str:
        return self.toml()

    def _repr_html_(self) -> str:
        return proposal_html(self.proposal)


def next_round(
    stored: StoredRound,
    examination: Examination,
    decision: Decision | None,
    setting: Setting,
    objective: Objective,
) -> NextRound:
    """Propose the round after `stored` from its findings and its decision, if there is one."""
    proposal = propose(stored.plan, examination, decision=decision)
    train = stored.source.path if stored.source else ""
    file = RoundFile(plan=proposal.plan, train=train, objective=objective, setting=setting)
    return NextRound(proposal, file)
