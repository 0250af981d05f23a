"""A book of many trials with curves, made through the store itself."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path

import numpy as np

import tunebook as tb
from store_curves import POINTS, times, values
from tunebook.domain.trial import Outcome, Status
from tunebook.store import Logged
from tunebook.store.curves.chunks import Points

DONE = Outcome(status=Status.COMPLETE, seconds=12.3, ended_at=1_700_000_000.25)
AT_A_TIME = 250


def add_round(book: tb.Book, trials: int, kind: str, seed: int = 0) -> tb.Round:
    """A round of so many trials, each claimed, reported and ended."""
    found = book.round(
        f"question {len(book.rounds) + 1}",
        nuisance={"x": tb.uniform(0, 1)}, trials=trials, max_train_steps=POINTS,
    )  # fmt: skip
    found._add_search_trials()
    store = book._store
    steps, curves, seconds = np.arange(POINTS), values(kind, trials, seed), times(trials, seed)
    with store.together():
        while claims := store.claim(found.number, "bench", 600.0, AT_A_TIME):
            store.take_in([logged(c.trial, steps, curves, seconds) for c in claims])
    return found


def logged(trial, steps: np.ndarray, curves: np.ndarray, seconds: np.ndarray) -> Logged:
    """All that a trial would have in its log."""
    points = Points(steps, curves[trial.number], seconds[trial.number])
    return Logged(
        key=trial.key, attempt=trial.attempt, first_step=0, lines=POINTS + 2,
        points={"loss": points}, outcome=DONE,
    )  # fmt: skip


if __name__ == "__main__":
    place, kind, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
    with tb.Book(place, objective=tb.minimize("loss")) as made:
        add_round(made, n, kind)
    before = Path(place).stat().st_size
    connection = sqlite3.connect(place)
    connection.execute("VACUUM")
    connection.close()
    print(before / 1e6)
