"""tunebook findings: what the checks say of a round (C)."""

from __future__ import annotations

import click

from tunebook.cli.which_book import book_option, choose_round, json_option, open_book


@click.command("findings", epilog="Example: tunebook findings 2 --json")
@click.argument("number", metavar="[ROUND]", required=False, type=int)
@click.option("--objective", metavar="WAY:NAME",
              help="Another metric afterwards: minimize:NAME; marked exploratory.")  # fmt: skip
@click.option("--reduce", default="best", show_default=True, metavar="HOW",
              help="With --objective: best, last or mean-last-K.")  # fmt: skip
@book_option
@json_option
def command(
    number: int | None, objective: str | None, reduce: str, book_path: str | None, as_json: bool
) -> None:
    """Say what the results of ROUND mean, worst first; the newest round if left out."""
    from tunebook.cli.causes import causes, show_causes
    from tunebook.cli.output import data, print_json
    from tunebook.report.terminal import show_findings, show_foretold
    from tunebook.words.notation import format_objective, parse_objective

    asked = parse_objective(objective, reduce=reduce) if objective else None
    with open_book(book_path) as book:
        chosen = choose_round(book, number)
        examination = chosen.examination(asked)
        taken = asked or chosen.objective
        exploratory = taken != chosen.objective
        if as_json:
            print_json(
                round=chosen.number,
                objective=format_objective(taken),
                reduce=taken.reduced,
                exploratory=exploratory,
                **data(examination),
                foretold=[data(o) for o in chosen.foretold(examination)],
                causes=causes(chosen),
            )
        else:
            other = f" (exploratory: {format_objective(taken)})" if exploratory else ""
            show_findings(examination, title=f"Round {chosen.number}: {chosen.goal}{other}")
            if not exploratory:
                show_foretold(chosen.foretold(examination))
            show_causes(book, chosen)
