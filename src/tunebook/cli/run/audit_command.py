"""tunebook audit: judge a sweep that was run elsewhere (C11 C12)."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tunebook.cli.activity import begin
from tunebook.cli.which_book import json_option

if TYPE_CHECKING:
    from tunebook.importers.source import SweepSource


@click.command(
    "audit",
    epilog="Example: tunebook audit trials.csv --curves curves.csv "
    "--objective minimize:valid/error --report audit.html",
)
@click.argument("place", metavar="SOURCE")
@click.option("--curves", "--curves-from", "curves", metavar="CURVES",
              type=click.Path(path_type=Path),
              help="One row a measurement: trial,step,metric,value.")  # fmt: skip
@click.option("--from", "format", metavar="FORMAT", default="",
              help="Such as optuna or csv; else told from what is there.")  # fmt: skip
@click.option(
    "--study",
    metavar="NAME",
    default="",
    help="Of several in one storage; of a workbook, the sheet.",
)
@click.option("--objective", metavar="WAY:NAME",
              help="minimize:NAME or maximize:NAME; else candidates are listed.")  # fmt: skip
@click.option("--scientific", metavar="NAME", multiple=True,
              help="Hyperparameter whose effect is the question; repeatable.")  # fmt: skip
@click.option("--hyperparameters", metavar="A,B,C",
              help="These columns and no others; else all that are no results.")  # fmt: skip
@click.option("--chance", type=float, help="The objective of guessing.")
@click.option("--space", metavar="SPACE.TOML", type=click.Path(path_type=Path),
              help="A range for each hyperparameter; else read off the trials.")  # fmt: skip
@click.option("--reduce", metavar="HOW",
              help="A curve counts with its best, last or mean-last-K value; best if left out, "
              "or as SOURCE states.")  # fmt: skip
@click.option("--training-objective", metavar="NAME", default="",
              help="Metric of the training set that shows fitting.")  # fmt: skip
@click.option("--adaptive", is_flag=True, help="Earlier results chose later configurations.")
@click.option("--report", metavar="REPORT.HTML", type=click.Path(path_type=Path),
              help="Write findings, pictures and trials as one offline file.")  # fmt: skip
@click.option("--all", "everything", is_flag=True,
              help="Passed checks one by one, and every number of a finding.")  # fmt: skip
@json_option
def command(
    place: str,
    curves: Path | None,
    format: str,
    study: str,
    report: Path | None,
    objective: str | None,
    hyperparameters: str | None,
    everything: bool,
    as_json: bool,
    **more: Any,
) -> None:
    """Read a sweep from SOURCE and show what its results mean.

    SOURCE is a table (CSV, TSV, JSON, Parquet, Excel), or what another tool wrote: a file, a
    folder, or the URL of a database. docs/sources lists them. It is only read.

    The worst finding comes last, before the best configuration and the good values, so that they
    stay in view. --json has the worst first.
    """
    scheme, url, _ = place.partition("://")  # a URL may hold a password
    begin(f"Reading {f'a {scheme} database' if url else Path(place).name}", quiet=as_json)
    from tunebook.auditing import audit
    from tunebook.book.files.writing import write_text
    from tunebook.cli.output import data, print_json
    from tunebook.domain.version import VERSION
    from tunebook.importers.source import shown
    from tunebook.importers.sources import read_source

    named = None
    if hyperparameters is not None:
        named = [name.strip() for name in hyperparameters.split(",") if name.strip()]
    read = read_source(place, curves, format=format, study=study)
    if objective is None:
        objective = _objective(read, place, ask=not as_json)
    found = audit(read, objective=objective, hyperparameters=named, **more)
    if report is not None:
        # Without the password of a database's URL.
        words = [shown(w) if w == place and "://" in w else w for w in sys.argv[1:]]
        again = shlex.join(["tunebook", *words])
        write_text(report, found.page(command=again, version=VERSION))
    if as_json:
        print_json(
            **data(found.examination),
            objective=data(found.table.objective),
            space=found.space,
            columns=list(found.reading),
            inferred_space=found.table.inferred_space,
            caveats=list(found.caveats),
        )
        return
    found.show(
        everything=everything, title=f"{found.source}: {objective}", unfold="--all shows them"
    )
    if report is not None:
        click.echo(report.resolve())


def _objective(source: SweepSource, place: str, *, ask: bool) -> str:
    """The one that the source states, or that a person picks; else an error that lists them."""
    from tunebook.auditing import MOST_PROPOSED, no_candidate, proposed_objectives
    from tunebook.domain.errors import DesignError
    from tunebook.importers.source import shown

    proposed = proposed_objectives(source)
    if len(source.objectives) == 1:
        return proposed[0]
    listed, more = proposed[:MOST_PROPOSED], len(proposed) - MOST_PROPOSED
    if not listed:
        raise no_candidate(source)
    if not (ask and sys.stdin.isatty() and sys.stdout.isatty()):
        rest = f" and {more} more" if more > 0 else ""
        named = shown(place) if "://" in place else place
        again = f"tunebook audit {shlex.quote(named)} --objective"
        ways = _ways(listed)
        raise DesignError(
            f"an audit needs an objective; candidates in {source.rows.source}: "
            f"{', '.join(listed)}{rest}",
            next_step=f"{again} {shlex.quote(ways[0])}"
            if len(ways) == 1
            else "choose the direction, since the name does not show it: "
            + " or ".join(f"{again} {shlex.quote(way)}" for way in ways),
        )
    click.echo("Which column is the objective?")
    for i, text in enumerate(listed, start=1):
        click.echo(f"  {i}  {text}")
    known = len(_ways(listed)) == 1
    answer = click.prompt("Number, or minimize:NAME", default="1" if known else None)
    picked = answer.strip()
    if picked.isdecimal() and 1 <= int(picked) <= len(listed):
        return listed[int(picked) - 1]
    return picked


def _ways(proposed: Sequence[str]) -> list[str]:
    """The first candidate, with both directions where its name gives none."""
    name = proposed[0].partition(":")[2]
    return [text for text in proposed if text.partition(":")[2] == name]
