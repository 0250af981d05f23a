"""D6: pause, resume, drain, cancel and priorities, as a run of real workers obeys them."""

from __future__ import annotations

import threading
import time

import pytest

from execution.trainings import brief
from tunebook.domain.trial import Cause, Status, TrialKey
from tunebook.execution import RunOptions
from tunebook.execution.code import training_code
from tunebook.execution.scheduler import run_trials
from waiting import HANG_S, until


class Running:
    """A run of a store's first round in a thread of its own."""

    def __init__(self, store, workers=1):
        self.last, self.summary = None, None
        self.store = store

        def work():
            self.summary = run_trials(store, 1, training_code(brief), RunOptions(workers=workers), on_progress=lambda p: setattr(self, "last", p))  # fmt: skip

        self.thread = threading.Thread(target=work)
        self.thread.start()

    def count(self, status):
        return sum(t.status is status for t in self.store.trials(1))

    def join(self):
        self.thread.join(HANG_S)
        assert not self.thread.is_alive()
        return self.summary


def test_a_paused_round_begins_nothing_until_it_is_resumed(make_book):
    store = make_book([{"x": 0.3}] * 20)
    run = Running(store)
    until(lambda: run.count(Status.COMPLETE) >= 1)
    store.ask(1, "pause")
    until(lambda: "paused" in run.last.stopping and not run.last.running)
    done = run.count(Status.COMPLETE)
    assert done < 20
    time.sleep(1.5)
    assert run.count(Status.COMPLETE) == done
    assert store.withdraw(1)
    assert run.join().complete == 20
    assert not store.withdraw(1)


def test_a_drained_run_ends_and_a_later_one_goes_on(make_book):
    store = make_book([{"x": 0.4}] * 12)
    run = Running(store)
    until(lambda: run.count(Status.COMPLETE) >= 1)
    store.ask(1, "drain")
    summary = run.join()
    assert (summary.stopped, summary.failed) == ("drained", 0)
    assert 1 <= summary.ran < 12
    assert store.held(1) == ()
    later = Running(store).join()
    assert (later.stopped, later.ran + summary.ran) == ("", 12)


def test_a_running_trial_and_a_waiting_one_are_cancelled(make_book):
    store = make_book([{"x": 300.0}, {"x": 0.1}, {"x": 300.0}, {"x": 300.0}, {"x": 0.1}])
    run = Running(store)
    until(lambda: store.measurements(TrialKey(1, 0)))
    keys = [TrialKey(1, n) for n in (0, 2, 3)]
    assert store.cancel(keys) == tuple(keys)
    summary = run.join()
    assert (summary.complete, summary.infeasible) == (2, 0)
    for number in (0, 2, 3):
        trial = store.trials(1)[number]
        assert (trial.status, trial.cause) == (Status.FAILED, Cause.CANCELLED)
    assert [m.value for m in store.measurements(TrialKey(1, 0))] == [0.5], "its report is kept"
    assert store.cancel(keys) == ()


def test_trials_of_a_higher_level_go_first_and_of_a_lower_last(make_book):
    store = make_book([{"x": 0.0}] * 6)
    store.prioritise([TrialKey(1, 4)], 2)
    store.prioritise([TrialKey(1, 5), TrialKey(1, 2)], 1)
    store.prioritise([TrialKey(1, 0)], -1)
    assert [c.trial.number for c in store.claim(1, "h", 60, 6)] == [4, 2, 5, 1, 3, 0]


def test_a_lost_trial_that_was_cancelled_is_not_run_again(make_book):
    store = make_book([{"x": 30.0}])
    store.claim(1, "gone", 0.0)
    time.sleep(0.05)
    assert store.cancel([TrialKey(1, 0)]) == (TrialKey(1, 0),)
    assert store.trials(1)[0].status is Status.FAILED


@pytest.mark.parametrize("what", ["pause", "drain"])
def test_a_second_request_replaces_the_first(make_book, what):
    store = make_book([{"x": 0.0}])
    store.ask(1, "pause")
    store.ask(1, what)
    asked = store.asked(1)
    assert (asked.paused, asked.drained_at is not None) == (what == "pause", what == "drain")
    assert asked.drained_at is None or abs(asked.drained_at - store.now()) < 5
