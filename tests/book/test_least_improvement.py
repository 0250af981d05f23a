"""A least improvement that nothing can reach: said before compute is spent, and not carried on."""

from __future__ import annotations

import pytest

import tunebook as tb
from tunebook.domain.decision import Verdict
from tunebook.domain.design import Direction, Objective, Round
from tunebook.domain.errors import EvidenceError
from tunebook.domain.trial import Purpose
from tunebook.report.loop import Step, standing
from tunebook.statistics.metric_bounds import bound_is_certain, gain_left

QUIET = {"workers": 0, "progress": False}


@pytest.fixture
def half(launched, rates, train):
    """A round that asks for 0.5 where the baseline's whole loss is about 0.41."""
    asked = launched.round("Which rate?", nuisance=rates, trials=8, max_train_steps=40,
                           least_improvement=0.5)  # fmt: skip
    asked.run(train, **QUIET)
    return asked


def test_the_plan_says_so_before_a_trial_is_run(launched, rates, capsys):
    asked = launched.round("Which rate?", nuisance=rates, trials=8, max_train_steps=40,
                           least_improvement=0.5)  # fmt: skip
    assert "no configuration can be adopted" in capsys.readouterr().err
    found = asked.planned(workers=1)
    said = next(w for w in found.warnings if "least_improvement" in w)
    assert "0.5" in said and "0.4" in said
    assert "▲ least improvement" in repr(found)
    assert "least_improvement" in found._repr_html_()
    assert found.data()["warnings"] == list(found.warnings)


def test_a_reachable_one_is_no_warning(launched, rates, capsys):
    asked = launched.round("Which rate?", nuisance=rates, trials=8, max_train_steps=40,
                           least_improvement=0.05)  # fmt: skip
    assert capsys.readouterr().err == ""
    assert not any("least_improvement" in w for w in asked.planned(workers=1).warnings)


@pytest.mark.parametrize(("metric", "refused"), [("valid/error", True), ("loss", False)])
def test_a_decision_that_nothing_can_reach_is_refused_before_a_rerun(tmp_path, metric, refused):
    """A loss could lie below 0, so for one it is a warning."""

    def train(trial):
        value = 0.4 - 0.1 * trial.config["rate"] + trial.seed % 97 / 10_000
        for step in range(trial.max_train_steps):
            if trial.evaluate_at(step):
                trial.report(step, {metric: value + 0.3 * 0.4**step})

    with tb.Book(tmp_path / "b.db", objective=tb.minimize(metric), chance=0.6) as book:
        first = book.round("Does it learn?", fixed={"rate": 0.5}, trials=4, max_train_steps=10)
        first.run(train, **QUIET)
        book.launch(first.decide(train, max_reruns=4, **QUIET))
        asked = book.round("Which rate?", nuisance={"rate": tb.uniform(0, 1)}, trials=8,
                           max_train_steps=10, least_improvement=0.5)  # fmt: skip
        asked.run(train, **QUIET)
        if refused:
            with pytest.raises(EvidenceError, match=r"least_improvement is 0\.5") as told:
                asked.decide(train, max_reruns=20, **QUIET)
            assert "smaller least_improvement" in told.value.next_step
            assert not [t for t in asked.trials if t.purpose is Purpose.RERUN]
            now = standing(book.record(), asked.number)
            assert now.step is Step.NEXT and "tunebook next" in now.command
            assert "0.5" in now.sentence and "at most" in now.sentence
            assert now.skipped == (Step.RERUN, Step.DECIDE, Step.LAUNCH)
        else:
            assert standing(book.record(), asked.number).command.startswith("tunebook decide")
            assert asked.decide(train, max_reruns=20, **QUIET).verdict is not Verdict.ADOPT


def test_the_next_round_proposes_one_that_can_be_reached(half):
    found = half.next_round()
    assert 0 < found.plan.least_improvement < 0.2
    change = next(c for c in found.changes if c.key == "least_improvement")
    assert (change.before, change.after) == ("0.5", f"{found.plan.least_improvement:g}")
    assert "least_improvement" not in found.plan.goal
    assert "# was 0.5" in found.toml()


def test_a_reachable_one_is_carried_on(launched, rates, train):
    asked = launched.round("Which rate?", nuisance=rates, trials=8, max_train_steps=40,
                           least_improvement=0.05)  # fmt: skip
    asked.run(train, **QUIET)
    assert asked.next_round().plan.least_improvement == 0.05


@pytest.mark.parametrize(
    ("objective", "value", "chance", "left"),
    [
        (Objective("valid/error"), 0.03, 0.9, 0.03),
        (Objective("valid/accuracy", Direction.MAXIMIZE), 0.9, 0.1, 0.1),
        (Objective("valid/accuracy", Direction.MAXIMIZE), 90.0, 10.0, 10.0),
        (Objective("valid/loss"), -0.3, None, float("inf")),
        (Objective("valid/score"), 0.3, None, float("inf")),
    ],
)
def test_what_is_left_follows_from_the_metric_s_name_and_values(objective, value, chance, left):
    assert gain_left(objective, value, chance=chance) == pytest.approx(left)


@pytest.mark.parametrize(
    ("metric", "certain"),
    [("valid/error", True), ("valid/accuracy", True), ("valid/loss", False), ("test_nll", False)],
)
def test_a_loss_could_lie_below_zero_and_an_error_not(metric, certain):
    assert bound_is_certain(Objective(metric)) is certain


def test_without_a_baseline_the_whole_way_from_chance_is_what_there_is(tmp_path, capsys):
    plan = {"fixed": {"lr": 0.1}, "trials": 4, "max_train_steps": 10}
    with tb.Book(tmp_path / "b.db", objective=tb.minimize("valid/error"), chance=0.75) as book:
        book.round("Percent?", least_improvement=2, **plan)
        assert "no configuration can be adopted" in capsys.readouterr().err
        book.round("A share?", least_improvement=0.02, **plan)
        assert capsys.readouterr().err == ""


def test_a_plan_of_no_book_is_warned_of_too():
    from tunebook.book.planning.planned import look_ahead
    from tunebook.domain.decision import Setting

    plan = Round(goal="Which?", nuisance={"lr": tb.log_uniform(1e-4, 1)}, trials=8,
                 max_train_steps=10, least_improvement=2)  # fmt: skip
    setting = Setting(name="b", chance=0.75)
    found = look_ahead(None, plan, objective=Objective("valid/error"), setting=setting,
                       with_trades=False)  # fmt: skip
    assert any("least_improvement 2" in w for w in found.warnings)
