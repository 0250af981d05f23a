"""Each fault is that trial's fate, with its cause, and what it reported is kept."""

from __future__ import annotations

import argparse
import json
import math
import random
import sys
import threading
from dataclasses import replace

import numpy as np
import pytest

from tunebook.domain.design import Direction, Objective
from tunebook.domain.errors import Infeasible
from tunebook.domain.trial import Cause, Status
from tunebook.training.attempt import train_once
from tunebook.training.log import read_log


def reports(*values):
    def train(trial):
        for step, value in enumerate(values):
            trial.report(step, {"loss": value})

    return train


def raises(error):
    def train(trial):
        trial.report(0, {"loss": 0.5})
        raise error

    return train


@pytest.mark.parametrize(
    ("train", "status", "cause", "detail"),
    [
        (reports(0.5, 0.4), Status.COMPLETE, None, ""),
        (reports(math.inf, 0.4), Status.COMPLETE, None, ""),
        (reports(0.4, math.inf), Status.INFEASIBLE, Cause.DIVERGED, "ended as inf"),
        (reports(0.4, math.nan), Status.INFEASIBLE, Cause.DIVERGED, "NaN at step 1"),
        (reports(), Status.INFEASIBLE, Cause.NOT_REPORTED, '"loss" was never reported'),
        (reports(0.4, "0.3"), Status.INFEASIBLE, Cause.BAD_VALUE, "'0.3'"),
        (raises(ValueError("no")), Status.INFEASIBLE, Cause.CRASHED, "ValueError: no (test_attempt.py:"),
        (raises(MemoryError()), Status.INFEASIBLE, Cause.OUT_OF_MEMORY, "MemoryError"),
        (raises(RuntimeError("CUDA out of memory. Tried")), Status.INFEASIBLE, Cause.OUT_OF_MEMORY, "CUDA"),
        (raises(Infeasible("kernel too big")), Status.INFEASIBLE, Cause.DECLARED, "kernel too big"),
        (raises(SystemExit(0)), Status.COMPLETE, None, ""),
        (raises(SystemExit(3)), Status.INFEASIBLE, Cause.CRASHED, "sys.exit(3)"),
        (raises(KeyboardInterrupt()), Status.INFEASIBLE, Cause.CRASHED, "KeyboardInterrupt"),
    ],
)  # fmt: skip
def test_a_fate_and_its_cause(attempt, train, status, cause, detail):
    outcome, _, log = attempt(train)
    assert (outcome.status, outcome.cause) == (status, cause)
    assert detail in outcome.detail
    assert log.outcome == outcome


def test_what_was_reported_before_a_fault_is_kept(attempt):
    _, healthy, log = attempt(raises(ValueError("no")))
    assert [m.value for m in log.measurements] == [0.5]
    assert not healthy, "what a fault leaves behind is nobody's to guess"


@pytest.mark.parametrize(
    ("direction", "values", "complete"),
    [
        ("minimize", (0.95, 0.9), False),
        ("minimize", (0.95, 0.89), True),
        ("maximize", (0.1, 0.05), False),
        ("maximize", (0.1, 0.2), True),
    ],
)
def test_a_trial_that_never_beats_chance_is_stuck(attempt, direction, values, complete):
    chance = 0.9 if direction == "minimize" else 0.1
    outcome, _, _ = attempt(reports(*values), direction=direction, chance=chance)
    assert outcome.status is (Status.COMPLETE if complete else Status.INFEASIBLE)
    assert outcome.cause is (None if complete else Cause.CHANCE)


def test_a_returned_number_is_the_last_report(attempt):
    outcome, _, log = attempt(lambda trial: 0.25)
    assert outcome.status is Status.COMPLETE
    assert [(m.step, m.value) for m in log.measurements] == [(9, 0.25)]

    def both(trial):
        trial.report(9, {"loss": 0.25})
        return 0.25

    _, _, log = attempt(both)
    assert sum(m.metric == "loss" and m.step == 9 for m in log.measurements) >= 1


def test_hyperparameters_that_were_never_read(attempt):
    outcome, _, _ = attempt(lambda trial: trial.config["lr"])
    assert outcome.unread == ("depth",)


def test_generators_are_seeded_from_the_trial(attempt):
    drawn = []

    def train(trial):
        drawn.append((random.random(), np.random.random(), sys.modules["torch"].rand(1).item()))
        return 0.1

    import torch  # noqa: F401 - loaded, so it is seeded

    attempt(train)
    attempt(train)
    assert drawn[0] == drawn[1]


FIRST_NAN = [math.nan, 0.2, 0.6, 0.7]


def values(*reports, loss=None):
    def train(trial):
        for step, value in enumerate(reports):
            trial.report(step, {trial._assignment.objective.metric: value})
            if loss is not None:
                trial.report(step, {"train/loss": loss[step]})

    return train


@pytest.fixture
def with_objective(assign):
    """Train once for an objective that is maximized."""

    def run(metric, train):
        assignment = replace(assign(), objective=Objective(metric, Direction.MAXIMIZE))
        outcome, _ = train_once(assignment, train, threading.Event())
        return outcome, read_log(assignment.files.log).measurements

    return run


@pytest.mark.parametrize("metric", ["valid/pearson", "valid/f1", "auroc", "my_metric"])
def test_nan_before_a_metric_has_a_value_is_no_divergence(with_objective, metric):
    outcome, found = with_objective(metric, values(*FIRST_NAN))
    assert (outcome.status, outcome.cause) == (Status.COMPLETE, None), outcome.detail
    assert [(m.step, m.value) for m in found] == [(1, 0.2), (2, 0.6), (3, 0.7)]


@pytest.mark.parametrize(
    ("train", "at", "steps"),
    [
        (values(math.nan, math.nan, math.nan, 0.7), 0, [0, 1, 2]),  # it persists
        (values(0.2, math.nan, 0.6), 1, [0, 1]),  # after a value
        (values(math.nan, math.nan), 0, [0, 1]),  # and at the end
        (values(math.nan, 0.2, loss=[math.nan, 0.1]), 0, [0]),  # the loss diverged
    ],
)
def test_nan_that_is_divergence_ends_the_trial(with_objective, train, at, steps):
    outcome, found = with_objective("valid/pearson", train)
    assert outcome.cause is Cause.DIVERGED and f"at step {at}" in outcome.detail
    assert sorted(m.step for m in found if m.metric == "valid/pearson") == steps


@pytest.mark.parametrize("metric", ["loss", "valid/error", "perplexity"])
def test_nan_of_a_loss_ends_the_trial_at_once(with_objective, metric):
    outcome, found = with_objective(metric, values(*FIRST_NAN))
    assert outcome.cause is Cause.DIVERGED and [m.step for m in found] == [0]


def test_a_crash_is_placed_in_the_persons_own_file(attempt):
    def train(trial):
        return json.loads("{broken")

    outcome, _, _ = attempt(train)
    assert outcome.cause is Cause.CRASHED and "(test_attempt.py:" in outcome.detail


def test_what_argparse_has_against_the_arguments_is_said(attempt):
    def train(trial):
        parser = argparse.ArgumentParser(prog="mine")
        parser.add_argument("--data", required=True)
        parser.parse_args([])

    outcome, _, _ = attempt(train)
    assert "sys.exit(2)" in outcome.detail and "required: --data" in outcome.detail
