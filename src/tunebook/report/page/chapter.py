"""One round as a reader meets it: question, answer, findings, pictures, trials, protocol (C12)."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from tunebook.checks.spec import CheckSpec
from tunebook.domain.decision import CaveatKind, Decision
from tunebook.domain.finding import WORST_FIRST, Examination, Finding, NotApplicable, Severity
from tunebook.domain.formats.numbers import date_text, left_out_texts
from tunebook.domain.prediction import PredictionOutcome
from tunebook.domain.record import BookRecord, Proposal, RoundRecord
from tunebook.report.check_texts import check_text, numbers_texts, remedy_text
from tunebook.report.gallery import Gallery, Shown, gallery
from tunebook.report.loop import MEANING, Standing, Step, decision_of, standing
from tunebook.report.outcome import summary_lines
from tunebook.report.page.evidence import Evidence, evidence
from tunebook.report.protocol.methods import Protocol, fixed_texts, protocol
from tunebook.report.repeats import RoundView, view_of
from tunebook.report.terminal.predictions import head
from tunebook.report.trial_rows import TrialRows, trial_rows
from tunebook.report.verdict import Answer, answer, unjudged_reruns
from tunebook.statistics.curves.lengths import length_caveat


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """A finding with the words, numbers and pictures that it opens to."""

    finding: Finding
    text: CheckSpec
    numbers: tuple[tuple[str, str], ...]
    remedy: str
    pictures: tuple[Shown, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """Findings of one check and severity: those that are shown, and the others, folded away."""

    shown: tuple[FindingView, ...]
    folded: tuple[FindingView, ...]

    @property
    def listed(self) -> tuple[FindingView, ...]:
        """Those of the folded that a page has room for."""
        return self.folded[:MOST_FOLDED]


@dataclass(frozen=True, slots=True, kw_only=True)
class StepView:
    """One step of the loop: done, now, skipped or ahead."""

    name: str
    meaning: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """What a page shows of any table that was examined: findings, pictures, trials."""

    findings: tuple[Alike, ...]
    passes: tuple[Alike, ...]
    outcome: tuple[tuple[str, tuple[str, ...]], ...]
    not_applicable: tuple[tuple[CheckSpec, NotApplicable], ...]
    gallery: Gallery
    trials: TrialRows
    left_out: tuple[str, ...]
    fixed: tuple[tuple[str, str], ...]
    caveats: tuple[str, ...]

    @property
    def passed(self) -> int:
        """How many checks passed."""
        return sum(len(a.shown) + len(a.folded) for a in self.passes)

    @property
    def severities(self) -> tuple[tuple[Severity, int], ...]:
        """How many findings there are of each severity, worst first."""
        views = [v for a in (*self.findings, *self.passes) for v in (*a.shown, *a.folded)]
        counts = [(s, sum(v.finding.severity is s for v in views)) for s in WORST_FIRST]
        return tuple((s, n) for s, n in counts if n)


def examined_parts(examination: Examination, drawn: Gallery) -> dict[str, Any]:
    """The fields of `Examined` that an examination and its pictures give."""
    views = [finding_view(f, drawn) for f in examination.findings]
    return {
        "findings": alike([v for v in views if v.finding.severity is not Severity.PASS]),
        "passes": alike([v for v in views if v.finding.severity is Severity.PASS]),
        "not_applicable": tuple((check_text(n.check), n) for n in examination.not_applicable),
        "gallery": drawn,
        "left_out": tuple(left_out_texts(examination.left_out)),
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter(Examined):
    """Everything that a page shows of one round; `listing` is a command for all of its trials."""

    record: RoundRecord
    listing: str
    when: str
    answer: Answer
    decision: Decision | None
    evidence: Evidence | None
    standing: Standing
    steps: tuple[StepView, ...]
    reruns: TrialRows | None
    proposal: Proposal | None
    followed_by: RoundRecord | None
    protocol: Protocol
    predictions: tuple[PredictionOutcome, ...] = ()

    @property
    def number(self) -> int:
        """Of the round."""
        return self.record.number

    @property
    def goal(self) -> str:
        """The round's question."""
        return self.record.plan.goal

    @property
    def predictions_head(self) -> str:
        """How many predictions were met."""
        return head(self.predictions)

    @property
    def running(self) -> bool:
        """True while trials are still to come: then everything is said of a part of them."""
        return self.standing.step in (Step.PLAN, Step.RUN)


