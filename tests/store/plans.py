"""What a store asks its database, and how the database finds it."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np
from sqlalchemy import event

from tunebook.domain.design import Round
from tunebook.domain.space import Float
from tunebook.domain.trial import Outcome, Status, TrialKey, TrialRecord
from tunebook.store import Logged
from tunebook.store.curves.chunks import Points

DONE = Outcome(status=Status.COMPLETE, seconds=1.0, ended_at=2.0)


def many_rounds(store, rounds, trials):
    """Fill a store with rounds of ended trials with curves of 30 points; a few begun twice."""
    rng = np.random.default_rng(0)
    for number in range(2, rounds + 2):
        store.add_round(
            Round(goal=f"q{number}", nuisance={"x": Float(0, 1)}, trials=trials, max_train_steps=30),
            1.0,
        )  # fmt: skip
        store.add_trials(
            [
                TrialRecord(round=number, number=n, study="", index=n, config={"x": n / trials},
                            seed=n, max_train_steps=30)
                for n in range(trials)
            ]
        )  # fmt: skip
        store.claim(number, "a", 60.0, 3)
        for n in range(3):
            store.release(TrialKey(number, n), 1)
        store.take_in(
            [
                Logged(
                    key=claim.trial.key, attempt=claim.trial.attempt, first_step=0, lines=32,
                    points={"loss": Points(np.arange(30), rng.random(30), np.arange(30) / 10)},
                    outcome=DONE,
                )
                for claim in store.claim(number, "a", 60.0, trials)
            ]
        )  # fmt: skip


@contextmanager
def asked_of(store):
    """The statements, and their parameters, that a store sends meanwhile."""
    sent = []

    def note(connection, cursor, statement, parameters, context, executemany):
        if statement.lstrip().upper().startswith(("SELECT", "UPDATE")):
            sent.append((statement, parameters))

    event.listen(store._engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(store._engine, "before_cursor_execute", note)


def reads(store):
    """What is to cost as much as is asked for, whatever else the book has."""
    key = TrialKey(9, 17)
    return {
        "a trial's record": lambda: store.trial(key),
        "a trial's measurements": lambda: store.measurements(key),
        "a round's trials": lambda: store.trials(9),
        "a round's curves": lambda: store.curves_of(9, [0, 1, 17]),
        "trials that run": lambda: store.held(9),
        "lines that are stored": lambda: store.lines_of([(key, 1)]),
    }


def plans(store, explain, what):
    """The database's plan for each statement of a call."""
    with asked_of(store) as sent:
        reads(store)[what]()
    assert sent
    with store._reading() as connection:
        return [
            "\n".join(
                " ".join(map(str, row))
                for row in connection.exec_driver_sql(f"{explain} {statement}", parameters)
            )
            for statement, parameters in sent
        ]
