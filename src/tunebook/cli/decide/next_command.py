"""tunebook next: the next round, proposed as TOML to edit (B)."""

from __future__ import annotations

from pathlib import Path

import click

from tunebook.cli.activity import begin, of_round
from tunebook.cli.which_book import book_option, choose_round, json_option, open_book


@click.command(
    "next", epilog="Example: tunebook next --out round-2.toml && tunebook run round-2.toml"
)
@click.argument("number", metavar="[ROUND]", required=False, type=int)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write it to a file.")
@click.option("--most-trials", type=click.IntRange(min=1), metavar="N",
              help="What the next round may have at most.")  # fmt: skip
@click.option("--force", is_flag=True, help="Overwrite the file.")
@book_option
@json_option
def command(
    number: int | None,
    out: Path | None,
    most_trials: int | None,
    force: bool,
    book_path: str | None,
    as_json: bool,
) -> None:
    """Propose the round after ROUND (the newest if left out), with a reason for each change."""
    begin(f"Proposing what follows {of_round(number, book_path)}", quiet=as_json)
    from tunebook.book.files.writing import write_text
    from tunebook.cli.output import data, print_json

    with open_book(book_path) as book:
        proposal = choose_round(book, number).next_round(most_trials=most_trials)
        proposal.with_ahead()
        text = proposal.toml()
    if out is not None:
        if out.exists() and not force:
            raise click.BadParameter(f"{out} exists; say --force, or another name")
        write_text(out, text)
    if as_json:
        content = data(proposal.proposal)
        content["plan"]["foretold"] = content["plan"].pop("predictions")
        print_json(proposal=content, toml=text)
    else:
        found = proposal.proposal
        first = "edit it first, then run it with" if found.repeats else "run it with"
        click.echo(f"{out}: {first}: tunebook run {out}" if out else text)
        if out:
            click.echo(found.summary)
        if out and found.ahead:
            click.echo(f"It would take and tell: {found.ahead}")
