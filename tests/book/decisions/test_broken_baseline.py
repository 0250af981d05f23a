"""A baseline that the round's training code can no longer train is not beaten."""

from __future__ import annotations

import pytest

import tunebook as tb
from tunebook.domain.errors import EvidenceError

QUIET = {"workers": 0, "progress": False}


def first(trial):
    return 0.2 + 0.001 * (trial.seed % 7)


def needs_decay(trial):
    return 0.3 + 0.001 * (trial.seed % 7) + (0.01 if trial.config["decay"] == "none" else 0.0)


def has_a_default(trial):
    return 0.3 + 0.001 * (trial.seed % 7) - (0.2 if trial.config.get("decay") == "linear" else 0.0)


@pytest.fixture
def launched(tmp_path):
    with tb.Book(tmp_path / "b.db", objective=tb.minimize("loss"), chance=0.9) as book:
        begun = book.round("Does it learn?", fixed={"lr": 0.1}, trials=2, max_train_steps=1)
        begun.run(first, **QUIET)
        book.launch(begun.decide(first, max_reruns=6, **QUIET))
        yield book


def ask(book):
    return book.round(
        "Does decay help?", scientific={"decay": tb.choice("linear", "none")}, trials=4,
        max_train_steps=1, least_improvement=0.005,
    )  # fmt: skip


def test_a_baseline_whose_reruns_all_crash_is_refused(launched):
    asked = ask(launched)
    asked.run(needs_decay, **QUIET)
    for _ in range(2):
        with pytest.raises(EvidenceError, match=r"launch 0.*crashed alike.*decay"):
            asked.decide(needs_decay, max_reruns=18, **QUIET)
    assert len(launched.decisions) == 1 and len(launched.launches) == 1


def test_a_baseline_that_the_code_trains_by_a_default_is_compared(launched):
    asked = ask(launched)
    asked.run(has_a_default, **QUIET)
    decision = asked.decide(has_a_default, max_reruns=18, **QUIET)
    assert decision.verdict == "adopt"
