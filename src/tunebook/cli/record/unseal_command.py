"""tunebook unseal: a look at the test set, counted and dated (D7)."""

from __future__ import annotations

import click

from tunebook.cli.which_book import book_option, json_option, open_book


@click.command(
    "unseal", epilog='Example: tunebook unseal test/error --why "the final number for the paper"'
)
@click.argument("metric")
@click.option("--why", required=True, help="Your reason, for the record.")
@click.option("--who", default="", help="Who looks; your user name if left out.")
@book_option
@json_option
def command(metric: str, why: str, who: str, book_path: str | None, as_json: bool) -> None:
    """Open METRIC in the existing rounds, and show it for the reruns of each candidate.

    The report and the protocol record every time that you do. Do it once, when the tuning is
    done: a configuration that is chosen later is marked as contaminated.
    """
    from tunebook.cli.output import data, print_json
    from tunebook.report.sealed import contamination, look_text, opened_results

    with open_book(book_path) as book:
        look = book.unseal(metric, why=why, who=who)
        record = book.record()
    looks = sum(x.metric == metric for x in record.looks)
    results = [r for r in opened_results(record) if r.metric == metric]
    if as_json:
        print_json(
            look=data(look),
            looks=looks,
            results=data(results),
            contaminated=list(contamination(record)),
        )
        return
    click.echo(f"Look {looks} at {look_text(look.metric, look.who, look.why, look.looked_at)}")
    for result in results:
        click.echo(f"  round {result.round}, {result.side}: {result.text()}")
    if not results:
        click.echo("No rerun with new seeds reported it. Search trials have it in the report.")
    click.echo(
        "Rounds planned from now on stay sealed until you unseal again, and are marked as "
        "contaminated."
    )
