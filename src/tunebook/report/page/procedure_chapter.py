"""A procedure as a chapter of the report: its answer, findings, pictures, rounds, what is next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tunebook.charts.picture import Picture
from tunebook.domain.finding import Finding
from tunebook.domain.formats.text_table import TextTable
from tunebook.domain.record import Proposal
from tunebook.report.gallery import Shown
from tunebook.report.page.chapter import FindingView, finding_view


@dataclass(frozen=True, slots=True, kw_only=True)
class StageLine:
    """One stage in one line.

    Attributes:
        name, asks: of the stage.
        round: number of its round; None where it was not run.
        trials: "15 trials of 400 steps".
        state: "done", "under way", or why it was not run.
    """

    name: str
    asks: str
    round: int | None
    trials: str
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedureChapter:
    """A procedure as a report shows it.

    Attributes:
        name, question: of the procedure.
        state: "done" or "not finished".
        sentence: its answer.
        findings, pictures, tables: that it ended in.
        stages: what it ran, and what not.
        proposal: of the round to run next.
        left: what a person can still try.
        command: of the shell, which goes on, or shows it.
    """

    name: str
    question: str
    state: str
    sentence: str
    findings: tuple[Finding, ...]
    pictures: Sequence[Picture]
    stages: tuple[StageLine, ...]
    proposal: Proposal | None
    left: tuple[str, ...]
    command: str
    tables: tuple[TextTable, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownProcedure:
    """A chapter with pictures that have an id in the page, and findings in words."""

    id: str
    chapter: ProcedureChapter
    findings: tuple[FindingView, ...]
    pictures: tuple[Shown, ...]


def shown(chapters: Sequence[ProcedureChapter]) -> tuple[ShownProcedure, ...]:
    """Chapters as the page writes them, newest first."""
    return tuple(
        ShownProcedure(
            id=f"procedure-{i + 1}",
            chapter=chapter,
            findings=tuple(map(finding_view, chapter.findings)),
            pictures=tuple(
                Shown(id=f"procedure-{i + 1}-{k}", picture=p)
                for k, p in enumerate(chapter.pictures)
            ),
        )
        for i, chapter in reversed(list(enumerate(chapters)))
    )
