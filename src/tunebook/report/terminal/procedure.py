"""A procedure in a terminal and in a notebook: its plan, and what it found."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from jinja2 import Environment

from tunebook.domain.finding import Examination
from tunebook.domain.formats.numbers import plural, seconds_text
from tunebook.domain.formats.text_table import TextTable
from tunebook.report.notebook.views import findings_html
from tunebook.report.page.procedure_chapter import ProcedureChapter
from tunebook.report.terminal.lines import grid, plain, show
from tunebook.report.terminal.parts import Group, Text
from tunebook.report.terminal.summaries import findings_text

if TYPE_CHECKING:
    from tunebook.report.terminal.parts import Renderable

Costs = Sequence[tuple[int, int, float | None]]
"""Of each stage: trials that are left, their steps together, and seconds where they are known."""


def plan_text(chapter: ProcedureChapter, costs: Costs) -> str:
    """The stages with what each would cost, and all together at the least and at the most."""
    lines = [f"Procedure {chapter.name}: {chapter.question}", ""]
    least, most = 0, 0
    for stage, (trials, steps, seconds) in zip(chapter.stages, costs, strict=True):
        if stage.state in ("not needed", "done"):
            continue
        most += steps
        least += 0 if stage.state.startswith("only if") else steps
        time = f", {seconds_text(seconds)}" if seconds is not None else ""
        lines.append(f"  {stage.name}: {stage.asks}")
        cost = f"up to {plural(trials, 'trial')}, {steps} steps{time}"
        lines.append(f"    {cost}; {stage.state}")
    known = [s for _, _, s in costs if s is not None]
    time = f", {seconds_text(sum(known))}" if known else "; no trial has been timed yet"
    lines += ["", f"At most {most} steps in all{time}; {least} where nothing is found."]
    return "\n".join(lines)


def result_text(chapter: ProcedureChapter) -> str:
    """What was found, as plain text."""
    return plain(_result(chapter))


def show_result(chapter: ProcedureChapter) -> None:
    """Print what was found: with colours on a terminal, plain in a pipe."""
    show(_result(chapter))


def result_html(chapter: ProcedureChapter) -> str:
    """What was found, for a notebook: the sentence, tables, findings, pictures."""
    head = Environment(autoescape=True).from_string(
        "<p><strong>{{ c.question }}</strong></p><p>{{ c.sentence }}</p>"
        "{% for t in c.tables %}<table><caption>{{ t.title }}</caption><tr>"
        "{% for head in t.columns %}<th>{{ head }}</th>{% endfor %}</tr>"
        "{% for row in t.rows %}<tr>{% for cell in row %}<td>{{ cell }}</td>{% endfor %}</tr>"
        "{% endfor %}</table>{% endfor %}"
    )
    return head.render(c=chapter) + findings_html(_examination(chapter), chapter.pictures)


def _result(chapter: ProcedureChapter) -> Renderable:
    parts: list[Renderable] = [
        Text(f"{chapter.name}: {chapter.question} ({chapter.state})", style="bold"),
        Text(chapter.sentence),
        Text(),
        *map(_table, chapter.tables),
        findings_text(_examination(chapter)),
    ]
    rounds = [f"{s.name} (round {s.round})" for s in chapter.stages if s.round is not None]
    parts.append(Text(f"Rounds: {', '.join(rounds) or 'none yet'}.", style="dim"))
    parts += [Text(f"· Left to try: {text}", style="dim") for text in chapter.left]
    if chapter.proposal is not None:
        parts.append(Text(f"Proposed next: {chapter.proposal.plan.goal}"))
        parts.append(Text(f"{chapter.command} --out next.toml", style="cyan"))
    if chapter.state != "done":
        parts.append(Text(f"Next: {chapter.command}", style="cyan"))
    return Group(*parts)


def _table(table: TextTable) -> Renderable:
    shown = grid(table.columns, table.rows)
    shown.title, shown.title_justify, shown.title_style = table.title, "left", "dim"
    return Group(shown, Text())


def _examination(chapter: ProcedureChapter) -> Examination:
    return Examination(trials=0, left_out=(), findings=list(chapter.findings), not_applicable=())
