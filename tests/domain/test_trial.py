"""Records of trials: frozen, named as people type them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import FrozenInstanceError

import pytest

from tunebook.domain.trial import RERUN_FROM, Cause, Purpose, Status, TrialKey, TrialRecord


def record(**more):
    given = {
        "round": 3,
        "number": 17,
        "study": "",
        "index": 4,
        "config": {"lr": 0.1},
        "seed": 1,
        "max_train_steps": 100,
    }
    return TrialRecord(**{**given, **more})


def test_a_trial_is_named_by_round_and_number():
    assert record().name == "3.17"
    assert record().key == TrialKey(3, 17)
    assert record(number=RERUN_FROM + 2, purpose=Purpose.RERUN).name == "3.r2"


def test_a_record_is_frozen_and_keeps_its_own_configuration():
    config = {"lr": 0.1}
    made = record(config=config)
    config["lr"] = 0.2
    assert made.config["lr"] == 0.1
    with pytest.raises(TypeError):
        made.config["lr"] = 0.2
    with pytest.raises(FrozenInstanceError):
        made.status = Status.COMPLETE


def test_only_three_statuses_are_ends():
    assert [s.value for s in Status if s.ended] == ["complete", "infeasible", "failed"]


def test_every_cause_says_itself_in_words():
    assert all(str(cause) == cause.value and cause.value.islower() for cause in Cause)


def test_keys_are_ordered_by_round_then_number():
    keys = [TrialKey(2, 0), TrialKey(1, RERUN_FROM), TrialKey(1, 3)]
    assert [k.name for k in sorted(keys)] == ["1.3", "1.r0", "2.0"]


def test_training_imports_this_with_the_standard_library_alone():
    code = "import sys, tunebook.domain.trial; print({'numpy', 'tomlkit'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "set()\n"
