"""The next round as a person edits it: a TOML file with the reason for each change (B, D6)."""

from __future__ import annotations

import os
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tunebook.advice.proposal import propose
from tunebook.book.decisions.limits import MAX_RERUNS
from tunebook.book.files.writing import write_text
from tunebook.book.planning.planned import Planned, look_ahead
from tunebook.book.sealing import sealed_of, veiled
from tunebook.domain.decision import Change, Verdict
from tunebook.domain.design import Round
from tunebook.domain.error_kind import coding_errors
from tunebook.domain.finding import Examination
from tunebook.domain.formats.codec import RoundFile, write_round_file
from tunebook.domain.record import Proposal
from tunebook.store import Store
from tunebook.store.setting import setting_of
from tunebook.store.table import table

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
        from tunebook.report.notebook.views import proposal_html

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


def _searched(plan: Round) -> Round:
    """The plan of an imported round as a search of its ranges: its own points have been run."""
    return replace(plan, searcher="halton", points=())


def next_round(
    store: Store, number: int, examination: Examination, *, most_trials: int | None = None
) -> NextRound:
    """Propose the round after one, from its findings and its newest decision.

    Args:
        store: of the book.
        number: of the round that was run.
        examination: its findings.
        most_trials: what the next round may have at most.
    """
    rounds, decisions, launches = store.rounds(), store.decisions(), store.launches()
    stored, own = rounds[number - 1], table(store, number)
    decision = next((d for d in reversed(decisions) if d.round == number), None)
    baseline = launches[-1].expected if launches else None
    if decision is not None and decision.verdict is Verdict.ADOPT:
        adopted = (s.mean for s in decision.sides if dict(s.config) == dict(decision.config))
        baseline = next(adopted, baseline)
    answered = {d.round for d in decisions if d.verdict is not Verdict.MORE_EVIDENCE}
    trials = veiled(store.trials(number), sealed_of(store, number))
    details = {t.name: t.detail for t in trials if t.detail}
    proposal = propose(
        stored.plan if stored.imported is None else _searched(stored.plan),
        examination,
        decision=decision,
        table=own,
        number=number,
        most_trials=most_trials,
        goals=frozenset(r.plan.goal for r in rounds),
        baseline=baseline,
        searched={n: rounds[n - 1].plan for n in answered},
        errors=coding_errors(own.name, own.cause, details),
    )
    setting, objective = setting_of(store)
    train = stored.source.path if stored.source else ""
    file = RoundFile(plan=proposal.plan, train=train, objective=objective, setting=setting)
    return NextRound(proposal, file, store=store)
