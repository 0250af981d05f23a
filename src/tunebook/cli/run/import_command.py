"""tunebook import: make a round of a sweep that another tool ran (C11 D6)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tunebook.cli.activity import begin
from tunebook.cli.run.sweep_options import ask_objective, names_in, sweep_options
from tunebook.cli.which_book import book_option, json_option

if TYPE_CHECKING:
    from tunebook.book.sweeps.importing import SweepImport
    from tunebook.importers.source import SweepSource


@click.command(
    "import",
    epilog="Example: tunebook import optuna.db --book digits.db --metric valid/error",
)
@click.argument("place", metavar="SOURCE")
@sweep_options
@click.option("--goal", metavar="TEXT", default="",
              help="The question of the round; else it names SOURCE.")  # fmt: skip
@click.option("--metric", metavar="NAME", default="",
              help="What a new book calls the objective; else as SOURCE does.")  # fmt: skip
@click.option("--chance", type=float, help="The objective of guessing.")
@click.option("--training-objective", metavar="NAME", default="",
              help="Metric of the training set that shows fitting.")  # fmt: skip
@book_option
@json_option
def command(
    place: str,
    curves: Path | None,
    format: str,
    study: str,
    objective: str | None,
    hyperparameters: str | None,
    space: Path | None,
    metric: str,
    chance: float | None,
    training_objective: str,
    book_path: str | None,
    as_json: bool,
    **more: Any,
) -> None:
    """Make a round of the sweep in SOURCE, in the book of --book, which is made if it is new.

    SOURCE is what `tunebook audit` reads. The round has been run already: `findings`, `next`,
    `decide` and `report` go on from it. Import a sweep that grew again: new runs are added, and
    none twice. Runs that have not ended, and pruned ones, are listed and left out.
    """
    from tunebook.book.notebook import Book
    from tunebook.book.sweeps.importing import import_sweep
    from tunebook.importers.reading import space_of
    from tunebook.importers.sources import read_source

    _begin(place, book_path, quiet=as_json)
    assert book_path
    read = read_source(place, curves, format=format, study=study)
    asked = {**more, "hyperparameters": names_in(hyperparameters), "space": space_of(space)}
    said: dict[str, Any] = {"chance": chance, "training_objective": training_objective}
    goal = asked.pop("goal")
    reduce = asked.pop("reduce")
    if not _is_there(book_path):
        objective = objective or ask_objective(read, place, "import", ask=not as_json)
        said["objective"] = _of_new_book(
            read, objective, metric, goal, {**said, **asked, "reduce": reduce}
        )
    with Book(book_path, **said) as book:
        found = import_sweep(
            book._store,
            read,
            place=place,
            study=study,
            goal=goal,
            objective=objective,
            reduce=reduce,
            **asked,
        )
    _tell(found, book_path, as_json=as_json)


def _begin(place: str, book: str | None, *, quiet: bool) -> None:
    """Say what is read; a book must be named before that."""
    from tunebook.domain.errors import DesignError

    scheme, url, _ = place.partition("://")  # a URL may hold a password
    begin(f"Reading {f'a {scheme} database' if url else Path(place).name}", quiet=quiet)
    if not book:
        raise DesignError(
            "an import needs a book, which is made if it is new",
            next_step="name its file: --book NAME.db",
        )


def _is_there(book: str) -> bool:
    from tunebook.domain.formats.book_location import is_server

    return is_server(book) or os.path.exists(book)


def _of_new_book(
    read: SweepSource, objective: str, metric: str, goal: str, asked: dict[str, Any]
) -> Any:
    """The objective of a book that this sweep begins; refused before the book is made."""
    from dataclasses import replace

    from tunebook.book.sweeps.importing import as_the_book_calls_it, check_importable
    from tunebook.domain.table import TrialTable
    from tunebook.importers.csv.sweep import read_sweep

    table = TrialTable(**read_sweep(read, objective=objective, **asked))
    own = replace(table.objective, metric=metric or table.objective.metric)
    check_importable(as_the_book_calls_it(table, own), goal)
    return own


def _tell(found: SweepImport, book: str, *, as_json: bool) -> None:
    from tunebook.cli.output import data, print_json
    from tunebook.domain.formats.numbers import listed, plural
    from tunebook.report.terminal.summaries import show_lines

    if as_json:
        print_json(**data(found))
        return
    known = f", {found.known} were there" if found.known else ""
    click.echo(f"Round {found.round}, {found.goal}: {plural(found.added, 'new trial')}{known}.")
    click.echo(listed([f"{n} {status}" for status, n in found.statuses.items()]))
    if found.changed:
        click.echo(
            f"Changed in the source since, and left as they were: {listed(found.changed, 6)}."
        )
    if found.left_out:
        few = [*found.left_out[:6]]
        more = len(found.left_out) - len(few)
        show_lines("Left out:", [*few, *([f"and {more} more"] if more > 0 else [])])
    click.echo(f"Next: tunebook findings --book {book}")
