"""D5: a launch rerun from its record: the same seeds, the same values, and nothing kept."""

from __future__ import annotations

import itertools

import pytest

from tunebook.deciding.reproducibility import Reproduced
from tunebook.domain.errors import EvidenceError, TrainingCodeError
from tunebook.execution.code import source_of, training_code

QUIET = {"workers": 0, "progress": False}


def kept(book):
    store = book._store
    return [
        [store.trials(r.number) for r in store.rounds()],
        store.rounds(), store.decisions(), store.launches(), store.environments(),
    ]  # fmt: skip


def test_a_deterministic_launch_reproduces_exactly_and_leaves_no_trace(launched, train):
    before = kept(launched)
    found = launched.replay(train=train, **QUIET)
    assert found.verdict.reproduced is Reproduced.EXACTLY and found.reproduces
    side = launched.decisions[0].sides[0]
    assert tuple(p.trial for p in found.pairs) == side.reruns
    assert all(p.difference == 0 for p in found.pairs)
    assert "reproduces exactly: the same values in all" in repr(found)
    assert found.changed == (), "nothing changed since, and nothing is said to have"
    assert kept(launched) == before


def test_training_that_changed_does_not_reproduce(launched, train):
    def worse(trial):
        trial.report(0, {"loss": 0.5 + 1e-3 * (trial.seed % 7)})
        trial.config["learning_rate"]

    found = launched.replay(0, worse, **QUIET)
    assert found.verdict.reproduced is Reproduced.NOT and not found.reproduces
    assert any("the function's text" in text for text in found.changed)


def test_noise_that_no_seed_holds_is_seed_noise(launched, train):
    draws = itertools.cycle([0.003, -0.004, 0.002, -0.001])

    def unseeded(trial):
        by = next(draws)
        plain = trial.report
        trial.report = lambda step, metrics: plain(step, {"loss": metrics["loss"] + by})
        train(trial)

    found = launched.replay(0, unseeded, **QUIET)
    assert found.verdict.reproduced is Reproduced.WITHIN_NOISE
    assert "paired t-test of no shift at 5 %" in found.sentence


def test_a_seed_that_now_crashes_is_not_reproduced(launched, train):
    def broken(trial):
        raise RuntimeError("gone")

    found = launched.replay(0, broken, **QUIET)
    assert found.verdict.reproduced is Reproduced.NOT
    assert "feasible in only one" in found.sentence


def test_what_can_not_be_replayed_says_why(launched, train):
    with pytest.raises(EvidenceError, match="no launch 3 to replay; its newest is 0"):
        launched.replay(3, train, **QUIET)


def test_a_book_without_launch_has_nothing_to_replay(book, train):
    with pytest.raises(EvidenceError, match="none yet"):
        book.replay(train=train, **QUIET)


def test_without_training_code_it_says_what_to_pass(launched):
    def local(trial):
        return 0.1

    launched._store.set_source(1, source_of(training_code(local, here=True)))
    with pytest.raises(TrainingCodeError, match="remembers no training function"):
        launched.replay(0, **QUIET)
