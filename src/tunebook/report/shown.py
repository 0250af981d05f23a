"""The text and the HTML of records that show themselves; see `domain.formats.display` (C12)."""

from __future__ import annotations

from html import escape

from rich.console import Group, RenderableType
from rich.text import Text

from tunebook.domain.decision import Decision, Launch
from tunebook.domain.finding import Examination, Finding
from tunebook.domain.prediction import PredictionOutcome
from tunebook.domain.record import Proposal
from tunebook.report.notebook.views import decision_html, findings_html, proposal_html
from tunebook.report.terminal.lines import plain, printable
from tunebook.report.terminal.predictions import predictions_text
from tunebook.report.terminal.summaries import (
    decision_renderable,
    finding_renderable,
    findings_text,
    launch_renderable,
)


def _in_pre(text: str) -> str:
    return f"<pre>{escape(text)}</pre>"


def decision_text(decision: Decision) -> str:
    """As `tunebook decide` prints it."""
    return plain(decision_renderable(decision))


def launch_text(launch: Launch) -> str:
    """As `tunebook launch` prints it."""
    return plain(launch_renderable(launch))


def finding_text(finding: Finding) -> str:
    """As `tunebook findings` prints it."""
    return plain(finding_renderable(finding)).rstrip()


def examination_text(examination: Examination) -> str:
    """As `tunebook findings` prints it; passed checks are counted."""
    return plain(findings_text(examination, everything=False, unfold=".findings has them"))


def proposal_text(proposal: Proposal) -> str:
    """The question, each change with its reason, and what is left for a person."""
    parts: list[RenderableType] = [Text(printable(f"Proposed next: {proposal.plan.goal}"))]
    lines = [proposal.ahead] if proposal.ahead else []
    lines += [
        f"· {c.key}: {c.before} → {c.after}, because {c.because}{f' ({c.check})' * bool(c.check)}"
        for c in proposal.changes
    ]
    lines += [f"· For you to settle: {text}" for text in proposal.unresolved]
    lines += [f"· Settled already: {text}" for text in proposal.resolved]
    return plain(Group(*parts, *(Text(printable(line)) for line in lines)))


def prediction_text(outcome: PredictionOutcome) -> str:
    """As `tunebook findings` prints it."""
    return plain(predictions_text([outcome]))


def _of_one(finding: Finding) -> str:
    alone = Examination(trials=0, left_out=(), findings=[finding], not_applicable=())
    return findings_html(alone)


DECISION = (decision_text, decision_html)
EXAMINATION = (examination_text, findings_html)
FINDING = (finding_text, _of_one)
LAUNCH = (launch_text, lambda launch: _in_pre(launch_text(launch)))
PREDICTION = (prediction_text, lambda outcome: _in_pre(prediction_text(outcome)))
PROPOSAL = (proposal_text, proposal_html)
