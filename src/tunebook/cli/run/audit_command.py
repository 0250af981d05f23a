"""tunebook audit: judge a sweep that was run elsewhere (C11 C12)."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import click

from tunebook.cli.activity import begin
from tunebook.cli.run.sweep_options import ask_objective, names_in, sweep_options
from tunebook.cli.which_book import json_option


@click.command(
    "audit",
    epilog="Example: tunebook audit trials.csv --curves curves.csv "
    "--objective minimize:valid/error --report audit.html",
)
@click.argument("place", metavar="SOURCE")
@sweep_options
@click.option("--chance", type=float, help="The objective of guessing.")
@click.option("--training-objective", metavar="NAME", default="",
              help="Metric of the training set that shows fitting.")  # fmt: skip
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

    read = read_source(place, curves, format=format, study=study)
    if objective is None:
        objective = ask_objective(read, place, "audit", ask=not as_json)
    found = audit(read, objective=objective, hyperparameters=names_in(hyperparameters), **more)
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
