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
    from tunebook.report.loop import where
    from tunebook.report.terminal.lines import show
    from tunebook.report.terminal.summaries import book_renderable

    with open_book(book_path) as book:
        record = book.record()
        if not as_json:
            show(book_renderable(record))
            return
        print_json(
            book=record.setting.name,
            objective=data(record.objective),
            stands_at=where(record),
            rounds=[
                {
                    "round": r.number,
                    "goal": r.plan.goal,
                    "trials": dict(Counter(str(s) for s in r.table.status)),
                    "reruns": dict(Counter(str(s) for s in r.reruns.status)),
                }
                for r in record.rounds
            ],
            decisions=data(record.decisions),
            launches=data(record.launches),
        )
