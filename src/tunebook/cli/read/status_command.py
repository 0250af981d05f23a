"""tunebook status: the book at a glance (D6)."""

from __future__ import annotations

from collections import Counter

import click

from tunebook.cli.which_book import book_option, json_option, open_book


@click.command("status", epilog="Example: tunebook status --book digits.db")
@book_option
@json_option
def command(book_path: str | None, as_json: bool) -> None:
    """Show rounds with their trials, decisions, launches, and where the book stands."""
    from tunebook.cli.output import data, print_json
    from tunebook.report.steps import Step
    from tunebook.report.terminal.book_text import book_text
    from tunebook.report.terminal.lines import show

    with open_book(book_path) as book:
        seen = book.glance()
    if not as_json:
        show(book_text(seen))
        return
    print_json(
        book=seen.name,
        objective=data(seen.objective),
        stands_at=seen.stands.step if seen.stands else Step.PLAN,
        rounds=[
            {
                "round": r.number,
                "goal": r.goal,
                "trials": dict(Counter(str(s) for s in r.trials)),
                "reruns": dict(Counter(str(s) for s in r.reruns)),
            }
            for r in seen.rounds
        ],
        decisions=data(seen.decisions),
        launches=data(seen.launches),
    )
