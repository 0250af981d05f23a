"""Rounds on a SLURM that something happens to, and what they owe after it."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tunebook.domain.trial import Status
from tunebook.execution import RunOptions
from tunebook.execution.code import training_code
from tunebook.execution.scheduler import run_trials

HERE = Path(__file__).parent
TRAIN = f"{HERE / 'followed_training.py'}:train"
_spec = importlib.util.spec_from_file_location("followed_training", HERE / "followed_training.py")
training = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(training)

COMPLETE, PENDING = Status.COMPLETE, Status.PENDING


@pytest.fixture
def acknowledged(tmp_path, monkeypatch):
    monkeypatch.setenv("ACKNOWLEDGED", str(tmp_path / "acknowledged"))
    return training.acknowledged


@pytest.fixture
def make(make_book):
    def of(trials, steps, pace=0.05):
        return make_book([{"pace": pace}] * trials, max_train_steps=steps)

    return of


def run(store, executor, when=None, act=None):
    """Run the round; once `when()` is true, `act()`, one time. Returns the summary."""
    done = []

    def look(progress):
        if when is not None and not done and when():
            done.append(time.time())
            act()

    summary = run_trials(
        store, 1, training_code(TRAIN), RunOptions(executor=executor), on_progress=look
    )
    assert when is None or done
    return summary


def table_of(store):
    return {
        (t.number, m.step): m.value for t in store.trials(1) for m in store.measurements(t.key)
    }


def whole(store, steps):
    return {
        (t.number, step): value
        for t in store.trials(1)
        for step, value in enumerate(training.expected(t.seed, steps))
    }


def nothing_lost(store, rows, steps):
    """Complete once each, with all that was acknowledged, and the table that an untouched run has."""
    assert {t.status for t in store.trials(1)} == {COMPLETE}
    table = table_of(store)
    assert all(table[n, step] == value for n, _, step, value, _ in rows)
    assert table == whole(store, steps)


def nothing_left(slurm, store):
    until(lambda: slurm.processes() == [] and slurm.jobs() == [])
    assert not list(store.files.rglob("slurm"))
    assert not list(store.files.rglob("*.slurm"))


def going(acknowledged, trials, step):
    """True once each of these trials has reached a step."""

    def reached():
        rows = acknowledged()
        return all(any(r[0] == n and r[2] >= step for r in rows) for n in range(trials))

    return reached


def start(store, **settings):
    command = [
        sys.executable,
        str(HERE / "cluster_runner.py"),
        store.location,
        json.dumps(settings),
    ]
    runner = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert runner.stdout.readline() == "running\n", runner.communicate()[1]
    return runner


def until(ready, within_s=600.0):
    deadline = time.monotonic() + within_s
    while not ready():
        assert time.monotonic() < deadline
        time.sleep(0.1)
