"""tunebook launch: a decision becomes the baseline (D5)."""

from __future__ import annotations

import click

from tunebook.cli.which_book import book_option, json_option, open_book


@click.command("launch", epilog='Example: tunebook launch --why "half the error at equal cost"')
@click.argument("number", metavar="[DECISION]", required=False, type=int)
@click.option("--why", default="", help="Your reason, for the record.")
@click.option("--who", default="", help="Who launches; your user name if left out.")
@book_option
@json_option
def command(number: int | None, why: str, who: str, book_path: str | None, as_json: bool) -> None:
    """Make DECISION's configuration the new baseline; the newest decision if left out."""
    from tunebook.cli.output import data, print_json
    from tunebook.report.terminal import show_launch, show_standing
    from tunebook.words.errors import EvidenceError

    with open_book(book_path) as book:
        decisions = book.decisions
        wanted = number if number is not None else len(decisions)
        if number is not None and decisions and not 1 <= wanted <= len(decisions):
            raise click.BadParameter(f"decisions are numbered 1 to {len(decisions)}; got {number}")
        if not 1 <= wanted <= len(decisions):
            raise EvidenceError(
                "a launch carries a decision out; this book has none yet",
                next_step="decide a round first: tunebook decide",
            )
        launch = book.launch(decisions[wanted - 1], who=who, why=why)
        if as_json:
            print_json(launch=data(launch))
        else:
            show_launch(launch)
            show_standing(book.record(), decisions[wanted - 1].round)
