"""tunebook decide: reruns with new seeds, then a verdict (D1 D3)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tunebook.cli.activity import begin, of_round
from tunebook.cli.which_book import book_option, choose_round, json_option, open_book

if TYPE_CHECKING:
    from tunebook.book.notebook import Book


@click.command("decide", epilog="Example: tunebook decide --max-reruns 30 --workers 4")
@click.argument("number", metavar="[ROUND]", required=False, type=int)
@click.option(
    "--max-reruns",
    type=click.IntRange(min=1),
    default=20,
    show_default=True,
    help="For all candidates and the baseline together; stops early if the answer is clear.",
)
@click.option(
    "--estimand",
    type=click.Choice(["mean", "beats"]),
    help="What decides: the mean, or the chance to beat the baseline.",
)
@click.option(
    "--infeasible-as", type=float, metavar="VALUE", help="What an infeasible rerun counts as."
)
@click.option(
    "--paired", is_flag=True, default=None, help="Compare seed by seed; a seed is the same to all."
)
@click.option(
    "--validation-examples", type=click.IntRange(min=1), help="Size of the validation set."
)
@click.option(
    "--chance",
    type=float,
    metavar="VALUE",
    help="Value of guessing, for a book that does not know it; a first baseline must beat it.",
)
@click.option(
    "--again",
    type=click.Choice(["crashed"]),
    help="Train the reruns again that crashed, with the same seeds.",
)
@click.option("--no-run", is_flag=True, help="Judge the reruns that are there.")
@click.option("--peek", is_flag=True, help="Exploratory: show the reruns; decide nothing.")
@click.option("--train", metavar="WHERE", help="Training function; else the remembered one.")
@click.option("--workers", type=click.IntRange(min=0), help="Trials at a time.")
@click.option(
    "--on",
    "where",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="A round file; reruns go where its [executor] says.",
)
@book_option
@json_option
def command(
    number: int | None,
    max_reruns: int,
    estimand: str | None,
    infeasible_as: float | None,
    paired: bool | None,
    validation_examples: int | None,
    chance: float | None,
    again: str | None,
    no_run: bool,
    peek: bool,
    train: str | None,
    workers: int | None,
    where: Path | None,
    book_path: str | None,
    as_json: bool,
) -> None:
    """Rerun the best candidates and the baseline with new seeds, and judge those reruns alone.

    A level of 5 % gives a 94 % CI: 5 % for its low end, which adopts, and 1 % for its high end.
    """
    begin(f"Deciding {of_round(number, book_path)}", quiet=as_json)
    from tunebook.cli.output import data, print_json
    from tunebook.cli.run.run_command import read_file
    from tunebook.execution.executor_table import executor_of
    from tunebook.report.terminal.lines import show
    from tunebook.report.terminal.summaries import decision_renderable, show_standing

    sys.path.insert(0, str(Path.cwd()))
    with open_book(book_path, chance=chance) as book:
        if peek:
            _peek(book, number, as_json=as_json)
            return
        told = read_file(where).executor if where and not no_run else {}
        decision = choose_round(book, number).decide(
            train,
            max_reruns=max_reruns,
            workers=workers,
            executor=executor_of(told, workers=workers),
            run=not no_run,
            estimand=estimand,
            infeasible_as=infeasible_as,
            paired=paired,
            validation_examples=validation_examples,
            again=again,
            progress=not as_json,
        )
        if as_json:
            print_json(decision=data(decision))
        else:
            show(decision_renderable(decision))
            show_standing(book.record(), decision.round)


def _peek(book: Book, number: int | None, *, as_json: bool) -> None:
    from tunebook.cli.output import data, print_json
    from tunebook.report.terminal.summaries import show_standing

    seen = choose_round(book, number).peek()
    if as_json:
        print_json(exploratory=data(seen))
    else:
        click.echo(seen.text)
        show_standing(book.record(), seen.round)
