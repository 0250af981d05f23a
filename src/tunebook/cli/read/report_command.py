"""tunebook report: one offline HTML file (C12)."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import click

from tunebook.cli.activity import begin, of_book
from tunebook.cli.which_book import book_option, json_option, open_book


@click.command("report", epilog="Example: tunebook report --out digits.html")
@click.argument("numbers", metavar="[ROUND]...", nargs=-1, type=int)
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path), default=Path("report.html")
)
@click.option("--open", "opens", is_flag=True, help="Open it in the browser.")
@book_option
@json_option
def command(
    numbers: tuple[int, ...], out: Path, opens: bool, book_path: str | None, as_json: bool
) -> None:
    """Write the whole book, or the given rounds, as one HTML file that needs no network."""
    begin(f"Writing {out.name}: reading {of_book(book_path)}", quiet=as_json)
    from tunebook.cli.output import print_json
    from tunebook.cli.which_book import choose_round

    with open_book(book_path) as book:
        for number in numbers:
            choose_round(book, number)
        path = book.report(out, rounds=list(numbers) or None).resolve()
    if as_json:
        print_json(report=str(path))
    else:
        click.echo(path)
    if opens:
        webbrowser.open(path.as_uri())
