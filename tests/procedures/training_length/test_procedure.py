"""The procedure training-length: what it answers, what it refuses, and what it costs."""

from __future__ import annotations

import math

import pytest

import long_valleys
from tunebook.domain.errors import DesignError
from tunebook.domain.finding import Severity


def ask(book, train=long_valleys.saturating, **more):
    said = book.procedure(
        "training-length", train, workers=0, progress=False, **{**long_valleys.ASKED, **more}
    )
    assert all(p.alt for p in said.pictures)
    return said


def of(found, check):
    return [f for f in found.findings if f.check == check]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """One of each, that several tests look at."""
    import tunebook as tb

    found = {}
    for name in ("saturating", "endless"):
        path = tmp_path_factory.mktemp(name) / "book.db"
        with tb.Book(path, objective=tb.minimize("valid/loss")) as book:
            least = 0.02 if name == "saturating" else 0.01
            said = ask(book, getattr(long_valleys, name), least_improvement=least)
            found[name] = said, [(r.goal, r.plan, r.trials) for r in book.rounds]
    return found


def test_what_is_done_soon_gets_the_length_that_suffices(runs):
    found, rounds = runs["saturating"]
    assert found.finished
    (verdict,) = of(found, "E4")
    assert verdict.numbers["verdict"] == "saturated"
    assert verdict.severity is Severity.NOTE
    take = verdict.remedy.values["max_train_steps"]
    assert take == found.answer["max_train_steps"] == found.proposal.plan.max_train_steps
    # Half of it leaves the flattest of six directions too far from the floor.
    assert 20 < take < 64
    assert max(plan.max_train_steps for _, plan, _ in rounds) < 256
    assert "Growth ended at" in verdict.sentence


def test_what_never_ends_gets_the_whole_budget(runs):
    found, rounds = runs["endless"]
    (verdict,) = of(found, "E4")
    assert verdict.numbers["verdict"] == "compute-bound"
    assert verdict.severity is Severity.WARNING
    assert found.answer["max_train_steps"] == 256
    assert verdict.sentence.startswith("Compute-bound: every part of 256 steps pays.")
    assert found.sentence == verdict.sentence
    assert max(plan.max_train_steps for _, plan, _ in rounds) == 256
    assert found.proposal.plan.max_train_steps == 256


def test_the_first_length_is_read_off_a_sweep_without_regularisation(runs):
    (fit,) = of(runs["saturating"][0], "E1")
    assert "fits the training set (train/loss at 0.2)" in fit.sentence
    assert 1 < fit.numbers["first max_train_steps"] <= 16
    (none,) = of(runs["endless"][0], "E1")
    assert "No learning rate fits the training set" in none.sentence


def test_every_length_has_the_same_fresh_seeds_and_none_that_tuned(runs):
    _, rounds = runs["endless"]
    fresh = [{t.seed for t in trials} for goal, _, trials in rounds if "new seeds" in goal]
    tuned = {t.seed for goal, _, trials in rounds for t in trials if "new seeds" not in goal}
    assert len(fresh) >= 4
    assert all(seeds == fresh[0] for seeds in fresh)
    assert not fresh[0] & tuned


def test_its_picture_shows_what_the_verdict_says(runs):
    found, rounds = runs["saturating"]
    (picture,) = found.pictures
    lengths = {plan.max_train_steps for goal, plan, _ in rounds if "new seeds" in goal}
    assert set(picture.layer("fitted").column("steps")) == lengths
    assert picture.layer("enough").column("steps") == [round(found.answer["shortest"])]
    count = sum(len(trials) for goal, _, trials in rounds if "new seeds" in goal)
    assert len(picture.layer("points").column("steps")) == count
    assert "from" in picture.alt


def test_shorter_lengths_are_tried_where_the_first_does_already(new_book):
    found = ask(new_book(), fitted=None, shortest=64)
    lengths = [r.plan.max_train_steps for r in new_book().rounds if "new seeds" in r.goal]
    assert min(lengths) < 64 == lengths[0]
    assert found.answer["verdict"] == "saturated"
    assert found.answer["max_train_steps"] < 64


