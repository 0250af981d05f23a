"""The text and the HTML of records that show themselves; see `domain.formats.display` (C12)."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import TYPE_CHECKING, Any

from tunebook.domain.finding import Examination, Finding
from tunebook.domain.record import Proposal
from tunebook.report.notebook.views import decision_html, findings_html, proposal_html
from tunebook.report.terminal.lines import plain, printable
from tunebook.report.terminal.parts import Group, Text
from tunebook.report.terminal.predictions import predictions_text
from tunebook.report.terminal.summaries import (
    decision_renderable,
    finding_renderable,
    findings_text,
    launch_renderable,
)

if TYPE_CHECKING:
    from tunebook.report.terminal.parts import Renderable


def proposal_renderable(proposal: Proposal) -> Renderable:
    """The question, each change with its reason, and what is left for a person."""
    parts: list[Renderable] = [Text(printable(f"Proposed next: {proposal.plan.goal}"))]
    lines = [proposal.ahead] if proposal.ahead else []
    lines += [
        f"· {c.key}: {c.before} → {c.after}, because {c.because}{f' ({c.check})' * bool(c.check)}"
        for c in proposal.changes
    ]
    lines += [f"· For you to settle: {text}" for text in proposal.unresolved]
    lines += [f"· Settled already: {text}" for text in proposal.resolved]
    return Group(*parts, *(Text(printable(line)) for line in lines))


def _of_one(finding: Finding) -> str:
    alone = Examination(trials=0, left_out=(), findings=[finding], not_applicable=())
    return findings_html(alone)


def _writers(
    renderable: Callable[[Any], Renderable], html: Callable[[Any], str] | None = None
) -> tuple[Callable[[Any], str], Callable[[Any], str]]:
    """The text of a record as its command prints it, and its HTML: the text, if not given."""

    def text(noun: Any) -> str:
        return plain(renderable(noun)).rstrip()

    return text, html or (lambda noun: f"<pre>{escape(text(noun))}</pre>")


def _examination(found: Examination) -> Renderable:
    return findings_text(found, everything=False, unfold=".findings has them")


DECISION = _writers(decision_renderable, decision_html)
EXAMINATION = _writers(_examination, findings_html)
FINDING = _writers(finding_renderable, _of_one)
LAUNCH = _writers(launch_renderable)
PREDICTION = _writers(lambda outcome: predictions_text([outcome]))
PROPOSAL = _writers(proposal_renderable, proposal_html)
