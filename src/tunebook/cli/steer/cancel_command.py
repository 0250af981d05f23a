"""tunebook cancel: end trials, or all that are left of a round (D6)."""

from __future__ import annotations

import click

from tunebook.cli.which_book import book_option, choose_round, json_option, open_book, round_option


@click.command("cancel", epilog="Example: tunebook cancel 2.17 2.18")
@click.argument("trials", metavar="[TRIAL]...", nargs=-1)
@round_option
@book_option
@json_option
def command(
    trials: tuple[str, ...], number: int | None, book_path: str | None, as_json: bool
) -> None:
    """End the TRIALs, as `2.17`, or with --round all trials of it that have not ended.

    They are recorded as failed, cause `cancelled`: left out of every statistic, and counted in
    words. What they reported is kept. One that runs is ended by its host within seconds.
    """
    from tunebook.cli.output import done
    from tunebook.domain.formats.numbers import plural

    if bool(trials) == (number is not None):
        raise click.UsageError("name trials to cancel, or a round with --round, and not both")
    with open_book(book_path) as book:
        ended = book.cancel(*trials) if trials else choose_round(book, number).cancel()
        named = f": {', '.join(ended)}" if ended else ""
        said = f"{plural(len(ended), 'trial')} cancelled{named}."
        if trials and len(ended) < len(trials):
            said += f" {plural(len(trials) - len(ended), 'trial')} had ended already."
        done(said, "", as_json=as_json, cancelled=list(ended))
