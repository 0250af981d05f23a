"""tunebook priority: say which trials go first (D6)."""

from __future__ import annotations

import click

from tunebook.cli.which_book import book_option, json_option, open_book


@click.command("priority", epilog="Example: tunebook priority 2.17 2.18")
@click.argument("trials", metavar="TRIAL...", nargs=-1, required=True)
@click.option("--level", type=int, default=1, show_default=True, metavar="N",
              help="Above 0 before the others of the round, below 0 after them.")  # fmt: skip
@book_option
@json_option
def command(trials: tuple[str, ...], level: int, book_path: str | None, as_json: bool) -> None:
    """Let the TRIALs, as `2.17`, go before the others of their round that wait.

    A higher level goes first, and within a level the lower number. Trials under way stay.
    """
    from tunebook.cli.output import done
    from tunebook.domain.formats.numbers import plural

    with open_book(book_path) as book:
        book.prioritise(*trials, priority=level)
        said = f"{plural(len(trials), 'trial')} at level {level}."
        done(said, "", as_json=as_json, trials=list(trials), level=level)
