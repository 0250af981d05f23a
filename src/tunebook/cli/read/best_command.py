"""tunebook best: the best configuration, to read or to paste (D6)."""

from __future__ import annotations

import click

from tunebook.cli.which_book import book_option, choose_round, json_option, open_book


@click.command("best", epilog="Example: tunebook best --toml > best.toml")
@click.argument("number", metavar="[ROUND]", required=False, type=int)
@click.option("--toml", "as_toml", is_flag=True, help="Print the configuration as TOML.")
@book_option
@json_option
def command(number: int | None, as_toml: bool, book_path: str | None, as_json: bool) -> None:
    """Print the best configuration of ROUND's search; the newest round if left out.

    Its value is optimistic, since the trial was selected for it: `tunebook decide` reruns it with
    new seeds. Exit code 1 where no trial is complete.
    """
    from tunebook.cli.output import data, print_json
    from tunebook.domain.formats.numbers import config_text
    from tunebook.domain.formats.numbers import number as number_text
    from tunebook.domain.formats.toml_text import key_text, value_text

    if as_toml and as_json:
        raise click.UsageError("give --toml or --json, not both")
    with open_book(book_path) as book:
        chosen = choose_round(book, number)
        best, metric = chosen.best, chosen.objective.metric
    if as_json:
        print_json(round=chosen.number, objective=metric, **data(best))
    elif as_toml:
        click.echo(f"# trial {best.trial}: {metric} {number_text(best.value)}")
        for name, value in best.config.items():
            click.echo(f"{key_text(name)} = {value_text(value)}")
    else:
        click.echo(f"{metric} {number_text(best.value)}, trial {best.trial}")
        click.echo(config_text(best.config))
