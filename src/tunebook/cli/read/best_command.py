"""tunebook best: the best configuration, to read or to paste (D6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from tunebook.cli.which_book import book_option, choose_round, json_option, open_book

if TYPE_CHECKING:
    from tunebook.book.notebook import Book
    from tunebook.domain.decision import Launch
    from tunebook.domain.trial import Configuration


@click.command("best", epilog="Example: tunebook best --toml > best.toml")
@click.argument("number", metavar="[ROUND]", required=False, type=int)
@click.option("--round", "named", type=int, help="The same as ROUND.")
@click.option("--baseline", "of_baseline", is_flag=True, help="Print the launched baseline.")
@click.option("--toml", "as_toml", is_flag=True, help="Print the configuration as TOML.")
@book_option
@json_option
def command(
    number: int | None,
    named: int | None,
    of_baseline: bool,
    as_toml: bool,
    book_path: str | None,
    as_json: bool,
) -> None:
    """Print the best configuration of ROUND's search; the newest round if left out.

    Its value is optimistic, since the trial was selected for it: `tunebook decide` reruns it with
    new seeds. A launched baseline that is at least as good comes first; without ROUND, --toml
    prints it then. Exit code 1 where no trial is complete.
    """
    from tunebook.cli.output import data, print_json
    from tunebook.domain.formats.numbers import config_text
    from tunebook.report.best_known import best_known

    number = _one_round(number, named, of_baseline=of_baseline)
    if as_toml and as_json:
        raise click.UsageError("give --toml or --json, not both")
    with open_book(book_path) as book:
        if of_baseline:
            _show_baseline(book, as_toml=as_toml, as_json=as_json)
            return
        chosen = choose_round(book, number)
        decisions = [d for d in book.decisions if d.round == chosen.number]
        best = chosen.best
        steps = chosen.plan.max_train_steps
        known = best_known(best, chosen.objective, steps, book.launches, decisions)
    if as_json:
        print_json(
            round=chosen.number,
            objective=known.metric,
            **data(best),
            baseline=_baseline_data(known.baseline, known.mean),
            baseline_is_best=known.wins,
            note=known.note,
        )
        return
    trial = [known.trial_text, *([known.note] if known.note else [])]
    first = known.baseline if known.wins else None
    if as_toml and first is not None and number is None:
        _echo_toml([known.baseline_text, *trial], first.config)
    elif as_toml:
        _echo_toml(trial, best.config)
    else:
        if first is not None:
            click.echo(f"{known.baseline_text}\n{config_text(first.config)}\n")
        click.echo("\n".join([trial[0], config_text(best.config), *trial[1:]]))


def _one_round(number: int | None, named: int | None, *, of_baseline: bool) -> int | None:
    """The round that is meant, by its position or by --round."""
    if number is not None and named is not None and number != named:
        raise click.UsageError(f"give one round: ROUND is {number} and --round is {named}")
    number = named if number is None else number
    if of_baseline and number is not None:
        raise click.UsageError("--baseline is of the book: leave out the round")
    return number


def _show_baseline(book: Book, *, as_toml: bool, as_json: bool) -> None:
    """Print the launched baseline.

    Raises:
        EvidenceError: the book has none.
    """
    from tunebook.cli.output import print_json
    from tunebook.domain.errors import EvidenceError
    from tunebook.domain.formats.numbers import config_text, number

    launch, metric = book.baseline, book.objective.metric
    if launch is None:
        raise EvidenceError(
            "this book has no baseline yet: nothing was launched",
            next_step="decide a round, then launch it: tunebook decide, tunebook launch",
        )
    text = (
        f"{metric} {number(launch.expected.estimate)}, baseline (launch {launch.number}), mean of "
        "its reruns"
    )
    if as_json:
        print_json(objective=metric, baseline=_baseline_data(launch, None))
    elif as_toml:
        _echo_toml([text], launch.config)
    else:
        click.echo(f"{text}\n{config_text(launch.config)}")


def _baseline_data(launch: Launch | None, mean: float | None) -> dict[str, object] | None:
    """A launch for a program, with the mean of its reruns."""
    if launch is None:
        return None
    return {
        "launch": launch.number,
        "value": launch.expected.estimate if mean is None else mean,
        "config": dict(launch.config),
    }


def _echo_toml(comments: Sequence[str], config: Configuration) -> None:
    """Print a configuration as TOML, under lines of comment."""
    from tunebook.domain.formats.toml_text import key_text, value_text

    for comment in comments:
        click.echo(f"# {comment}")
    for name, value in config.items():
        click.echo(f"{key_text(name)} = {value_text(value)}")