def test_what_carries_over_is_kept_and_the_rest_is_tuned_again(new_book):
    def train(trial):
        assert trial.config["hidden"] > 0 and trial.config["weight_decay"] > 0
        long_valleys.endless(trial)

    reopen = {"hidden": (8.0, 64.0), "weight_decay": (1e-5, 1e-2)}
    ask(new_book(), train, fitted=None, reopen=reopen, max_train_steps=128)
    tuning = [r.plan for r in new_book().rounds if "is best in" in r.goal]
    first, later = tuning[0], [p for p in tuning if p.max_train_steps > tuning[0].max_train_steps]
    assert set(first.nuisance) == {"learning_rate", "hidden", "weight_decay"}
    assert all(set(p.nuisance) == {"learning_rate", "weight_decay"} for p in later)
    assert len({p.fixed["hidden"] for p in later}) == 1
    narrow = later[0].nuisance["weight_decay"]
    assert math.log(narrow.high / narrow.low) <= 0.51 * math.log(1e3)
    assert 1e-5 <= narrow.low < narrow.high <= 1e-2
    (told,) = of(new_book().procedure("training-length", run=False), "E5")
    assert "carried over from the first: hidden (likely)" in told.sentence


def test_a_metric_that_is_not_reported_is_said_and_growth_begins_without(new_book):
    found = ask(new_book(), loss="train/los")
    (told,) = of(found, "E1")
    assert told.severity is Severity.WARNING
    assert 'does not report "train/los"' in told.sentence
    assert found.answer["verdict"] == "saturated"


@pytest.mark.slow
def test_a_first_length_at_the_edge_is_not_trusted(new_book):
    def slow(trial):
        """The best rate lies far above all that is tried."""
        for step in range(trial.max_train_steps):
            left = math.exp(-trial.config["learning_rate"] * 1e-5 * step)
            trial.report(step, {"train/loss": left, "valid/loss": left})

    found = ask(new_book(), slow, learning_rates=(0.1, 1.0), fitted=0.999, max_train_steps=128)
    told = of(found, "E1")
    assert any("Don't trust it" in f.sentence for f in told)
    assert any("still lies at the edge" in f.sentence for f in told)


def test_trainings_that_all_fail_end_it_with_the_cause(new_book):
    def fails(trial):
        raise ValueError("warm-up and decay fit into training; 20 and 0 steps are longer")

    found = ask(new_book(), fails, fitted=None)
    assert found.finished
    (lost,) = of(found, "E5")
    assert lost.severity is Severity.PROBLEM
    assert "No trial of 32 steps has a result" in lost.sentence
    assert not of(found, "E4")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"learning_rates": (1.0, 0.1)}, "lowest and a highest"),
        ({"learning_rates": (0.0, 0.1)}, "lowest and a highest"),
        ({"least_improvement": 0.0}, "least_improvement is above 0"),
        ({"seeds": 3}, "seeds"),
        ({"trials": 2}, "trials"),
        ({"max_train_steps": 100}, "max_train_steps"),
        ({"shortest": 200}, "shortest"),
        ({"plain": {"dropuot": 0.0}}, 'plain sets "dropuot"'),
        ({"reopen": {"learning_rate": (0.1, 1.0)}}, "tuned at every length in any case"),
        ({"reopen": {"hidden": (64.0, 8.0)}}, "lowest and a highest"),
    ],
)
def test_what_makes_no_sense_is_told_before_anything_runs(new_book, wrong, words):
    with pytest.raises(DesignError, match=words):
        ask(new_book(), **wrong)
    assert new_book().rounds == ()


@pytest.mark.parametrize("lacking", ["least_improvement", "learning_rates"])
def test_what_nobody_else_can_know_has_to_be_given(new_book, lacking):
    asked = {k: v for k, v in long_valleys.ASKED.items() if k != lacking}
    with pytest.raises(DesignError, match="was given") as told:
        new_book().procedure("training-length", long_valleys.saturating, run=False, **asked)
    assert f"give {lacking}=" in told.value.next_step
