"""An error in the code in some of the trials: it is mended before anything is read (B2 C10)."""

from __future__ import annotations

import random

import pytest

import tunebook as tb
from tunebook.domain.error_kind import coding_errors
from tunebook.domain.trial import Cause
from tunebook.report.loop import Step, standing
from tunebook.report.outcome import summary_lines


def broken(trial):
    """Reads a key that is not there where dropout is high, which looks like an effect of it."""
    if trial.config["dropout"] > 0.3:
        trial.config["missing"]
    right(trial)


def right(trial):
    value = (trial.config["dropout"] - 0.1) ** 2 + random.Random(trial.seed).gauss(0, 0.003)
    trial.report(0, {"valid/error": 0.1 + value})


@pytest.fixture
def book(tmp_path):
    with tb.Book(tmp_path / "b.db", objective=tb.minimize("valid/error"), chance=1.0) as book:
        yield book


def test_an_error_in_some_trials_is_mended_first(book):
    found = book.round(
        "Which dropout?", nuisance={"dropout": tb.uniform(0.0, 0.4)}, trials=16, max_train_steps=1
    )
    found.run(broken, workers=0, progress=False)
    lost = sum(c is Cause.CRASHED for c in found.table().cause)
    assert 2 <= lost <= 6
    now = standing(book.record(), 1)
    assert now.step is Step.RUN and f"{lost} of 16 trials" in now.sentence
    assert "KeyError" in now.sentence and "run --round 1 --again crashed" in now.command
    first = book.next_round().proposal.unresolved[0]
    assert "KeyError" in first and "tunebook run --round 1 --again crashed" in first
    (c10, *_) = (f for f in found.findings() if f.check == "C10")
    assert f"{lost} trials crashed" in c10.sentence
    good = dict(summary_lines(found.summary()))["Good values"]
    assert "KeyError" in good[-1]

    found.run(right, again="crashed", workers=0, progress=False)
    assert standing(book.record(), 1).step is Step.READ
    assert "KeyError" not in book.next_round().toml()
    assert not any("crashed" in f.sentence for f in found.findings() if f.check == "C10")


@pytest.mark.parametrize(
    ("cause", "detail", "of_code"),
    [
        (Cause.CRASHED, "KeyError: 'clip' (train.py:8)", True),
        (Cause.CRASHED, "ModuleNotFoundError: No module named 'torch'", True),
        (Cause.BAD_STEP, "step 3 after step 5", True),
        (Cause.CRASHED, "ValueError: the loss is nan", False),
        (Cause.CRASHED, "signal 9", False),
        (Cause.OUT_OF_MEMORY, "KeyError in the allocator", False),
    ],
)
def test_which_errors_speak_of_the_code(cause, detail, of_code):
    found = coding_errors(["1.0", "1.1"], [cause, None], {"1.0": detail})
    assert (found is not None and found.trials == 1 and found.of == 2) is of_code
