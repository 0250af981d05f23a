"""tunebook logs: what a trial printed (D6)."""

from __future__ import annotations

import click

from tunebook.cli.which_book import book_option, json_option, open_book


@click.command("logs", epilog="Example: tunebook logs 2.17 --follow")
@click.argument("trial", metavar="TRIAL")
@click.option("--follow", "-f", is_flag=True, help="Go on until the trial has ended.")
@book_option
@json_option
def command(trial: str, follow: bool, book_path: str | None, as_json: bool) -> None:
    """Show what TRIAL printed: all of it while it runs, the end once it has ended.

    A trial is named as reports name it, `2.17`; a rerun `2.r3`.
    """
    from tunebook.cli.output import print_json

    with open_book(book_path) as book:
        found = book.trial(trial)
        if as_json:
            print_json(trial=trial, printed=found.printed())
        elif follow:
            for text in found.follow():
                click.echo(text, nl=False)
        else:
            text = found.printed()
            click.echo(text, nl=not text.endswith("\n"))
