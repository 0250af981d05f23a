"""tunebook findings: what the checks say of a round (C)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tunebook.cli.activity import begin, of_round
from tunebook.cli.which_book import book_option, choose_round, json_option, open_book

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tunebook.domain.design import Objective
    from tunebook.domain.finding import Examination
    from tunebook.domain.prediction import PredictionOutcome
    from tunebook.report.outcome import RoundSummary


@click.command("findings", epilog="Example: tunebook findings 2 --json")
@click.argument("number", metavar="[ROUND]", required=False, type=int)
@click.option("--objective", metavar="WAY:NAME",
              help="Another metric afterwards: minimize:NAME; marked exploratory.")  # fmt: skip
@click.option("--reduce", default="best", show_default=True, metavar="HOW",
              help="With --objective: best, last or mean-last-K.")  # fmt: skip
@click.option("--all", "everything", is_flag=True,
              help="Passed checks one by one, and every number of a finding.")  # fmt: skip
@book_option
@json_option
def command(
    number: int | None,
    objective: str | None,
    reduce: str,
    everything: bool,
    book_path: str | None,
    as_json: bool,
) -> None:
    """Show what the results of ROUND mean; the newest round if left out.

    The worst finding comes last, before the best configuration and the good values, so that they
    stay in view. --json has the worst first.
    """
    begin(f"Reading {of_round(number, book_path)}", quiet=as_json)
    from tunebook.domain.formats.notation import format_objective, parse_objective
    from tunebook.report.terminal.lines import show
    from tunebook.report.terminal.summaries import findings_text, show_predictions

    asked = parse_objective(objective, reduce=reduce) if objective else None
    with open_book(book_path) as book:
        chosen = choose_round(book, number)
        if asked is None:
            read = chosen.reading()
            examination, summary, predictions = read.examination, read.summary, read.predictions
        else:
            view = chosen.findings(asked)
            assert view.summary is not None
            examination, summary = view.examination, view.summary
            predictions = chosen.predictions(examination)
        taken = asked or chosen.objective
        exploratory = taken != chosen.objective
        if as_json:
            _print(chosen.number, taken, exploratory, examination, predictions, summary)
            return
        other = f" (exploratory: {format_objective(taken)})" if exploratory else ""
        if not exploratory:
            show_predictions(predictions)
        title = f"Round {chosen.number}: {chosen.goal}{other}"
        show(findings_text(examination, title=title, everything=everything, summary=summary))


def _print(
    number: int,
    objective: Objective,
    exploratory: bool,
    examination: Examination,
    predictions: Sequence[PredictionOutcome],
    summary: RoundSummary,
) -> None:
    """The findings as JSON."""
    from tunebook.cli.causes import listed_causes
    from tunebook.cli.output import data, print_json
    from tunebook.domain.formats.notation import format_objective

    print_json(
        round=number,
        objective=format_objective(objective),
        reduce=objective.reduced,
        exploratory=exploratory,
        **data(examination),
        foretold=[_outcome_data(o) for o in predictions],
        best=data(summary.best) if summary.best else None,
        good_ranges=data(summary.ranges),
        causes=listed_causes(summary.lost),
    )


_CAME = {"met": "came true", "not met": "did not", "unknown": "can't be told"}


def _outcome_data(outcome: PredictionOutcome) -> dict[str, object]:
    """The outcome of a prediction, with the keys and values of version 0.1."""
    from tunebook.cli.output import data

    return {
        "foretold": data(outcome.prediction),
        "came": _CAME[outcome.met.value],
        "sentence": outcome.sentence,
    }
