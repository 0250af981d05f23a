"""tunebook procedure: many rounds asked for at once, planned, run, gone on with (A3 E1 F G H)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tunebook.cli.activity import begin, of_book
from tunebook.cli.which_book import book_option, json_option, open_book

if TYPE_CHECKING:
    from tunebook.book.procedures import ProcedureView


def _known(_: click.Context, __: click.Parameter, name: str | None) -> str | None:
    """A wrong name is told before other arguments are."""
    from tunebook.procedures import spec_of

    return name if name is None else spec_of(name).id


@click.command(
    "procedure",
    epilog="Example: tunebook procedure instability --train train.py:train "
    "--set learning_rates='[1e-3, 10]'",
)
@click.argument("name", required=False, callback=_known)
@click.option("--train", metavar="WHERE", help='Training function, "train.py:train".')
@click.option("--set", "given", multiple=True, metavar="KEY=VALUE",
              help="An argument of the procedure, its value as in TOML.")  # fmt: skip
@click.option("--plan", "only_plan", is_flag=True, help="Run nothing: show stages and cost.")
@click.option("--show", "only_show", is_flag=True, help="Run nothing: show what was found.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path),
              help="Write the proposed round to a file.")  # fmt: skip
@click.option("--force", is_flag=True, help="Overwrite the file.")
@click.option("--workers", type=click.IntRange(min=0), help="Trials at a time; 0 runs them here.")
@click.option("--time-budget", type=float, metavar="SECONDS", help="Of each round.")
@click.option("--memory-limit", type=int, metavar="MB", help="Of one trial's processes.")
@book_option
@json_option
def command(
    name: str | None,
    train: str | None,
    given: tuple[str, ...],
    only_plan: bool,
    only_show: bool,
    out: Path | None,
    force: bool,
    workers: int | None,
    time_budget: float | None,
    memory_limit: int | None,
    book_path: str | None,
    as_json: bool,
) -> None:
    """Run the procedure NAME, or go on with it; without NAME, list them.

    Its arguments are kept: without --set it goes on with those that it began with. --plan shows
    every stage with what it would cost.
    """
    from tunebook.book.decisions.limits import check_limits

    if name is None:
        _list(as_json=as_json)
        return
    if out is not None and out.exists() and not force:
        raise click.BadParameter(f"{out} exists; say --force, or another name")
    begin(f"Procedure {name}: reading {of_book(book_path)}", quiet=as_json)
    sys.path.insert(0, str(Path.cwd()))
    check_limits(time_budget_s=time_budget, memory_limit_mb=memory_limit)
    with open_book(book_path) as book:
        found = book.procedure(
            name,
            train,
            run=not (only_plan or only_show),
            workers=workers,
            time_budget_s=time_budget,
            memory_limit_mb=memory_limit,
            progress=not as_json,
            **_arguments(given),
        )
        _tell(found, only_plan, out, as_json=as_json)


def _tell(found: ProcedureView, only_plan: bool, out: Path | None, *, as_json: bool) -> None:
    from tunebook.book.files.writing import write_text
    from tunebook.cli.output import print_json
    from tunebook.report.terminal.procedure import show_result

    proposal = found.proposal
    if out is not None and proposal is not None:
        write_text(out, proposal.toml())
    if as_json:
        print_json(procedure=found.data())
    elif only_plan:
        click.echo(found.plan)
    else:
        show_result(found.chapter())
        if out is not None:
            click.echo(
                f"{out}: run it with: tunebook run {out}" if proposal else "No round is proposed."
            )


def _list(*, as_json: bool) -> None:
    from tunebook.cli.output import print_json
    from tunebook.procedures import SPECS

    about = {name: spec.about for name, spec in SPECS.items()}
    if as_json:
        print_json(procedures=about)
        return
    for name, text in about.items():
        click.echo(f"{name}: {text}")


def _arguments(given: tuple[str, ...]) -> dict[str, Any]:
    """`KEY=VALUE` texts, each value read as TOML; a bare word is a text."""
    from tunebook.domain.errors import CodecError
    from tunebook.domain.formats.toml_text import load_toml

    found: dict[str, Any] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals or not key.strip().isidentifier():
            raise click.BadParameter(
                f"--set takes KEY=VALUE, as in --set max_train_steps=1000; got {text!r}"
            )
        try:
            found[key.strip()] = load_toml(f"value = {value}")["value"]
        except CodecError:
            if not value.strip() or any(c in value for c in "[]{}\"'="):
                raise click.BadParameter(
                    f"the value of {key} is written as in TOML, [1e-3, 10] or "
                    f"{{ lr = 0.1 }}; got {value!r}"
                ) from None
            found[key.strip()] = value.strip()
    return found
