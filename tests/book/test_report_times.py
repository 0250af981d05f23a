"""When trials reported: the times that the book has beside its curves (A3)."""

from __future__ import annotations

import time

import numpy as np

import tunebook as tb


def train(trial):
    for step in range(0, 30, 10):
        time.sleep(0.02)
        trial.report(step, {"train/loss": 1.0})
        trial.report(step, {"valid/loss": float(step)})


def test_every_trial_has_a_clock_of_its_own_and_a_step_its_last_report(tmp_path):
    with tb.Book(tmp_path / "book.db", objective=tb.minimize("valid/loss")) as book:
        round_ = book.round("How long does it take?", fixed={"x": 1}, trials=2, max_train_steps=30)
        round_.run(train, workers=0, progress=False)
        clocks = round_.report_times()
        assert len(clocks.offsets) == len(round_.trials) + 1
        for i, trial in enumerate(round_.trials):
            steps, seconds = clocks.of(i)
            assert steps.tolist() == [0, 10, 20]
            assert (np.diff(seconds) >= 0.02 - 1e-4).all()
            assert seconds[-1] <= trial.seconds + 0.01


def test_trials_that_have_not_run_have_no_times(tmp_path):
    with tb.Book(tmp_path / "book.db", objective=tb.minimize("valid/loss")) as book:
        round_ = book.round("How long does it take?", fixed={"x": 1}, trials=2, max_train_steps=30)
        assert len(round_.report_times().steps) == 0
