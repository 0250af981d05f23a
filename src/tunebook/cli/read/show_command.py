"""tunebook show: one trial, with all that the book has of it (D6)."""

from __future__ import annotations

import click

from tunebook.cli.which_book import book_option, json_option, open_book


@click.command("show", epilog="Example: tunebook show 2.17")
@click.argument("trial", metavar="TRIAL")
@click.option("--points", is_flag=True, help="Every point of its curves, instead of a sparkline.")
@book_option
@json_option
def command(trial: str, points: bool, book_path: str | None, as_json: bool) -> None:
    """Show TRIAL: configuration, outcome, curves, and the end of its output.

    A trial has the name that reports give it, `2.17`; a rerun `2.r3`.
    """
    from tunebook.cli.output import print_json
    from tunebook.report.terminal.lines import show
    from tunebook.report.terminal.trial import trial_data, trial_renderable

    with open_book(book_path) as book:
        found = book.trial(trial)
        seen = (found.record, found.value, found.curves, found.printed())
        objective = book.objective
    if as_json:
        print_json(**trial_data(*seen))
    else:
        show(trial_renderable(*seen, objective=objective, points=points))
