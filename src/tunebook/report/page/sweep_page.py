"""A sweep that was run elsewhere, as one offline HTML file: findings first, no book (C11 C12)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from tunebook.charts.render import script_bundle
from tunebook.checks.spec import CheckSpec
from tunebook.domain.design import Objective
from tunebook.domain.finding import Examination, NotApplicable, Severity
from tunebook.domain.formats.numbers import left_out_texts
from tunebook.domain.table import TrialTable
from tunebook.examination.examine import Result
from tunebook.report.check_texts import check_text
from tunebook.report.gallery import Gallery, gallery, pictures_json
from tunebook.report.page.chapter import Alike, alike, finding_view, severities
from tunebook.report.page.offline import asset, policy
from tunebook.report.page.page import environment
from tunebook.report.page.sweep_texts import SpaceLine, best_sentence, fixed, space_lines
from tunebook.report.round_summary import summarize, summary_lines
from tunebook.report.trial_rows import TrialRows, best_first, trial_rows

MOST_ROWS = 5000
"""Trials in the page's table: of more, the best. All of 10,000 would be half of an 8 MB page, and
a browser lays out 100,000 rows in minutes; the file itself has them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Everything that a page shows of one sweep; named as a `Chapter` is, for its macros."""

    source: str
    objective: Objective
    table: TrialTable
    best: str
    insights: tuple[str, ...]
    findings: tuple[Alike, ...]
    passes: tuple[Alike, ...]
    outcome: tuple[tuple[str, tuple[str, ...]], ...]
    not_applicable: tuple[tuple[CheckSpec, NotApplicable], ...]
    gallery: Gallery
    trials: TrialRows
    left_out: tuple[str, ...]
    space: tuple[SpaceLine, ...]
    fixed: tuple[tuple[str, str], ...]
    caveats: tuple[str, ...]
    hidden: int = 0
    number: int = 1
    running: bool = False

    @property
    def passed(self) -> int:
        """How many checks passed."""
        return sum(len(a.shown) + len(a.folded) for a in self.passes)

    @property
    def severities(self) -> tuple[tuple[Severity, int], ...]:
        """How many findings there are of each severity, worst first."""
        return severities((*self.findings, *self.passes))


def render_sweep(
    table: TrialTable,
    results: Mapping[str, Result | NotApplicable],
    examination: Examination,
    *,
    source: str,
    caveats: tuple[str, ...] = (),
    command: str = "",
    version: str = "",
) -> str:
    """Write what the checks say of a lone table as one HTML file that needs no network.

    Args:
        table: the trials.
        results: what every check returned for it, with the numbers behind its pictures.
        examination: the findings of those results.
        source: name of the file that the trials were read from.
        caveats: what the findings lean on.
        command: of the shell, which wrote this page.
        version: of Tunebook.
    """
    sweep = _sweep(table, results, examination, source, caveats)
    scripts = [script_bundle(), asset("page.js")]
    style = asset("page.css")
    text = (
        environment()
        .get_template("sweep.html")
        .render(
            c=sweep,
            record=sweep,  # whose objective says which way the macros sort
            command=command,
            version=version,
            policy=policy(scripts, [style]),
            scripts=[Markup(s) for s in scripts],  # our own and Vega's, hashed above
            style=Markup(style),  # our own
            pictures=Markup(pictures_json(sweep.gallery.shown)),  # escaped by embedded_json
        )
    )
    # A lone surrogate in a cell could not be written as UTF-8.
    return text.encode("utf-8", "replace").decode("utf-8")


def _listed(table: TrialTable) -> TrialTable:
    """The trials that the page lists, in their own order."""
    if len(table) <= MOST_ROWS:
        return table
    return table.take(np.sort(np.array(best_first(table)[:MOST_ROWS])))


def _sweep(
    table: TrialTable,
    results: Mapping[str, Result | NotApplicable],
    examination: Examination,
    source: str,
    caveats: tuple[str, ...],
) -> Sweep:
    drawn = gallery("r1", results, table)
    views = [finding_view(f, drawn) for f in examination.findings]
    return Sweep(
        source=source,
        objective=table.objective,
        table=table,
        best=best_sentence(table),
        insights=tuple(
            f.sentence
            for f in examination.findings
            if f.check == "C9" and f.severity in (Severity.PASS, Severity.NOTE)
        ),
        findings=alike([v for v in views if v.finding.severity is not Severity.PASS]),
        passes=alike([v for v in views if v.finding.severity is Severity.PASS]),
        outcome=tuple(summary_lines(summarize(table, results))),
        not_applicable=tuple((check_text(n.check), n) for n in examination.not_applicable),
        gallery=drawn,
        trials=trial_rows(None, _listed(table)),
        left_out=tuple(left_out_texts(examination.left_out)),
        hidden=max(len(table) - MOST_ROWS, 0),
        space=space_lines(table),
        fixed=fixed(table),
        caveats=caveats,
    )
