"""Assignments to train in this process, or to write to a log by hand."""

from __future__ import annotations

import threading

import pytest

from tunebook.domain.design import Direction, Objective
from tunebook.domain.trial import TrialRecord
from tunebook.training.assignment import Assignment, TrainingCode
from tunebook.training.attempt import train_once
from tunebook.training.log import attempt_files, read_log


@pytest.fixture
def assign(tmp_path):
    """Make an assignment; keywords are those of Assignment and TrialRecord."""

    def make(*, direction="minimize", attempt=1, max_train_steps=10, config=None, **more):
        trial = TrialRecord(
            round=1, number=7, study="", index=7, config=config or {"lr": 0.1, "depth": 3},
            seed=11, max_train_steps=max_train_steps, attempt=attempt,
        )  # fmt: skip
        code = TrainingCode(
            path="", text="", sha256="", blob=None, call=None, sys_path=(), cwd=str(tmp_path)
        )
        return Assignment(
            trial=trial,
            files=attempt_files(tmp_path, trial.key, attempt),
            code=code,
            objective=Objective("loss", Direction(direction)),
            varied=("lr", "depth"),
            **more,
        )

    return make


@pytest.fixture
def attempt(assign):
    """Train once in this process: (outcome, healthy, what the log holds)."""

    def run(train, **more):
        assignment = assign(**more)
        outcome, healthy = train_once(assignment, train, threading.Event())
        return outcome, healthy, read_log(assignment.files.log)

    return run