def chapter(
    record: BookRecord,
    found: RoundRecord,
    proposal: Proposal | None,
    view: RoundView | None = None,
) -> Chapter:
    """Put together all that a page shows of one round; without a view it is examined."""
    decision = decision_of(record, found.number)
    view = view_of(found, record.rounds) if view is None else view
    read, examination = view.reading, view.reading.examination
    drawn = gallery(f"r{found.number}", view.drawing, found, decision)
    stands = standing(record, found.number)
    followed = found.number < record.rounds[-1].number
    answered = answer(found, decision, examination, followed=followed)
    return Chapter(
        **examined_parts(examination, drawn),
        record=found,
        listing=listing_command(record, found.number),
        when=date_text(found.created_at),
        answer=answered,
        decision=decision,
        evidence=evidence(answered) if decision else None,
        standing=stands,
        steps=_steps(stands),
        outcome=tuple(summary_lines(read.summary)),
        trials=trial_rows(found, found.table),
        reruns=trial_rows(found, found.reruns) if len(found.reruns) else None,
        fixed=tuple(fixed_texts(found.plan)),
        caveats=_caveats(found, decision, read.unmeasured),
        proposal=proposal if stands.step not in (Step.PLAN, Step.RUN) else None,
        followed_by=next((r for r in record.rounds if r.number == found.number + 1), None),
        protocol=protocol(record, found, decision),
        predictions=read.predictions,
    )


def listing_command(record: BookRecord, number: int) -> str:
    """The command of the shell that lists every trial of a round."""
    book = f" --book {shlex.quote(record.file)}" if record.file else ""
    return f"tunebook trials {number} --csv{book}"


def finding_view(finding: Finding, drawn: Gallery | None = None) -> FindingView:
    """A finding with its words, its numbers and, of a gallery, the pictures that show it."""
    return FindingView(
        finding=finding,
        text=check_text(finding.check),
        numbers=tuple(numbers_texts(finding)),
        remedy=remedy_text(finding),
        pictures=drawn.showing(finding) if drawn else (),
    )


MOST_FOLDED = 24
"""Of a thousand studies that say the like, more would only make the page heavy."""
MOST_ALIKE = 4
"""Findings of one check and severity in a row; of more, the first two stand for the others."""


def alike(views: Sequence[FindingView]) -> tuple[Alike, ...]:
    """Findings of one check and severity together, the many behind the first two."""
    found = []
    for _, group in groupby(
        views, key=lambda v: (v.finding.severity, v.finding.check, v.finding.settled)
    ):
        own = tuple(group)
        most = len(own) if len(own) <= MOST_ALIKE else 2
        found.append(Alike(shown=own[:most], folded=own[most:]))
    return tuple(found)


def _steps(stands: Standing) -> tuple[StepView, ...]:
    order = list(Step)
    now = order.index(stands.step)

    def state(step: Step) -> str:
        if step in stands.skipped:
            return "skipped"
        place = order.index(step)
        return "done" if place < now else "now" if place == now else "ahead"

    return tuple(StepView(name=str(s), meaning=MEANING[s], state=state(s)) for s in Step)


UNMEASURED: Mapping[str, str] = {
    "study": "Study variance was not measured: another search, with other points, might have "
    "selected other configurations.",
    "data split": "Variation over data splits was not measured: what holds here holds on this "
    "validation set.",
}
NO_FRESH_SEEDS = (
    "No configuration was rerun with a new seed: the best value of a search is flattered, "
    "because it was selected.",
)


def _caveats(
    found: RoundRecord, decision: Decision | None, unmeasured: Sequence[str] | None
) -> tuple[str, ...]:
    """The decision's own caveats, less those on fixed values, which have a table of theirs."""
    if not any(s.ended for s in found.table.status):
        return ("No trial has ended: there is no answer yet.",)
    if decision is None:
        steps = length_caveat(found.table)
        left = UNMEASURED if unmeasured is None else unmeasured
        steps_ = (steps,) if steps else ()
        said = unjudged_reruns(found)
        reruns = (said,) if said else NO_FRESH_SEEDS
        return (*reruns, *steps_, *(UNMEASURED[o] for o in left if o in UNMEASURED))
    return decision.caveats_but(CaveatKind.FIXED)
