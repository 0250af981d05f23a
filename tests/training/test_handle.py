"""I1: what training code holds. What can be recorded is, whatever else is wrong."""

from __future__ import annotations

import math
import threading

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tunebook.domain.errors import Infeasible, ReportError
from tunebook.training.evaluation_time import EvaluationTime
from tunebook.training.handle import ReadConfiguration, Trial
from tunebook.training.log import TrialLog, read_log


@pytest.fixture
def trial(assign):
    assignment = assign(max_train_steps=100)
    log = TrialLog(assignment.files)
    made = Trial(assignment, log, threading.Event())
    made.reported = lambda: [
        (m.step, m.metric, m.value) for m in read_log(assignment.files.log).measurements
    ]
    yield made
    log.close()


def test_numbers_of_every_framework_are_taken(trial):
    trial.report(np.int64(3), {"loss": np.float32(0.5), "a": torch.tensor(2.0), "b": 1})
    assert trial.reported() == [(3, "loss", 0.5), (3, "a", 2.0), (3, "b", 1.0)]


@pytest.mark.parametrize("value", ["0.3", None, True, [1.0], torch.ones(2)])
def test_what_is_no_number_is_refused_and_the_rest_recorded(trial, value):
    with pytest.raises(ReportError, match='"acc" at step 2'):
        trial.report(2, {"acc": value, "loss": 0.25})
    assert trial.reported() == [(2, "loss", 0.25)]


def test_one_step_may_go_back_and_no_second_one(trial):
    trial.report(5, {"loss": 0.5})
    trial.report(2, {"loss": 0.4})  # the best checkpoint, evaluated at the end
    trial.report(2, {"acc": 0.9})
    with pytest.raises(ReportError, match="step 4 came after step 5"):
        trial.report(4, {"loss": 0.4})
    assert trial.reported() == [(5, "loss", 0.5)]
    trial.report(6, {"loss": 0.3})
    assert trial.reported() == [(5, "loss", 0.5), (6, "loss", 0.3)]


def test_the_same_number_again_changes_nothing(trial):
    for _ in range(3):
        trial.report(5, {"loss": 0.5, "grad": math.nan})
    trial.report(6, {"loss": 0.4})
    trial.report(6, {"loss": 0.4})
    assert [(step, name) for step, name, _ in trial.reported()] == [
        (5, "loss"),
        (5, "grad"),
        (6, "loss"),
    ]


def test_one_metric_once_a_step_but_several_reports(trial):
    trial.report(5, {"loss": 0.5})
    trial.report(5, {"train/loss": 0.3})
    trial.report(5, {"loss": 0.6, "extra": 1.0})  # once with a note
    trial.report(6, {"loss": 0.4})
    with pytest.raises(ReportError, match="loss came twice at step 6"):
        trial.report(6, {"loss": 0.6, "more": 1.0})
    assert trial.reported() == [
        (5, "loss", 0.5), (5, "train/loss", 0.3), (5, "extra", 1.0), (6, "loss", 0.4),
        (6, "more", 1.0),
    ]  # fmt: skip


def test_nan_in_the_objective_ends_the_trial_and_is_recorded(trial):
    trial.report(1, {"loss": 0.5})
    with pytest.raises(Infeasible, match="loss became NaN at step 2"):
        trial.report(2, {"loss": math.nan})
    with pytest.raises(Infeasible):  # also where training swallowed the first
        trial.report(3, {"train/loss": 0.1})
    assert [step for step, _, _ in trial.reported()] == [1, 2, 3]


def test_nan_elsewhere_and_infinity_are_only_recorded(trial):
    trial.report(1, {"loss": math.inf, "grad": math.nan})
    trial.report(2, {"loss": 0.5})
    assert len(trial.reported()) == 3


@pytest.mark.parametrize(
    ("call", "written_out"),
    [
        (lambda t: t.report({"loss": 0.3}, 5), "trial.report(5, {'loss': 0.3})"),
        (lambda t: t.report(0.3, 5), 'trial.report(5, {"loss": 0.3})'),
        (lambda t: t.suggest_float("lr", 0, 1), 'trial.config["learning_rate"]'),
        (lambda t: t.should_prune(), "all their steps"),
        (lambda t: t.log({"loss": 1}), "trial.report(step"),
    ],
)
def test_habits_of_other_tuners_are_answered_with_the_right_call(trial, call, written_out):
    with pytest.raises(ReportError) as refused:
        call(trial)
    assert written_out in str(refused.value)


def test_an_unknown_attribute_names_the_nearest(trial):
    with pytest.raises(AttributeError, match='Did you mean "report"'):
        _ = trial.reprot


def test_configuration_notes_what_is_read():
    config = ReadConfiguration({"lr": 0.1, "depth": 3, "decay": 0.0})
    assert config["lr"] == 0.1
    assert config.get("depth") == 3
    assert config.read == {"lr", "depth"}
    assert dict(config) == {"lr": 0.1, "depth": 3, "decay": 0.0}
    assert config.read == {"lr", "depth", "decay"}
    # Either name may be the misspelt one: no advice to repeat the other's slip.
    with pytest.raises(KeyError, match=r'close to "decay".*in the round') as caught:
        config["dcay"]
    assert "Did you mean" not in str(caught.value)
    assert "momentum" not in config


@given(st.integers(1, 500), st.integers(1, 60))
def test_evaluations_are_even_and_include_the_last_step(steps, evaluations):
    class Plain(Trial):
        def __init__(self) -> None:
            self.max_train_steps = steps
            self._assignment = type("A", (), {"evaluations": evaluations})
            self._evaluating = EvaluationTime()

    trial = Plain()
    at = [s for s in range(steps) if trial.evaluate_at(s)]
    assert len(at) == min(evaluations, steps)
    assert at[-1] == steps - 1
    gaps = np.diff([-1, *at])
    assert gaps.max() - gaps.min() <= 1


def test_should_stop_once_asked(assign):
    asked = threading.Event()
    assignment = assign()
    log = TrialLog(assignment.files)
    trial = Trial(assignment, log, asked)
    assert not trial.should_stop()
    asked.set()
    assert trial.should_stop()
    log.close()


def test_asking_whether_a_hyperparameter_exists_reads_what_decides_that():
    config = ReadConfiguration({"optimizer": "adam", "lr": 0.1}, {"momentum": ["optimizer"]})
    assert "momentum" not in config and config.read == {"optimizer"}
    config = ReadConfiguration({"optimizer": "adam", "lr": 0.1}, {"momentum": ["optimizer"]})
    assert config.get("momentum", 0.9) == 0.9 and "optimizer" in config.read
    config = ReadConfiguration({"optimizer": "sgd", "momentum": 0.9}, {"momentum": ["optimizer"]})
    assert config["momentum"] == 0.9 and config.read == {"momentum"}
    assert "lr" not in config and config.read == {"momentum"}
