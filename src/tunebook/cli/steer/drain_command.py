"""tunebook drain: steer a round while it runs (D6)."""

from __future__ import annotations

import click

from tunebook.cli.which_book import book_option, choose_round, json_option, open_book, round_option


@click.command("drain", epilog="Example: tunebook drain")
@round_option
@book_option
@json_option
def command(number: int | None, book_path: str | None, as_json: bool) -> None:
    """End a round's runs, on all hosts, once the trials under way have ended.

    A run that begins later goes on with the round.
    """
    from tunebook.cli.output import done

    with open_book(book_path) as book:
        chosen = choose_round(book, number)
        chosen.drain()
        said = f"The runs of round {chosen.number} end with the trials that are under way."
        done(said, "tunebook run", as_json=as_json, round=chosen.number, asked="drain")
