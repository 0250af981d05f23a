"""tunebook demo: a finished book to look at, shipped with the package."""

from __future__ import annotations

import gzip
import shlex
import webbrowser
from importlib.resources import files
from pathlib import Path

import click

from tunebook.cli.which_book import json_option


@click.command("demo", epilog="Example: tunebook demo --out demo-book --no-open")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default="tunebook-demo")
@click.option("--open/--no-open", "opens", default=True, help="Open the report in the browser.")
@json_option
def command(out: Path, opens: bool, as_json: bool) -> None:
    """Write a finished book and its report to a folder, and open the report.

    The book is what `make demo` made: a small network on handwritten digits, real training.
    """
    from tunebook.book.notebook import Book
    from tunebook.cli.output import print_json

    out.mkdir(parents=True, exist_ok=True)
    book_path = out / "digits.db"
    if not book_path.exists():
        shipped = files("tunebook.cli").joinpath("assets/digits.db.gz").read_bytes()
        book_path.write_bytes(gzip.decompress(shipped))
    with Book(book_path) as book:
        report = book.report(out / "report.html").resolve()
    if as_json:
        print_json(book=str(book_path.resolve()), report=str(report))
    else:
        click.echo(f"Book:   {book_path}\nReport: {report}")
        click.echo(f"Next:   tunebook findings --book {shlex.quote(str(book_path))}")
    if opens:
        webbrowser.open(report.as_uri())
