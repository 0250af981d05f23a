"""tunebook try: train a few steps before a round is run, and say what was seen (A1 I1)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tunebook.cli.which_book import json_option, open_book

if TYPE_CHECKING:
    from tunebook.book.planning.short_run import ShortRun
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
@json_option
def command(
    file: Path,
    train: str | None,
    steps: int,
    seconds: float,
    workers: int | None,
    as_json: bool,
) -> None:
    """Train the first configuration of each study of FILE for a few steps; keep only its times.

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
    seen = look_at(asked, where, _objective(asked), steps=steps, seconds=seconds, workers=workers)
    if as_json:
        print_json(**data_of(seen))
    else:
        show_seen(seen)
    if seen.faulty:
        sys.exit(1)


def data_of(seen: ShortRun) -> dict[str, Any]:
    """The same for a program."""
    from tunebook.cli.output import data

    shares = [{"whole_s": t.whole_s, "evaluation_share": t.evaluation_share} for t in seen.tried]
    tried = [{**data(t), **more} for t, more in zip(seen.tried, shares, strict=True)]
    return {"tried": tried, "warnings": data(seen.warnings), "hints": list(hints_of(seen))}


def hints_of(seen: ShortRun) -> tuple[str, ...]:
    """What this machine has and the test run did not use."""
    from tunebook.cli.machine import this_machine
    from tunebook.report.terminal.machine_hints import hints_after_try

    return hints_after_try(this_machine(), seen.tried)


def show_seen(seen: ShortRun) -> None:
    """Print it: with colours on a terminal, plain in a pipe."""
    from tunebook.cli.machine import show_hints
    from tunebook.report.terminal.short_run import tried_renderable, warnings_renderable
    from tunebook.report.terminal.summaries import show

    for tried in seen.tried:
        show(tried_renderable(tried))
    if not any(t.fault for t in seen.tried) or seen.warnings:
        show(warnings_renderable(seen.warnings))
    show_hints(hints_of(seen))


def _objective(asked: RoundFile) -> Objective:
    """Of the file, else of the only book here."""
    if asked.objective is not None:
        return asked.objective
    with open_book(None) as book:
        return book.objective
