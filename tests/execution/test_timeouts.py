"""I2: a book that can't be written for a while costs a run no trial and no measurement."""

from __future__ import annotations

import sqlite3
import threading

import pytest

from execution.trainings import paced
from tunebook.domain.errors import BookBusyError
from tunebook.domain.trial import Status
from tunebook.execution import RunOptions, timeouts
from tunebook.execution.code import training_code
from tunebook.execution.scheduler import run_trials
from tunebook.store.database import connection
from waiting import HANG_S


@pytest.fixture
def locked(monkeypatch):
    """Lock a book's file from another connection, from one event until another."""
    monkeypatch.setattr(connection, "BUSY_TIMEOUT_S", 0.1)
    threads, events = [], []

    def lock(path, begin, end):
        def work():
            begin.wait()
            with sqlite3.connect(path, timeout=HANG_S, isolation_level=None) as other:
                other.execute("BEGIN IMMEDIATE")
                end.wait()
                other.execute("ROLLBACK")
            other.close()

        events.extend((begin, end))
        threads.append(threading.Thread(target=work))
        threads[-1].start()

    yield lock
    for event in events:
        event.set()
    for thread in threads:
        thread.join()


def test_a_locked_book_is_waited_for_while_training_goes_on(make_book, locked):
    store = make_book([{"x": x} for x in range(6)], max_train_steps=20)
    under_way, noticed = threading.Event(), threading.Event()
    locked(store.location, under_way, noticed)

    def look(progress):
        if progress.done:
            under_way.set()
        if "can't be reached" in progress.stopping:
            noticed.set()

    summary = run_trials(store, 1, training_code(paced), RunOptions(workers=2), on_progress=look)
    assert (summary.complete, summary.ran, summary.stopped) == (6, 6, "")
    assert summary.spent_twice_s == 0.0
    assert noticed.is_set()
    for trial in store.trials(1):
        assert (trial.status, trial.attempt) == (Status.COMPLETE, 1)
        assert len(store.measurements(trial.key)) == 20


def test_a_book_that_stays_away_ends_the_run_and_loses_nothing(make_book, locked, monkeypatch):
    monkeypatch.setattr(timeouts.BookTimeout.__init__, "__defaults__", (0.5,))
    store = make_book([{"x": x} for x in range(4)], max_train_steps=60)
    under_way, over = threading.Event(), threading.Event()
    locked(store.location, under_way, over)

    def look(progress):
        if progress.running:
            under_way.set()

    with pytest.raises(BookBusyError, match="locked by another process"):
        run_trials(store, 1, training_code(paced), RunOptions(workers=2), on_progress=look)
    over.set()
    summary = run_trials(store, 1, training_code(paced), RunOptions(workers=2))
    assert summary.complete == summary.ran == 4
    for trial in store.trials(1):
        assert len(store.measurements(trial.key)) == 60
