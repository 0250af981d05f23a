"""Why trials of a round did not complete, in the words of their own errors (C3)."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

from tunebook.words.error_kind import error_kind
from tunebook.words.trial import Cause, Purpose, Status, TrialRecord

if TYPE_CHECKING:
    from tunebook.book.notebook import Book
    from tunebook.book.rounds import BookRound

MOST = 3


def causes(chosen: BookRound) -> list[dict[str, object]]:
    """Each way in which search trials did not complete, the commonest first."""
    lost = [
        t
        for t in chosen.trials
        if t.purpose is not Purpose.RERUN and t.status in (Status.INFEASIBLE, Status.FAILED)
    ]
    kinds = [(t.cause or t.status, error_kind(t.detail)) for t in lost]
    first: dict[tuple[str, str], TrialRecord] = {}
    for kind, trial in zip(kinds, lost, strict=True):
        first.setdefault(kind, trial)
    return [
        {
            "cause": str(kind[0]),
            "detail": first[kind].detail,
            "trials": n,
            "first": first[kind].name,
        }
        for kind, n in Counter(kinds).most_common()
    ]


def no_trial_completed(chosen: BookRound) -> bool:
    """True where search trials ended and none of them is complete."""
    ended = [t for t in chosen.trials if t.purpose is not Purpose.RERUN and t.status.ended]
    return bool(ended) and all(t.status is not Status.COMPLETE for t in ended)


def show_causes(book: Book, chosen: BookRound) -> None:
    """Say the commonest of them after a round's results; nothing where all trials completed."""
    found = causes(chosen)
    if not found:
        return
    click.echo("Why trials did not complete:")
    for entry in found[:MOST]:
        said = f": {entry['detail']}" if entry["detail"] else ""
        click.echo(f"  {entry['trials']} {entry['cause']}, first {entry['first']}{said}")
    if len(found) > MOST:
        left = len(found) - MOST
        errors = "1 other error" if left == 1 else f"{left} other errors"
        click.echo(f"  and {errors}; tunebook findings --json has them all")
    ended = [t for t in chosen.trials if t.status.ended]
    if len(ended) > 1 and all(t.cause is Cause.CHANCE for t in ended):
        click.echo(
            f"Next: no trial beat chance. If the book's chance ({book.setting.chance:g}) or its "
            f"direction ({book.objective.direction} {book.objective.metric}) is wrong, begin "
            "another book with the right one."
        )
