"""A sweep that was run elsewhere, as one offline HTML file: findings first, no book (C11 C12)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from tunebook.checks import Result
from tunebook.domain.design import Objective
from tunebook.domain.finding import Examination, NotApplicable, Severity
from tunebook.domain.table import TrialTable
from tunebook.report.drawing import drawing_of
from tunebook.report.gallery import gallery
from tunebook.report.outcome import summary_lines
from tunebook.report.page.chapter import Examined, examined_parts
from tunebook.report.page.page import write_page
from tunebook.report.page.sweep_texts import SpaceLine, best_sentence, fixed, space_lines
from tunebook.report.round_summary import summarize
from tunebook.report.trial_rows import trial_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep(Examined):
    """Everything that a page shows of one sweep; named as a `Chapter` is, for its macros."""

    source: str
    objective: Objective
    table: TrialTable
    best: str
    insights: tuple[str, ...]
    space: tuple[SpaceLine, ...]
    number: int = 1
    running: bool = False


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
    return write_page(
        "sweep.html",
        sweep.gallery.shown,
        c=sweep,
        record=sweep,  # whose objective says which way the macros sort
        command=command,
        version=version,
    )


def _sweep(
    table: TrialTable,
    results: Mapping[str, Result | NotApplicable],
    examination: Examination,
    source: str,
    caveats: tuple[str, ...],
) -> Sweep:
    drawn = gallery("r1", drawing_of(table, results))
    return Sweep(
        **examined_parts(examination, drawn),
        source=source,
        objective=table.objective,
        table=table,
        best=best_sentence(table),
        insights=tuple(
            f.sentence
            for f in examination.findings
            if f.check == "C9" and f.severity in (Severity.PASS, Severity.NOTE)
        ),
        outcome=tuple(summary_lines(summarize(table, results))),
        trials=trial_rows(None, table),
        space=space_lines(table),
        fixed=fixed(table),
        caveats=caveats,
    )
