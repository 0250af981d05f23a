"""What a book says of a round before it is spent: from earlier rounds, or from assumptions (B5)."""

from __future__ import annotations

import json
import math
import random
import re
from dataclasses import replace

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

import tunebook as tb
from tunebook.book.decisions.refusals import gain_within_reach
from tunebook.book.planning.before_running import last_timed
from tunebook.book.planning.planned import Planned, look_ahead
from tunebook.domain.decision import Setting
from tunebook.domain.design import Round
from tunebook.domain.finding import Interval
from tunebook.domain.formats.spelling import choice, log_uniform, uniform
from tunebook.planning.forecast import plan_ahead

SIDES = {"optimizer": choice("adam", "nesterov")}


@pytest.fixture
def compared(book, rates, train):
    """A round of two optimizers that has run."""
    first = book.round("Which optimizer?", scientific=SIDES, nuisance=rates, trials=32,
                       max_train_steps=40)  # fmt: skip
    first.run(train, workers=0, progress=False)
    return book


def again(book, rates, **more):
    asked = {"scientific": SIDES, "nuisance": rates, "trials": 64, "max_train_steps": 80} | more
    return book.round("Which optimizer, longer?", **asked)


def test_a_first_round_is_planned_on_an_assumption(book, rates):
    first = book.round("Which?", scientific=SIDES, nuisance=rates, trials=64, max_train_steps=40)
    found = first.planned(workers=2)
    assert found.ahead.number is None
    assert found.ahead.cost is None
    text = repr(found)
    assert "no trial was timed yet" in text and "tunebook try" in text
    said = " ".join(text.split())
    # What is not known has no number, and what would measure it is named.
    assert "smallest difference is not known before trials are run" in said
    assert "smallest gain is not known before about 6 reruns" in said
    assert "8 complete trials in a study measures it" in said
    assert "not known" in found.line and not re.search(r"\d sd", said + found.line)
    assert "differences in % of the plan's" in said and " 100 " in said
    assert found.data()["metric"] == "" and found.data()["difference"] > 0


def test_a_later_round_is_planned_on_the_last_one(compared, rates):
    found = again(compared, rates).planned(workers=4)
    ahead = found.ahead
    assert (ahead.number, ahead.metric, ahead.cost.number) == (1, "loss", 1)
    seconds = [t.seconds for t in compared.rounds[0].trials]
    assert ahead.cost.trial_s == pytest.approx(2 * sum(seconds) / len(seconds), rel=0.2)
    assert ahead.cost.wall_s == pytest.approx(16 * ahead.cost.trial_s)
    assert 0 < ahead.difference < 0.1
    assert ahead.noise == pytest.approx(0.004, rel=0.5)  # what the bowl's seeds spread
    assert "values that differ by" in found.line
    assert " 4 at a time" in found.line


def test_a_plan_is_looked_at_before_it_is_a_round(compared, rates):
    plan = again(compared, rates).plan
    assert compared.planned(plan).ahead.cost.number == 1
    assert look_ahead(None, plan).ahead.cost is None


def test_the_numbers_are_plain_data(compared, rates):
    found = json.loads(json.dumps(again(compared, rates).planned().data(), allow_nan=False))
    assert found["trials_a_study"] == 32
    assert found["questions"][0]["pairs"][0]["a"] == "adam"
    assert {t["kind"] for t in found["trades"]} == {"more trials"}
    assert found["warnings"] == []


def test_a_notebook_shows_the_same_without_trusting_names(book, rates):
    asked = book.round("Which <b>?", scientific={"<i>": choice("a", "b")}, nuisance=rates,
                       trials=64, max_train_steps=40)  # fmt: skip
    html = asked.planned()._repr_html_()
    assert "<i>" not in html and "<b>?" not in html
    assert "What one change would buy" in html


def test_a_baseline_is_a_side_and_the_account_grants_its_level(launched, rates):
    ahead = again(launched, rates).planned(max_reruns=30).ahead
    assert (ahead.decision.sides, ahead.decision.reruns) == (3, 10)
    assert ahead.decision.level < 0.05


def test_what_is_too_small_is_said_before_it_is_spent(book, rates, train, capsys):
    thin = book.round("Thin?", scientific=SIDES, nuisance=rates, trials=4, max_train_steps=40)
    thin.run(train, workers=0, progress=False)
    said = capsys.readouterr().err
    assert "Warning, too small for a verdict" in said
    assert "2 trials, and C9 says nothing of a value below 5. Next: trials = 10" in said
    thin.run(train, workers=0, progress=False)
    assert "too small" not in capsys.readouterr().err  # its trials are spent by now


def test_a_gain_is_one_number_in_one_unit(launched, rates, train):
    first = launched.round("Which?", scientific=SIDES, nuisance=rates, trials=32,
                           max_train_steps=40)  # fmt: skip
    first.run(train, workers=0, progress=False)
    found = launched.round("Which, longer?", scientific=SIDES, nuisance=rates, trials=32,
                           max_train_steps=80, least_improvement=0.01).planned(workers=1)  # fmt: skip
    gain = found.ahead.decision.gain
    shown = f"a gain of {0.01 + gain:.2g} loss over the baseline is adopted in 80 % of cases"
    assert shown in " ".join(repr(found).split())
    assert found.data()["decision"]["gain"] == gain


