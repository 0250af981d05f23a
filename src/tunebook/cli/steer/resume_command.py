"""tunebook resume: steer a round while it runs (D6)."""

from __future__ import annotations

import click

from tunebook.cli.which_book import book_option, choose_round, json_option, open_book, round_option


@click.command("resume", epilog="Example: tunebook resume")
@round_option
@book_option
@json_option
def command(number: int | None, book_path: str | None, as_json: bool) -> None:
    """Let trials of a paused round begin again."""
    from tunebook.cli.output import done

    with open_book(book_path) as book:
        chosen = choose_round(book, number)
        was = chosen.resume()
        state = "goes on" if was else "was not paused"
        said = f"Round {chosen.number} {state}."
        done(said, "", as_json=as_json, round=chosen.number, resumed=was)
