"""What evaluations cost beside training (I1): costly, cheap, unknown, and on real training."""

from __future__ import annotations

import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import tunebook as tb
from tunebook.checks.suspect_curves import check as suspect_curves
from tunebook.domain.design import Objective, Role
from tunebook.domain.finding import Severity
from tunebook.domain.space import Branch, Float
from tunebook.domain.table import Curves, TrialTable
from tunebook.domain.trial import Status
from tunebook.training import evaluation_time
from tunebook.training.evaluation_time import EvaluationTime


def table(shares, *, evaluations=20, steps=1000, seconds=60.0) -> TrialTable:
    n = len(shares)
    rng = np.random.default_rng(0)
    at = np.linspace(steps / evaluations, steps, evaluations).astype(int) - 1
    curves = [(at, np.exp(-at / 200) + 0.01 * rng.normal(size=evaluations)) for _ in range(n)]
    return TrialTable(
        objective=Objective("valid/error"),
        name=tuple(f"1.{i}" for i in range(n)),
        study=("",) * n,
        config=tuple({"x": i / n} for i in range(n)),
        seed=tuple(range(n)),
        status=(Status.COMPLETE,) * n,
        cause=(None,) * n,
        seconds=np.full(n, seconds),
        value=np.array([v.min() for _, v in curves]),
        curves={"valid/error": Curves.pack(curves)},
        branches={"": Branch(axes={"x": Float(0.0, 1.0)})},
        roles={"x": Role.NUISANCE},
        max_train_steps=steps,
        evaluation_share=tuple(shares),
    )


def on_steps(made):
    return [f for f in suspect_curves.check(made).findings if f.check == "I1"]


def test_evaluations_that_cost_more_than_training_are_a_warning():
    shares = np.random.default_rng(0).uniform(0.55, 0.65, 12)
    cost, steps = on_steps(table(shares))
    share = cost.numbers["share_of_the_time"]
    assert cost.severity is Severity.WARNING and cost.subject == "evaluations"
    assert share.low <= np.median(shares) == share.estimate <= share.high
    assert f"20 evaluations take {100 * share.estimate:.0f} %" in cost.sentence
    assert steps.severity is Severity.PASS
    # 3 evaluations would be a fifth of the time, too few to read a curve by: cheaper ones then.
    assert "fewer examples" in cost.sentence and not cost.remedy.values


def test_a_number_of_evaluations_is_named_where_curves_stay_readable():
    cost, _ = on_steps(table([0.6] * 12, evaluations=200))
    wanted = cost.remedy.values["evaluations"]
    per_evaluation = 0.6 / 200
    assert wanted * per_evaluation / (wanted * per_evaluation + 0.4) == pytest.approx(
        0.2, abs=0.01
    )
    assert str(wanted) in cost.sentence


@pytest.mark.parametrize(
    "shares", [[0.1] * 12, [0.45, 0.6] * 6, [float("nan")] * 12, [0.9, 0.9] + [float("nan")] * 10]
)
def test_cheap_uncertain_and_unknown_costs_say_nothing(shares):
    found = on_steps(table(shares))
    assert [f.severity for f in found] == [Severity.PASS]
    known = sum(np.isfinite(shares)) >= 3
    assert ("share_of_the_time" in found[0].numbers) == known


def test_a_trial_of_a_moment_is_not_worth_a_word():
    assert [f.severity for f in on_steps(table([0.9] * 12, seconds=0.5))] == [Severity.PASS]


def test_more_and_cheaper_evaluations_are_asked_for_together():
    cost, steps = on_steps(table([0.8] * 12, evaluations=5))
    assert steps.severity is Severity.NOTE and "evaluate_every" in steps.remedy.values
    assert "fewer examples" in cost.sentence and not cost.remedy.values


def test_rows_that_are_taken_keep_their_share():
    made = table(np.linspace(0, 1, 12))
    assert made.take(np.array([3, 1])).evaluation_share == (
        made.evaluation_share[3], made.evaluation_share[1],
    )  # fmt: skip