def test_what_is_left_to_gain_is_read_off_metric_baseline_and_chance(launched):
    error, setting = tb.minimize("valid/error"), Setting(name="", chance=0.9)
    baseline = replace(launched.baseline, expected=Interval(0.03, 0.02, 0.05))
    assert gain_within_reach(error, setting, baseline) == pytest.approx(0.05)
    assert gain_within_reach(error, setting, None) == pytest.approx(0.9)
    accuracy = tb.maximize("valid/accuracy")
    assert gain_within_reach(accuracy, setting, baseline) == pytest.approx(0.98)
    assert gain_within_reach(error, Setting(name=""), None) == math.inf
    assert gain_within_reach(tb.minimize("valid/loss"), setting, baseline) == math.inf


def test_a_plan_does_not_promise_more_than_is_left(tmp_path, rates):
    """An error of 0.02 whose seeds spread 0.02: no gain that is left is adopted."""

    def train(trial):
        noise = random.Random(trial.seed).gauss(0, 0.02)
        trial.report(trial.max_train_steps, {"valid/error": abs(0.02 + noise)})

    quiet = {"workers": 0, "progress": False}
    with tb.Book(tmp_path / "e.db", objective=tb.minimize("valid/error"), chance=0.9) as book:
        first = book.round("Does it learn?", fixed={"optimizer": "adam", "learning_rate": 0.1},
                           trials=2, max_train_steps=1)  # fmt: skip
        first.run(train, **quiet)
        book.launch(first.decide(train, max_reruns=8, **quiet))
        book.round("Which?", scientific=SIDES, nuisance=rates, trials=32,
                   max_train_steps=1).run(train, **quiet)  # fmt: skip
        left = book.baseline.expected.high
        found = again(book, rates, least_improvement=0.04).planned(workers=1)
        assert found.data()["decision"]["left"] == pytest.approx(left)
        assert found.ahead.promised_gain > left
        assert f"{left:.2g} valid/error is left" in " ".join(repr(found).split())
        assert any("max_reruns" in text for text in found.warnings)


def test_one_line_says_what_is_about_to_be_spent(compared, rates, train, capsys):
    again(compared, rates).run(train, workers=0)
    first = capsys.readouterr().err.splitlines()[0]
    assert first.startswith("Round 2: 64 trials, 32 a study; cost ")
    assert "32 trials of round 1" in first


@pytest.fixture
def cut_off(book, train):
    """A round whose range ends before the best rate, so that the next one has a wider range."""
    first = book.round("Which rate?", nuisance={"learning_rate": log_uniform(1e-4, 3e-3)},
                       trials=24, max_train_steps=40)  # fmt: skip
    first.run(train, workers=0, progress=False)
    return book


def test_the_proposal_says_what_it_would_cost_and_tell(cut_off):
    proposed = cut_off.next_round()
    assert proposed.proposal.ahead == ""  # takes seconds, and was not asked for
    told = proposed.with_ahead().ahead
    assert "of compute" in told and "80 % of cases" in told
    assert "# What it would cost and tell" in proposed.toml()


@pytest.mark.slow
def test_the_report_says_it_of_the_next_round(cut_off, tmp_path):
    page = cut_off.report(tmp_path / "report.html").read_text("utf-8")
    assert "Its cost and what it can show: " in page and "Proposed question" in page


def test_the_report_prices_nothing_that_is_not_proposed(compared, tmp_path):
    page = compared.report(tmp_path / "report.html").read_text("utf-8")
    assert "No new round is proposed after round 1" in page
    assert "Its cost and what it can show: " not in page and "Proposed question" not in page


def test_a_round_that_never_ran_tells_no_cost(book, rates):
    book.round("Which?", scientific=SIDES, nuisance=rates, trials=8, max_train_steps=40)
    assert last_timed(book._store, None) is None


def test_a_hyperparameter_of_another_kind_is_no_obstacle(compared, rates):
    other = again(
        compared, rates, nuisance={**rates, "layers": choice(1, 2, 3), "x": uniform(0, 1)}
    )
    assert other.planned().ahead.difference > 0


def test_a_plan_with_several_questions_says_so_before_it_is_spent():
    plan = Round(
        goal="Which optimizer, and does dropout help? And the width?",
        scientific={"optimizer": tb.choice("adam", "sgd"), "width": tb.choice(32, 64, 128)},
        nuisance={"learning_rate": tb.log_uniform(1e-4, 1)},
        trials=60,
        max_train_steps=100,
    )
    planned = Planned(plan_ahead(plan, None, differences=False))
    assert any("several questions" in w for w in planned.warnings)
    assert any("6 combinations with 10 trials" in w for w in planned.warnings)
    assert "6 combinations with 10 trials" in " ".join(repr(planned).split())


def test_its_matrices_are_small_so_one_thread_works_on_them(compared, rates, monkeypatch):
    """More threads wait for each other: seven times the processor time on two cores."""
    seen = []

    def watched(*args, **more):
        seen.append({x["num_threads"] for x in threadpool_info() if x["user_api"] == "blas"})
        return plan_ahead(*args, **more)

    monkeypatch.setattr("tunebook.book.planning.planned.plan_ahead", watched)
    with threadpool_limits(2, user_api="blas"):
        again(compared, rates).planned()
    assert seen and all(threads == {1} for threads in seen)
