"""The procedure throughput: what fits, how fast it is, and what it can't say (A3)."""

from __future__ import annotations

import sys
import time

import pytest

import paced_steps as paced
from tunebook.charts.render import to_png
from tunebook.domain.errors import DesignError
from tunebook.domain.finding import Severity


@pytest.fixture(autouse=True)
def clock(ticking, monkeypatch):
    """All trainings here wait by the same clock."""
    monkeypatch.setattr(sys.modules[__name__], "time", ticking)
    return ticking


ASKED = {**paced.ASKED, "smallest": 8, "largest": 256, "longer": 2, "trial_s": 0.2}


def ask(book, train=paced.train, **more):
    said = book.procedure("throughput", train, progress=False, **{"workers": 0, **ASKED, **more})
    assert all(p.alt for p in said.pictures)
    return said


def test_it_finds_the_step_the_knee_and_nothing_of_evaluations(new_book):
    said = ask(new_book())
    assert said.finished
    fits, through = said.findings[:2]
    assert "Batch sizes 8 to 256 fit; 256 is the largest size allowed" in fits.sentence
    assert "still fits into memory" in fits.sentence
    # A step of 2 ms beside an evaluation of 4 ms.
    for size, true_s in ((8, 2e-3), (32, 2e-3), (256, 16e-3)):
        assert through.numbers[f"seconds a step at {size}"].estimate == pytest.approx(true_s, 0.02)
    assert "doubles with the batch size up to 32, and no longer beyond" in through.sentence
    (picture,) = said.pictures
    assert picture.layer("points").column("batch") == [8, 16, 32, 64, 128, 256]
    assert picture.layer("knee").column("batch") == [said.answer["doubles_up_to"]] == [32]
    assert to_png(picture)[:4] == b"\x89PNG"


def test_a_machine_that_is_full_from_the_start_is_a_bottleneck(new_book):
    said = ask(new_book(), smallest=64)
    (full,) = [f for f in said.findings if "does not double even from batch size 64" in f.sentence]
    assert full.severity is Severity.WARNING
    assert said.answer["doubles_up_to"] is None


def test_no_batch_is_larger_than_an_epoch(new_book):
    said = ask(new_book(), examples=100)
    assert said.answer["largest_that_fits"] == 64
    assert "an epoch has 100 examples, fewer than 128" in said.findings[0].sentence
    with pytest.raises(DesignError, match="shorter than the smallest batch") as told:
        ask(new_book("short"), examples=5)
    assert "smallest=1" in told.value.next_step
    assert new_book("short").rounds == ()


def drops_last(trial) -> None:
    """As a loader does that drops its last batch: of 60 examples none is left for a larger one."""
    for step in range(trial.max_train_steps if trial.config["batch_size"] <= 60 else 0):
        time.sleep(1e-3)
        trial.report(step, {"valid/loss": 1.0})


def test_an_epoch_that_is_shorter_than_a_batch_ends_the_doubling_and_is_told(new_book):
    said = ask(new_book(), drops_last, longer=0)
    (short,) = [f for f in said.findings if "an epoch shorter" in f.sentence]
    assert "ended at 64" in short.sentence
    assert "examples=" in short.sentence
    assert short.severity is Severity.WARNING
    assert said.answer["largest_that_fits"] == 32


def reports_seldom(trial) -> None:
    trial.report(0, {"valid/loss": float(trial.config["batch_size"])})


def test_too_few_reports_are_not_enough_evidence(new_book):
    said = ask(new_book(), reports_seldom, longer=0)
    assert said.finished
    (lacking,) = [f for f in said.findings if "Not enough evidence" in f.sentence]
    assert "trial.evaluate_at(step)" in lacking.sentence
    assert said.pictures == ()


def own_distance(trial) -> None:
    """Reports at every step and evaluates as often, whatever it is asked."""
    for step in range(trial.max_train_steps):
        time.sleep(1e-3 + 1e-3)
        trial.report(step, {"valid/loss": float(trial.config["batch_size"])})


def test_evaluations_that_are_in_a_step_are_told(new_book):
    said = ask(new_book(), own_distance, largest=16, longer=1)
    (through,) = [f for f in said.findings if "step's time includes evaluations" in f.sentence]
    assert through.numbers["seconds a step at 8"].estimate == pytest.approx(2e-3)
    assert "At 8, 16 " in through.sentence


def uneven(trial) -> None:
    """Steps that take from 0 to 20 ms, as on a machine that others use."""
    for step in range(trial.max_train_steps):
        time.sleep(0.02 * ((step * 7919 + trial.config["batch_size"]) % 97 / 97) ** 3)
        if trial.evaluate_at(step):
            trial.report(step, {"valid/loss": 1.0})


def test_times_that_vary_too_much_are_measured_longer_and_then_said(new_book):
    book = new_book()
    said = ask(book, uneven, largest=16, precision=0.001, trial_s=0.05)
    longer = [r for r in book.rounds if "longer" in r.goal]
    assert len(longer) == 4
    first = next(r for r in book.rounds if "[throughput, time 8:" in r.goal)
    steps = [first.plan.max_train_steps] + [
        r.plan.max_train_steps for r in longer if "time 8," in r.goal
    ]
    assert steps == sorted(steps) and steps[1] >= 2 * steps[0]
    (vague,) = [f for f in said.findings if "vary too much" in f.sentence]
    assert "Stop other work" in vague.sentence
    assert "trial_s=0.2" in vague.sentence


def breaks(trial) -> None:
    if trial.config["batch_size"] >= 32:
        raise ValueError("shapes (32, 4) and (31, 4) do not match")
    paced.train(trial)


def test_another_failure_is_not_taken_for_memory(new_book):
    said = ask(new_book(), breaks, longer=0)
    (failed,) = [f for f in said.findings if "not for lack of memory" in f.sentence]
    assert "shapes (32, 4)" in failed.sentence
    assert said.answer["largest_that_fits"] == 16
    nothing = ask(new_book("other"), breaks, smallest=32)
    assert nothing.findings[0].severity is Severity.PROBLEM
    assert "the first, 32" in nothing.sentence


def test_a_size_whose_memory_ends_only_in_its_longer_trial_does_not_fit(new_book):
    """Near the limit a larger size may get through its few steps."""

    def leaks(trial) -> None:
        if trial.config["batch_size"] == 64 and trial.max_train_steps > 10:
            raise MemoryError("out of memory")
        paced.train(trial)

    said = ask(new_book(), leaks)
    assert said.answer["largest_that_fits"] == 32
    (picture,) = said.pictures
    assert picture.layer("ends").column("batch") == [64]
    assert picture.layer("points").column("batch") == [8, 16, 32]


def deaf(trial) -> None:
    for step in range(trial.max_train_steps):
        trial.report(step, {"valid/loss": 1.0})


def test_training_that_never_reads_the_batch_size_is_a_fault(new_book):
    book = new_book()
    said = ask(book, deaf)
    assert said.finished
    assert 'never read "batch_size"' in said.sentence
    assert len(book.rounds) == 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"smallest": 0}, "smallest is a whole number"),
        ({"smallest": 8, "largest": 15}, "there is no doubling"),
        ({"precision": 0}, "precision is above 0"),
        ({"max_train_steps": 10}, "max_train_steps is a whole number of at least 24"),
    ],
)
def test_what_makes_no_sense_is_told_before_anything_runs(new_book, wrong, words):
    with pytest.raises(DesignError, match=words):
        ask(new_book(), **wrong)
    assert new_book().rounds == ()
