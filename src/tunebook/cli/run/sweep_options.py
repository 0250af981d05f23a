"""Options and questions of the commands that read a sweep: audit, import (C11)."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from tunebook.importers.source import SweepSource

_WITH = {"audit": "an audit", "import": "an import"}

_OPTIONS = (
    click.option(
        "--curves",
        "--curves-from",
        "curves",
        metavar="CURVES",
        type=click.Path(path_type=Path),
        help="A table of trial,step,metric,value, or any source with runs named as the trials.",
    ),
    click.option(
        "--from",
        "format",
        metavar="FORMAT",
        default="",
        help="Such as optuna or csv; else told from what is there.",
    ),
    click.option(
        "--study",
        metavar="NAME",
        default="",
        help="Of several in one storage; of a workbook, the sheet.",
    ),
    click.option(
        "--objective",
        metavar="WAY:NAME",
        help="minimize:NAME or maximize:NAME; else candidates are listed.",
    ),
    click.option(
        "--scientific",
        metavar="NAME",
        multiple=True,
        help="Hyperparameter whose effect is the question; repeatable.",
    ),
    click.option(
        "--hyperparameters",
        metavar="A,B,C",
        help="These columns and no others; else all that are no results.",
    ),
    click.option(
        "--space",
        metavar="SPACE.TOML",
        type=click.Path(path_type=Path),
        help="A range for each hyperparameter; else read off the trials.",
    ),
    click.option(
        "--reduce",
        metavar="HOW",
        help="A curve counts with its best, last or mean-last-K value; best if left out, "
        "or as SOURCE states.",
    ),
    click.option("--adaptive", is_flag=True, help="Earlier results chose later configurations."),
)


def sweep_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that say how a sweep is read."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def names_in(text: str | None) -> list[str] | None:
    """The names of `a, b`; None where nothing is said."""
    return None if text is None else [n.strip() for n in text.split(",") if n.strip()]


def ask_objective(source: SweepSource, place: str, command: str, *, ask: bool) -> str:
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
        again = f"tunebook {command} {shlex.quote(named)} --objective"
        ways = _ways(listed)
        raise DesignError(
            f"{_WITH[command]} needs an objective; candidates in {source.rows.source}: "
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
