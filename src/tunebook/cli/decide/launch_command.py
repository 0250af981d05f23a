"""tunebook launch, also adopt: make the configuration of a decision the baseline (D5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from tunebook.cli.which_book import book_option, json_option, open_book

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tunebook.domain.decision import Decision


@click.command("launch", epilog='Example: tunebook launch --why "half the error at equal cost"')
@click.argument("number", metavar="[DECISION]", required=False, type=int)
@click.option("--round", "of_round", type=int, metavar="N", help="The newest decision of round N.")
@click.option("--why", default="", help="Your reason, for the record.")
@click.option("--who", default="", help="Who launches; your user name if left out.")
@click.option(
    "--despite-problems",
    is_flag=True,
    help="Launch although a finding of severity problem is open.",
)
@click.option(
    "--baseline-length",
    is_flag=True,
    help="Of a decision that keeps the baseline: launch the baseline at this round's length.",
)
@book_option
@json_option
def command(
    number: int | None,
    of_round: int | None,
    why: str,
    who: str,
    despite_problems: bool,
    baseline_length: bool,
    book_path: str | None,
    as_json: bool,
) -> None:
    """Make the configuration of DECISION the new baseline; the newest decision by default.

    "Launch" is the playbook's word for this step. It records a choice and starts no job; `tunebook
    adopt` is the same command.

    Decisions and rounds have numbers of their own: `tunebook decide` prints both. A number that
    is no decision is read as a round.
    """
    from tunebook.cli.output import data, print_json
    from tunebook.report.terminal.lines import show
    from tunebook.report.terminal.summaries import launch_renderable, show_standing

    with open_book(book_path) as book:
        decision = _chosen(book.decisions, number, of_round)
        launch = book.launch(
            decision,
            who=who,
            why=why,
            despite_problems=despite_problems,
            baseline_length=baseline_length,
        )
        if as_json:
            print_json(launch=data(launch), round=decision.round)
        else:
            click.echo(f"Round {decision.round}, decision {decision.number}")
            show(launch_renderable(launch))
            show_standing(book.record(), decision.round)


def _chosen(decisions: Sequence[Decision], number: int | None, of_round: int | None) -> Decision:
    """The decision by its number, or the newest of a round, or the newest."""
    from tunebook.domain.errors import EvidenceError

    if not decisions:
        raise EvidenceError(
            "a launch carries a decision out; this book has none yet",
            next_step="decide a round first: tunebook decide",
        )
    if number is None and of_round is None:
        return decisions[-1]
    named = next((d for d in decisions if d.number == number), None)
    if named is not None and of_round in (None, named.round):
        return named
    wanted = number if of_round is None else of_round
    newest = next((d for d in reversed(decisions) if d.round == wanted), None)
    if newest is None or named is not None:
        known = ", ".join(f"{d.number} (round {d.round})" for d in decisions)
        asked = f"round {of_round}" if of_round is not None else f"decision or round {number}"
        raise click.BadParameter(f"there is no launch for {asked}; decisions: {known}")
    return newest
