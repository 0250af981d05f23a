"""A run whose first trials all crash alike is stopped, on every executor."""

from __future__ import annotations

import pytest

from execution.trainings import broken
from tunebook.domain.trial import Cause, Outcome, Status
from tunebook.execution import RunOptions, repeated_crashes
from tunebook.execution.code import training_code
from tunebook.execution.local import LocalExecutor
from tunebook.execution.repeated_crashes import FIRST, AlikeCrashes
from tunebook.execution.scheduler import run_trials
from waiting import until


def numbers(n):
    return [{"x": float(i)} for i in range(n)]


def count(store, status):
    return sum(t.status is status for t in store.trials(1))


@pytest.mark.parametrize("where", [{"workers": 0}, {"workers": 1}, {"executor": "local"}])
def test_the_first_trials_that_crash_alike_stop_the_run(make_book, where):
    store = make_book(numbers(12))
    given = {"executor": LocalExecutor(2)} if "executor" in where else where
    summary = run_trials(store, 1, training_code(broken), RunOptions(**given))
    assert summary.stopped == "crashes" and "the wheels came off" in summary.crash
    crashed = count(store, Status.INFEASIBLE)
    assert crashed == FIRST or ("executor" in where and FIRST < crashed < 12)
    assert count(store, Status.PENDING) == 12 - count(store, Status.INFEASIBLE)
    again = run_trials(store, 1, training_code(broken), RunOptions(workers=0))
    assert (again.ran, again.stopped) == (FIRST, "crashes")


def test_it_can_be_overruled(make_book):
    store = make_book(numbers(5))
    summary = run_trials(store, 1, training_code(broken), RunOptions(workers=0, keep_going=True))
    assert (summary.infeasible, summary.stopped, summary.crash) == (5, "", "")


@pytest.mark.parametrize("good", [0, 2])
def test_a_trial_that_completes_keeps_the_run_going(make_book, good):
    store = make_book(numbers(8))

    def train(trial):
        if trial.config["x"] == good:
            return 0.5
        return broken(trial)

    summary = run_trials(store, 1, training_code(train), RunOptions(workers=0))
    assert (summary.ran, summary.stopped) == (8, "")


def test_crashes_that_differ_do_not_stop_it(make_book):
    store = make_book(numbers(8))

    def train(trial):
        if int(trial.config["x"]) % 2:
            raise KeyError("odd")
        raise ValueError("even")

    assert run_trials(store, 1, training_code(train), RunOptions(workers=0)).ran == 8


def test_divergence_does_not_stop_it(make_book):
    store = make_book(numbers(6))

    def train(trial):
        trial.report(0, {"valid/error": float("nan")})

    assert run_trials(store, 1, training_code(train), RunOptions(workers=0)).ran == 6


def test_a_long_trial_beside_short_crashes_keeps_the_run_going(make_book, tmp_path, monkeypatch):
    """With several workers the configurations that crash are the first to end."""
    monkeypatch.setattr(repeated_crashes, "MARGIN_S", -1e6)  # whatever runs outlasts the crashes
    store = make_book(numbers(8))
    begun, ended = tmp_path / "begun", tmp_path / "ended"
    ended.mkdir()

    def train(trial):
        if trial.config["x"] == 0:
            begun.touch()
            until(lambda: len(list(ended.iterdir())) == 7)
            return 0.5
        until(begun.exists)
        (ended / str(trial.number)).touch()
        return broken(trial)

    summary = run_trials(store, 1, training_code(train), RunOptions(workers=2))
    assert (summary.complete, summary.infeasible, summary.stopped) == (1, 7, "")


def test_alike_is_but_for_numbers():
    def crash(detail):
        return Outcome(
            status=Status.INFEASIBLE,
            cause=Cause.CRASHED,
            detail=detail,
            seconds=1.0,
            ended_at=0.0,
        )

    watch = AlikeCrashes(watching=True)
    for n in range(3):
        assert not watch.enough([])
        watch.take(crash(f"shape [{n}, {n + 7}] at 0x7f{n}a (train.py:4)"), 1.0)
    assert watch.enough([1.0]) and not watch.enough([60.0])
    other = AlikeCrashes(watching=True)
    for n in range(3):
        other.take(crash(f"ValueError: no (train.py:{n})"), 1.0)
    assert not other.enough([])
