"""tunebook try: train a few steps before a round is run, and say what was seen (A1 I1)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tunebook.cli.which_book import book_option, json_option, open_book

if TYPE_CHECKING:
    from tunebook.book.planning.short_run import ShortRun
    from tunebook.domain.decision import Launch
    from tunebook.domain.design import Objective
    from tunebook.domain.formats.codec import RoundFile


@click.command("try", epilog="Example: tunebook try round-1.toml --steps 20")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--train", metavar="WHERE", help='Training function, "train.py:train".')
@click.option("--steps", type=click.IntRange(min=1), default=50, show_default=True)
@click.option("--seconds", type=click.FloatRange(min=0), default=30.0, show_default=True,
              help="Of each configuration, once a step and an evaluation were seen.")  # fmt: skip
@click.option("--workers", type=click.IntRange(min=1),
              help="As for run: each trial gets its share of the cores.")  # fmt: skip
@book_option
@json_option
def command(
    file: Path,
    train: str | None,
    steps: int,
    seconds: float,
    workers: int | None,
    book_path: str | None,
    as_json: bool,
) -> None:
    """Train the first configuration of each study of FILE for a few steps; keep only its times.

    Trains the configuration of the book's baseline too, which `decide` will rerun with this code.

    Says what was reported, steps a second, memory and what a whole trial would take; warns where
    evaluation costs more than training, and where training never reads a hyperparameter.
    `tunebook run FILE --plan` takes the round's cost from these times.
    """
    from tunebook.book.planning.short_run import look_at
    from tunebook.cli.output import print_json
    from tunebook.cli.run.run_command import no_code, read_file

    sys.path.insert(0, str(Path.cwd()))
    asked = read_file(file)
    where = train or asked.train
    if not where:
        raise no_code()
    seen = look_at(
        asked,
        where,
        _objective(asked, book_path),
        steps=steps,
        seconds=seconds,
        workers=workers,
        baseline=_baseline(asked, book_path),
    )
    if as_json:
        print_json(**data_of(seen))
    else:
        show_seen(seen)
    if seen.faulty:
        sys.exit(1)


def data_of(seen: ShortRun) -> dict[str, Any]:
    """The same for a program."""
    from tunebook.cli.output import data

    worked_out = ("trial_s", "whole_s", "evaluation_share")
    tried = [{**data(t), **{key: getattr(t, key) for key in worked_out}} for t in seen.tried]
    return {
        "tried": tried,
        "baseline": data(seen.baseline) if seen.baseline else None,
        "warnings": data(seen.warnings),
        "hints": list(hints_of(seen)),
    }


def hints_of(seen: ShortRun) -> tuple[str, ...]:
    """What this machine has and the test run did not use."""
    from tunebook.cli.machine import this_machine
    from tunebook.report.terminal.machine_hints import hints_after_try

    return hints_after_try(this_machine(), seen.tried)


def show_seen(seen: ShortRun) -> None:
    """Print it: with colours on a terminal, plain in a pipe."""
    from tunebook.cli.machine import show_hints
    from tunebook.report.terminal.lines import show
    from tunebook.report.terminal.short_run import tried_renderable, warnings_renderable

    for tried in seen.tried:
        show(tried_renderable(tried))
    if seen.baseline is not None:
        show(tried_renderable(seen.baseline, of="Baseline"))
    if not any(t.fault for t in seen.tried) or seen.warnings:
        show(warnings_renderable(seen.warnings))
    show_hints(hints_of(seen))


def _baseline(asked: RoundFile, book_path: str | None) -> Launch | None:
    """The baseline of the round's book, where there is a book that can be read."""
    from tunebook.book.notebook import Book
    from tunebook.cli.named_book import named_book
    from tunebook.domain.errors import TunebookError
    from tunebook.domain.formats.book_location import exists

    path = named_book(asked, book_path)
    if path is None or not exists(path):
        return None
    try:
        with Book(path) as book:
            return book.baseline
    except TunebookError as error:
        click.echo(f"The baseline was not tried: {error}", err=True)
        return None


def _objective(asked: RoundFile, book_path: str | None) -> Objective:
    """Of the file, else of the book."""
    if asked.objective is not None:
        return asked.objective
    with open_book(book_path) as book:
        return book.objective
