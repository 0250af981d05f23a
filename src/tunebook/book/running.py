"""Before and after the trials of a round are trained: what is added, and what is said (B2 D8)."""

from __future__ import annotations

import shlex
import sys

from tunebook.book.again import crashed_before, nothing_left
from tunebook.book.opening import warn_of_direction
from tunebook.checks.failures.unreported import unreported_objective
from tunebook.domain.design import Round
from tunebook.domain.errors import DesignError
from tunebook.domain.formats.numbers import plural
from tunebook.domain.searchers import ADAPTIVE
from tunebook.domain.trial import Purpose
from tunebook.execution.code import TrainingCode
from tunebook.execution.scheduler import RunSummary
from tunebook.report.loop import correcting_command
from tunebook.search.assignment import search_trials
from tunebook.store import Store
from tunebook.store.table import table


def add_search_trials(store: Store, plan: Round, number: int) -> None:
    """Add the plan's trials; recompute those that are there, so that none changes unseen."""
    planned = search_trials(plan, number)
    stored = {t.number: t for t in store.trials(number) if t.purpose is not Purpose.RERUN}
    for trial in planned:
        known = stored.get(trial.number)
        if known and (dict(known.config), known.seed) != (dict(trial.config), trial.seed):
            raise DesignError(
                f"trial {trial.name} was planned as {dict(known.config)} and would now be "
                f"{dict(trial.config)}: the point sequence of an installed library changed",
                next_step="install the versions that the round began with, or plan a new "
                "round; its trials stay as they are",
            )
    store.add_trials([t for t in planned if t.number not in stored])


def say_before_training(store: Store, number: int, code: TrainingCode, *, quiet: bool) -> None:
    """Say on the error stream that nothing is left to train, or what to think of before."""
    plan = store.round(number).plan
    trials = [t for t in store.trials(number) if t.purpose is not Purpose.RERUN]
    if any(not t.status.ended for t in trials):
        warn_of_direction(store)
        if said := "" if quiet else crashed_before(store, number, code):
            print(said, file=sys.stderr)
    elif trials and not quiet and (plan.searcher not in ADAPTIVE or len(trials) >= plan.trials):
        print(nothing_left(store, number, code), file=sys.stderr)


def say_after_training(store: Store, number: int, summary: RunSummary) -> None:
    """Say why a run ended before its trials had, and how to go on.

    Raises:
        KeyboardInterrupt: it was interrupted.
    """
    left = plural(sum(not t.status.ended for t in store.trials(number)), "trial")
    if summary.stopped == "crashes":
        print(_stopped(store, number, summary, left), file=sys.stderr)
    if summary.stopped == "interrupted":
        print(
            f"Stopped. Everything that was reported is kept; {left} of round {number} did not "
            "end.\nNext: run the same command or script again to go on.",
            file=sys.stderr,
        )
        raise KeyboardInterrupt


def _stopped(store: Store, number: int, summary: RunSummary, left: str) -> str:
    """Why a run that only crashes was stopped, and how to go on once it is corrected."""
    going_on = "To go on as it is: keep_going=True, or --keep-going."
    unreported = unreported_objective(table(store, number))
    if unreported is None or not unreported.reported:
        all_of = plural(summary.infeasible, "trial")
        return (
            f"Stopped: {all_of} crashed alike in this run, and none completed: {summary.crash}. "
            f"{left} of round {number} did not begin.\nNext: correct the training code, then "
            'train them again: run(train, again="crashed"), or tunebook run --again crashed. '
            + going_on
        )
    direction, _, metric = unreported.corrected.partition(":")
    command = f"{correcting_command(unreported, number)} --book {shlex.quote(store.location)}"
    return (
        f"Stopped: {unreported.sentence} {left} of round {number} did not begin.\n"
        f'Next: correct the objective: tb.Book("{store.location}", '
        f'objective=tb.{direction}("{metric}")), then run(train, again="crashed"). In a shell, '
        f"with the round file corrected too: {command}\n{going_on}"
    )
