"""tunebook replay: a launch rerun from its record (D5)."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tunebook.cli.which_book import book_option, json_option, open_book


@click.command("replay", epilog="Example: tunebook replay 1 --workers 4")
@click.argument("launch", required=False, type=click.IntRange(min=0))
@click.option("--train", metavar="WHERE", help="Training function; else the remembered one.")
@click.option("--workers", type=click.IntRange(min=0), help="Trials at a time; 0 runs them here.")
@book_option
@json_option
def command(
    launch: int | None,
    train: str | None,
    workers: int | None,
    book_path: str | None,
    as_json: bool,
) -> None:
    """Rerun LAUNCH (the newest if left out) with its recorded configuration, steps and seeds.

    Says whether it reproduces: exactly, within seed noise, or not (exit status 1). Nothing of it
    is kept: it is no evidence for a decision.
    """
    from tunebook.cli.output import data, print_json

    sys.path.insert(0, str(Path.cwd()))
    with open_book(book_path) as book:
        found = book.replay(launch, train, workers=workers, progress=not as_json)
    if as_json:
        differences = [pair.difference for pair in found.pairs]
        print_json(
            replay=data(found),
            differences=differences,
            reproduces=found.reproduces,
            sentence=found.sentence,
        )
    else:
        click.echo(repr(found))
    if not found.reproduces:
        raise click.exceptions.Exit(1)
