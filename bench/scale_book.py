"""A book of one round of many trials of five hyperparameters, made through the store itself.

python bench/scale_book.py BOOK.DB TRIALS
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

import tunebook as tb
from tunebook.book.running import add_search_trials
from tunebook.domain.trial import Outcome, Status
from tunebook.store import Logged
from tunebook.store.curves.chunks import Points

STEPS = np.arange(1, 11)
NAMES = tuple(f"x{i}" for i in range(5))
DONE = Outcome(status=Status.COMPLETE, seconds=12.3, ended_at=1_700_000_000.25)
AT_A_TIME = 1000


def fill_book(place: Path, trials: int, seed: int = 0) -> None:
    """A bowl in the first three hyperparameters, with a little noise, reported at ten steps."""
    rng = np.random.default_rng(seed)
    with tb.Book(place, objective=tb.minimize("loss")) as book:
        found = book.round(
            "Where is the loss lowest?", nuisance={n: tb.uniform(0, 1) for n in NAMES},
            trials=trials, max_train_steps=int(STEPS[-1]),
        )  # fmt: skip
        add_search_trials(book._store, found.plan, found.number)
        store = book._store
        with store.together():
            while claims := store.claim(found.number, "bench", 600.0, AT_A_TIME):
                store.take_in([logged(c.trial, rng) for c in claims])


def logged(trial, rng: np.random.Generator) -> Logged:
    """All that a trial would have in its log."""
    units = np.array([trial.config[name] for name in NAMES[:3]])
    level = 0.1 + float((units - 0.5) ** 2 @ [1.0, 0.5, 0.2]) + 0.01 * rng.normal()
    values = level + np.exp(-STEPS / 2.0)
    return Logged(
        key=trial.key, attempt=trial.attempt, first_step=0, lines=len(STEPS) + 2,
        points={"loss": Points(STEPS, values, 0.1 * STEPS)}, outcome=DONE,
    )  # fmt: skip


if __name__ == "__main__":
    fill_book(Path(sys.argv[1]), int(sys.argv[2]))
