"""tunebook trials: the trials of a round as a table (C12 D6)."""

from __future__ import annotations

import click

from tunebook.cli.which_book import book_option, choose_round, json_option, open_book


@click.command("trials", epilog="Example: tunebook trials 2 --sort learning_rate --most 10")
@click.argument("number", metavar="[ROUND]", required=False, type=int)
@click.option("--sort", metavar="COLUMN", help="Sort by this column; the objective if left out.")
@click.option("--reverse", is_flag=True, help="Largest first; with the objective, worst first.")
@click.option("--most", type=click.IntRange(min=1), help="Rows to print at most.")
@click.option("--reruns", is_flag=True, help="The reruns with new seeds instead of the search.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV with all columns.")
@book_option
@json_option
def command(
    number: int | None,
    sort: str | None,
    reverse: bool,
    most: int | None,
    reruns: bool,
    as_csv: bool,
    book_path: str | None,
    as_json: bool,
) -> None:
    """List the trials of ROUND with their values, best first; the newest round if left out."""
    from tunebook.cli.output import print_json
    from tunebook.report.terminal.trial_list import csv_text

    if as_csv and as_json:
        raise click.UsageError("give --csv or --json, not both")
    with open_book(book_path) as book:
        chosen = choose_round(book, number)
        found = chosen.listing(reruns=reruns, sort=sort, reverse=reverse, most=most)
    if as_json:
        print_json(round=chosen.number, trials=found.data())
    elif as_csv:
        click.echo(csv_text(found), nl=False)
    else:
        from tunebook.report.terminal.lines import show
        from tunebook.report.terminal.trial_grid import trials_renderable

        show(trials_renderable(found))
