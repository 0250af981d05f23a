"""A book at a glance: rounds, lineage, where it stands (D6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunebook.domain.formats.numbers import config_text, counts_text, interval_text, number
from tunebook.report.glance import BookGlance, RoundGlance
from tunebook.report.in_a_line import objective_text, verdict_label
from tunebook.report.steps import Standing, newest_decision
from tunebook.report.terminal.lines import inside, line, printable
from tunebook.report.terminal.parts import Group, Text

if TYPE_CHECKING:
    from tunebook.report.terminal.parts import Renderable


def book_text(book: BookGlance) -> Renderable:
    """Its rounds, its launches, and the step that comes next."""
    objective = f": {printable(objective_text(book.objective))}"
    head = Text.assemble((printable(book.name), "bold"), objective)
    if book.stands is None:
        return Group(head, Text("No round yet. Next: tunebook init, then tunebook run"))
    parts: list[Renderable] = [head, Text()]
    for found in book.rounds:
        parts.append(line(f"Round {found.number}  {found.goal}", "bold"))
        parts.append(inside(_round_text(book, found)))
    if book.launches:
        parts.append(Text())
    rounds_of = {d.number: d.round for d in book.decisions}
    for launch in book.launches:
        now = ", the baseline now" if launch is book.launches[-1] else ""
        source = rounds_of.get(launch.decision, "?")
        parts.append(line(f"Launch {launch.number} of round {source}{now}", "bold"))
        told = f"{interval_text(launch.expected)} expected; {config_text(launch.config)}"
        parts.append(inside(told))
    return Group(*parts, Text(), *standing_lines(book.stands))


def standing_lines(stands: Standing) -> tuple[Text, Text]:
    """What comes next, and the command that does it."""
    return line(f"Now: {stands.step}. {stands.sentence}"), line(stands.command, "cyan")


def _round_text(book: BookGlance, found: RoundGlance) -> str:
    parts = [counts_text(found.trials)]
    if found.best:
        trial, value = found.best
        parts.append(f"best {book.objective.metric} {number(value)} ({trial})")
    decision = newest_decision(book.decisions, found.number)
    parts.append(verdict_label(decision) if decision else "not decided")
    return "; ".join(parts)
