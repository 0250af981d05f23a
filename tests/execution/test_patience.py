"""I2: a book that can't be written for a while costs a run no trial and no measurement."""

from __future__ import annotations

import sqlite3
import threading
import time

import pytest

from tunebook.execution import patience
from tunebook.execution.code import training_code
from tunebook.execution.scheduler import run_trials
from tunebook.store import connection
from tunebook.words.errors import BookBusyError
from tunebook.words.trial import Status


def train(trial):
    import time

    for step in range(trial.max_train_steps):
        trial.report(step, {"valid/error": 1 / (step + 1)})
        time.sleep(0.03)


@pytest.fixture
def locked(monkeypatch):
    """Lock a book's file from another connection for so many seconds, from a later moment on."""
    monkeypatch.setattr(connection, "BUSY_TIMEOUT_S", 0.1)
    threads = []

    def lock(path, after_s, seconds):
        def work():
            time.sleep(after_s)
            with sqlite3.connect(path, timeout=30, isolation_level=None) as other:
                other.execute("BEGIN IMMEDIATE")
                time.sleep(seconds)
                other.execute("ROLLBACK")
            other.close()

        threads.append(threading.Thread(target=work))
        threads[-1].start()

    yield lock
    for thread in threads:
        thread.join()


def test_a_locked_book_is_waited_for_while_training_goes_on(make_book, locked):
    store = make_book([{"x": x} for x in range(6)], max_train_steps=20)
    said = []
    locked(store.location, 0.7, 2.5)
    summary = run_trials(
        store, 1, training_code(train), workers=2, on_progress=lambda p: said.append(p.stopping)
    )
    assert (summary.complete, summary.ran, summary.stopped) == (6, 6, "")
    assert summary.spent_twice_s == 0.0
    assert any("can't be reached" in text for text in said)
    for trial in store.trials(1):
        assert (trial.status, trial.attempt) == (Status.COMPLETE, 1)
        assert len(store.measurements(trial.key)) == 20


def test_a_book_that_stays_away_ends_the_run_and_loses_nothing(make_book, locked, monkeypatch):
    monkeypatch.setattr(patience.Patience.__init__, "__defaults__", (0.5,))
    store = make_book([{"x": x} for x in range(4)], max_train_steps=60)
    locked(store.location, 0.7, 3.5)
    with pytest.raises(BookBusyError, match="locked by another process"):
        run_trials(store, 1, training_code(train), workers=2)
    time.sleep(3.0)
    summary = run_trials(store, 1, training_code(train), workers=2)
    assert summary.complete == summary.ran == 4
    for trial in store.trials(1):
        assert len(store.measurements(trial.key)) == 60
