"""tunebook findings: what the checks say of a round (C)."""

from __future__ import annotations

import click

from tunebook.cli.which_book import book_option, choose_round, json_option, open_book


@click.command("findings", epilog="Example: tunebook findings 2 --json")
@click.argument("number", metavar="[ROUND]", required=False, type=int)
@book_option
@json_option
def command(number: int | None, book_path: str | None, as_json: bool) -> None:
    """Say what the results of ROUND mean, worst first; the newest round if left out."""
    from tunebook.cli.causes import causes, show_causes
    from tunebook.cli.output import data, print_json
    from tunebook.report.terminal import show_findings

    with open_book(book_path) as book:
        chosen = choose_round(book, number)
        examination = chosen.examination()
        if as_json:
            print_json(round=chosen.number, **data(examination), causes=causes(chosen))
        else:
            show_findings(examination, title=f"Round {chosen.number}: {chosen.goal}")
            show_causes(book, chosen)