def test_false_alarms(fresh_rng):
    repeats, alarms = 400, 0
    for _ in range(repeats):
        made = table(np.clip(0.5 + 0.1 * fresh_rng.normal(size=12), 0, 1))
        alarms += any(f.severity is Severity.WARNING for f in on_steps(made))
    assert alarms <= 22  # 2.5 % of 400, and what chance adds in one of a million


class Clock:
    """A clock that is set by hand."""

    def __init__(self, monkeypatch):
        self.now = 0.0
        monkeypatch.setattr(evaluation_time.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(evaluation_time, "UNSEEN", ())

    def passes(self, seconds):
        self.now += seconds


def test_the_share_is_of_whole_cycles_after_the_first_evaluation(monkeypatch):
    clock, seen = Clock(monkeypatch), EvaluationTime()
    clock.passes(100)  # imports and data
    for k in range(5):
        clock.passes(2.0)
        seen.begins(k)
        seen.begins(k)  # asked twice, as where metrics are logged apart
        clock.passes(50.0 if k == 0 else 6.0)  # the first one compiles
        seen.ends(k)
    clock.passes(30)  # saving at the end
    assert seen.share == pytest.approx(0.75)


def test_what_is_reported_at_another_step_tells_nothing(monkeypatch):
    clock, seen = Clock(monkeypatch), EvaluationTime()
    for k in range(5):
        seen.begins(k)
        clock.passes(5.0)
        seen.ends(k + 1)
    assert seen.share is None


def test_a_device_is_waited_for_before_an_evaluation_is_timed(monkeypatch):
    clock, seen = Clock(monkeypatch), EvaluationTime()
    cuda = SimpleNamespace(is_initialized=lambda: True, synchronize=lambda: clock.passes(3.0))
    monkeypatch.setitem(evaluation_time.sys.modules, "torch", SimpleNamespace(cuda=cuda))
    for k in range(5):
        seen.begins(k)  # waits for 3 s of queued steps
        clock.passes(1.0)
        seen.ends(k)
    assert seen.share == pytest.approx(0.25)


def test_frameworks_that_can_not_be_waited_for_have_no_share(monkeypatch):
    clock, seen = Clock(monkeypatch), EvaluationTime()
    monkeypatch.setattr(evaluation_time, "UNSEEN", ("a_framework",))
    monkeypatch.setitem(evaluation_time.sys.modules, "a_framework", SimpleNamespace())
    for k in range(5):
        seen.begins(k)
        clock.passes(1.0)
        seen.ends(k)
    assert seen.share is None


def train(trial: tb.Trial) -> None:
    """Logistic regression on random data, evaluated at once or by what is waited for."""
    rng = np.random.default_rng(trial.seed)
    weights, rate = np.zeros(50), trial.config["learning_rate"]
    data = rng.normal(size=(64, 50)), rng.integers(0, 2, 64)
    examples = rng.normal(size=(10, 50))
    for step in range(trial.max_train_steps):
        for _ in range(20):
            x, y = data
            weights -= rate * x.T @ (1 / (1 + np.exp(-x @ weights)) - y) / 64
        if trial.evaluate_at(step):
            time.sleep(trial.config["evaluation_s"])
            level = float(np.tanh(examples @ weights).mean() ** 2)
            trial.report(step, {"valid/error": 0.1 + level + 1 / (2 + step)})


@pytest.mark.parametrize(("evaluation_s", "costly"), [(0.1, True), (0.0, False)])
def test_the_cost_of_real_training_is_on_record(tmp_path, evaluation_s, costly):
    book = tb.Book(tmp_path / "b.db", objective=tb.minimize("valid/error"))
    round_ = book.round(
        "Which learning rate?",
        nuisance={"learning_rate": tb.log_uniform(1e-3, 1)},
        fixed={"evaluation_s": evaluation_s},
        trials=6,
        max_train_steps=100,
    )
    round_.run(train, workers=1, progress=False)
    shares = round_.table().evaluation_share
    assert len(shares) == 6 and all(0 < s < 1 for s in shares)
    cost = [f for f in round_.findings().findings if f.subject == "evaluations"]
    assert bool(cost) == costly
    # The record holds what the table had, in a book that is opened again.
    again = replace(tb.Book(tmp_path / "b.db").rounds[0].table(), curves={})
    assert again.evaluation_share == shares
