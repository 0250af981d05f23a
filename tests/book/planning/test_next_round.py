"""From findings to the next round, and back: what was predicted, and what was carried over."""

from __future__ import annotations

import math
import random
from dataclasses import replace

import pytest

import tunebook as tb
from tunebook.domain.errors import PlanDiffersError
from tunebook.domain.formats.codec import read_round_file


def train(trial):
    """Best at a learning rate of 0.03, beyond what round 1 searches."""
    noise = random.Random(trial.seed).gauss(0, 0.003)
    for step in range(trial.max_train_steps):
        if trial.evaluate_at(step):
            best = 0.1 + 0.05 * (math.log10(trial.config["lr"]) + 1.5) ** 2
            trial.report(step, {"valid/error": best + math.exp(-step / 4) + noise})


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """Two rounds: the first is cut off, the second is what it proposed."""
    path = tmp_path_factory.mktemp("next") / "b.db"
    with tb.Book(path, objective=tb.minimize("valid/error")) as book:
        first = book.round(
            "Which learning rate?", nuisance={"lr": tb.log_uniform(1e-4, 1e-2)}, trials=24,
            max_train_steps=40,
        )  # fmt: skip
        first.run(train, workers=0, progress=False)
        second = book.plan_round(book.next_round().plan)
        second.run(train, workers=0, progress=False)
        yield book


def test_the_proposal_runs_as_it_is_and_its_report_says_what_came(book, tmp_path):
    second = book.rounds[1]
    told = second.predictions()
    assert [o.prediction.check for o in told] == ["C1"] and told[0].met == "met"
    assert "of the best 3 trials lie beyond 0.01" in told[0].sentence
    page = second.report(tmp_path / "r.html").read_text("utf-8")
    assert "Predictions of round 1: 1 of 1 met" in page
    assert book.rounds[0].predictions() == ()
    with pytest.warns(DeprecationWarning, match="predictions"):
        assert second.foretold() == told


def test_the_next_round_has_other_points_and_other_seeds(book):
    first, second = (r.table() for r in book.rounds)
    assert not {c["lr"] for c in first.config} & {c["lr"] for c in second.config}
    assert not set(first.seed) & set(second.seed)


def test_trials_of_round_1_count_in_what_models_the_response(book):
    said = {f.check: f.sentence for f in book.rounds[1].findings()}
    assert "Included are 24 trials carried over from round 1" in said["C1"]
    assert "carried over" not in said["C2"] and "carried over" not in said["C6"]
    assert not any("carried over" in f.sentence for f in book.rounds[0].findings())
    assert len(book.rounds[1].table()) == 24 and len(book.rounds[1].record().carried) == 48


def test_a_plan_run_again_keeps_what_was_predicted_and_no_one_changes_it(book):
    plan = book.rounds[1].plan
    again = book.plan_round(replace(plan, predictions=()))
    assert again.number == 2 and again.plan.predictions == plan.predictions
    other = replace(plan.predictions[0], sentence="the best stay where they were")
    with pytest.raises(PlanDiffersError, match="predictions"):
        book.plan_round(replace(plan, predictions=(other,)))


def test_a_budget_bounds_the_proposal(book):
    proposal = book.rounds[0].next_round(most_trials=10)
    assert proposal.plan.trials == 10
    assert "# was 24: because the budget allows 10 (B5)" in proposal.toml()


def test_a_proposal_is_written_with_its_expectations_and_read_back(book, tmp_path):
    proposal = book.rounds[0].next_round()
    path = proposal.write(tmp_path / "round-2.toml")
    text = path.read_text("utf-8")
    assert "[[predictions]]\nsentence = " in text
    assert read_round_file(text).plan == proposal.plan
