"""Each fault is that trial's fate, with its cause, and what it reported is kept."""

from __future__ import annotations

import math
import random
import sys

import numpy as np
import pytest

from tunebook.words.errors import Infeasible
from tunebook.words.trial import Cause, Status


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
