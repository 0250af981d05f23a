"""tunebook run: plan a round from TOML and run it, or go on with the last one (B2)."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tunebook.cli.activity import begin, of_round
from tunebook.cli.named_book import named_book
from tunebook.cli.which_book import (
    book_option,
    choose_round,
    find_book,
    json_option,
    open_book,
)

if TYPE_CHECKING:
    from tunebook.book.notebook import Book
    from tunebook.book.rounds import Round
    from tunebook.domain.design import Objective
    from tunebook.domain.design import Round as Plan
    from tunebook.domain.errors import TrainingCodeError
    from tunebook.domain.formats.codec import RoundFile
    from tunebook.execution.scheduler import RunSummary


@click.command("run", epilog="Example: tunebook run round-1.toml --workers 4")
@click.argument("file", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--train", metavar="WHERE", help='Training function, "train.py:train".')
@click.option("--objective", metavar="minimize:METRIC|maximize:METRIC",
              help="Corrects an objective that no trial has reported.")  # fmt: skip
@click.option("--round", "number", type=int, help="Without FILE: the round to go on with.")
@click.option("--workers", type=click.IntRange(min=0), help="Trials at a time; 0 runs them here.")
@click.option("--time-budget", type=float, metavar="SECONDS", help="Begin no trial after this.")
@click.option("--memory-limit", type=int, metavar="MB", help="Of one trial's processes.")
@click.option("--again", type=click.Choice(["crashed", "infeasible", "failed", "changed"]),
              help="Train these trials anew; changed: all that ran under other code.")  # fmt: skip
@click.option("--keep-going", is_flag=True, help="Also if the first three trials crash alike.")
@click.option("--plan", "--dry-run", "only_plan", is_flag=True,
              help="Run nothing: show what the round would cost and tell.")  # fmt: skip
@click.option("--all", "everything", is_flag=True, help="Passed checks one by one.")
@book_option
@json_option
def command(
    file: Path | None,
    train: str | None,
    objective: str | None,
    number: int | None,
    workers: int | None,
    time_budget: float | None,
    memory_limit: int | None,
    again: str | None,
    keep_going: bool,
    only_plan: bool,
    everything: bool,
    book_path: str | None,
    as_json: bool,
) -> None:
    """Run the round that FILE plans; without FILE, go on with the newest round.

    The same file run again goes on where it stopped; more `trials` in it extends the round.
    The exit status is 1 if trials ended and none of them is complete.
    --plan shows trials, density, cost, the smallest difference that the round can tell, and what
    one change of it would buy.
    """
    what = str(file) if file else of_round(number, book_path)
    begin(f"{'Planning' if only_plan else 'Preparing'} {what}", quiet=as_json)
    from tunebook.book.decisions.limits import check_limits

    # Modules in this folder are found as `python train.py` would find them.
    sys.path.insert(0, str(Path.cwd()))
    check_limits(time_budget_s=time_budget, memory_limit_mb=memory_limit)
    asked = _read(file, objective)
    if only_plan:
        _show_plan(asked, number, book_path, workers, as_json=as_json)
        return
    from tunebook.cli.causes import no_trial_completed
    from tunebook.execution.executor_table import executor_of
    from tunebook.execution.scheduler import RunSummary

    if objective and not asked:
        _correct(objective, book_path)
    code = _checked_code(train, asked)
    executor = executor_of(asked.executor, workers=workers) if asked else None
    with _book_for(asked, book_path, code) if asked else open_book(book_path) as book:
        chosen = _planned(book, asked.plan, code) if asked else choose_round(book, number)
        summary = chosen.run(
            code or None,
            workers=workers,
            executor=executor,
            time_budget_s=time_budget,
            memory_limit_mb=memory_limit,
            progress=not as_json,
            again=again,
            keep_going=keep_going,
        )
        assert isinstance(summary, RunSummary)
        used = {"workers": workers, "executor": executor, "memory_limit_mb": memory_limit}
        _show_run(book, chosen, summary, used, everything=everything, as_json=as_json)
        if no_trial_completed(chosen):
            sys.exit(1)


def _read(file: Path | None, objective: str | None) -> RoundFile | None:
    """What a round file says, with the objective that the command names."""
    asked = read_file(file) if file else None
    if objective and asked:
        return replace(asked, objective=_as_before(objective, asked.objective))
    return asked


def _checked_code(train: str | None, asked: RoundFile | None) -> str:
    """The name of the training code; a wrong name fails before a book or a round is made."""
    from tunebook.execution.code import check_program, training_code

    code = train or (asked.train if asked else "")
    if code:
        named = training_code(code)
        if asked:
            check_program(named, asked.plan)
    return code


def _correct(objective: str, book_path: str | None) -> None:
    """Give a book the objective that its trials report."""
    from tunebook.book.notebook import Book

    path = find_book(book_path)
    with Book(path) as book:
        asked = _as_before(objective, book.objective)
    Book(path, objective=asked).close()


def _as_before(text: str, known: Objective | None) -> Objective:
    """The objective of a text, with curves reduced as before."""
    from tunebook.domain.formats.notation import parse_objective

    asked = parse_objective(text)
    return asked if known is None else replace(asked, reduce=known.reduce, over=known.over)


def _show_run(
    book: Book,
    chosen: Round,
    summary: RunSummary,
    used: Mapping[str, Any],
    *,
    everything: bool,
    as_json: bool,
) -> None:
    """Print what the round found, what the machine has unused, and what comes next."""
    from tunebook.cli.causes import causes
    from tunebook.cli.machine import run_hints, show_hints
    from tunebook.cli.output import print_json
    from tunebook.report.terminal.lines import show
    from tunebook.report.terminal.summaries import (
        round_renderable,
        show_findings,
        show_standing,
    )

    hints = run_hints(chosen, summary, **used)
    if as_json:
        print_json(round=chosen.number, **asdict(summary), causes=causes(chosen), hints=hints)
        return
    found = chosen.record()
    show(round_renderable(found, causes=not found.ended))
    if found.ended:
        show_findings(chosen.reading(), everything=everything)
    show_hints(hints)
    show_standing(book.record(), chosen.number)


def _show_plan(
    asked: RoundFile | None,
    number: int | None,
    book_path: str | None,
    workers: int | None,
    *,
    as_json: bool,
) -> None:
    """Print what a round would cost and tell; makes no book and no round."""
    from tunebook.book.planning.planned import look_ahead
    from tunebook.cli.output import print_json
    from tunebook.domain.formats.book_location import exists

    first = next((str(p) for p in sorted(Path().glob("*.db"))), None)
    path = named_book(asked, book_path) if asked else book_path or first
    if asked is not None and (path is None or not exists(path)):
        found = look_ahead(
            None, asked.plan, workers=workers, objective=asked.objective, setting=asked.setting
        )
    else:
        with open_book(path if asked else book_path) as book:
            plan = asked.plan if asked else choose_round(book, number).plan
            found = book.planned(plan, workers=workers)
    if as_json:
        print_json(planned=found.data())
    else:
        found.show()


def read_file(file: Path) -> RoundFile:
    """What a round file says, its training code by a path that works from this folder."""
    from tunebook.cli.code_beside import code_beside
    from tunebook.domain.errors import nearest
    from tunebook.domain.formats.codec import read_round_file
    from tunebook.domain.formats.toml_text import read_toml_text

    beside = sorted(p.name for p in file.parent.glob("*.toml")) if file.parent.is_dir() else []
    meant = nearest(file.name, beside).strip()
    step = f"{meant} Else " * bool(meant) + "write one: tunebook init, or tunebook next --out FILE"
    text = read_toml_text(file, "round file", step)
    asked = read_round_file(text, source=str(file))
    return replace(asked, train=code_beside(asked.train, file.parent))


def _planned(book: Book, plan: Plan, code: str) -> Round:
    """Plan the round of a file; says what it took over from the baseline."""
    if not code and all(r.goal != plan.goal for r in book.rounds):
        raise no_code()
    chosen = book.plan_round(plan)
    taken = {n: v for n, v in chosen.plan.fixed.items() if n not in plan.fixed}
    for name, value in taken.items():
        click.echo(f"Fixed at the baseline's value: {name} = {value}", err=True)
    return chosen


def no_code() -> TrainingCodeError:
    from tunebook.domain.errors import TrainingCodeError

    return TrainingCodeError(
        "a round has training code; neither the file nor --train names any",
        next_step='add a line to the file: train = "train.py:train"',
    )


def _book_for(asked: RoundFile, book_path: str | None, code: str) -> Book:
    """The book that is meant, or a new one named after the file's [book] table."""
    from tunebook.book.notebook import Book
    from tunebook.domain.errors import CodecError
    from tunebook.domain.formats.book_location import exists

    book_path = named_book(asked, book_path)
    if book_path and exists(book_path):
        said = asked.setting
        return Book(
            book_path,
            objective=asked.objective,
            name=said.name if said else None,
            chance=said.chance if said else None,
            training_objective=said.training_objective if said else "",
            test_metrics=asked.test_metrics,
        )
    if asked.objective is None:
        raise CodecError(
            "a new book has an objective; the round file names none",
            next_step='add a table:\n[book]\nname = "digits"\nobjective = "minimize:valid/error"',
        )
    if not book_path and any(Path().glob("*.db")):
        find_book(None)
    if not code:
        raise no_code()
    setting = asked.setting
    name = setting.name if setting else "book"
    return Book(
        book_path or f"{name}.db",
        objective=asked.objective,
        name=name,
        chance=setting.chance if setting else None,
        training_objective=setting.training_objective if setting else "",
        test_metrics=asked.test_metrics,
    )
