"""tunebook pause: steer a round while it runs (D6)."""

from __future__ import annotations

import click

from tunebook.cli.which_book import book_option, choose_round, json_option, open_book, round_option


@click.command("pause", epilog="Example: tunebook pause --round 2")
@round_option
@book_option
@json_option
def command(number: int | None, book_path: str | None, as_json: bool) -> None:
    """Let no further trial of a round begin, on whatever host it runs.

    Trials under way run to their end, and the runs wait for `tunebook resume`. To stop the trials
    too, each with a last checkpoint, end the run itself with Ctrl-C; the same command goes on.
    """
    from tunebook.cli.output import done

    with open_book(book_path) as book:
        chosen = choose_round(book, number)
        chosen.pause()
        said = f"Round {chosen.number} is paused; trials under way run to their end."
        done(said, "tunebook resume", as_json=as_json, round=chosen.number, asked="pause")
