"""One question a round (B1): goals, and scientific hyperparameters that are crossed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tunebook.checks.design_faults import check as design_faults
from tunebook.checks.design_faults.one_question import crossed_finding, goal_warnings
from tunebook.domain.design import Objective, Role, Round, studies
from tunebook.domain.finding import Severity
from tunebook.domain.space import Choice, Float
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Status

RATE = Float(1e-4, 1.0)


def plan(goal="Which value is best?", *, scientific=None, nuisance=None, fixed=None, trials=48):
    return Round(
        goal=goal,
        scientific=scientific or {},
        nuisance={"learning_rate": RATE} if nuisance is None else nuisance,
        fixed=fixed or {},
        trials=trials,
        max_train_steps=100,
    )


def of(plan_) -> TrialTable:
    """The table that a plan makes, every trial complete."""
    rng = np.random.default_rng(0)
    rows = [(s, k) for s in studies(plan_) for k in s.numbers]
    n = len(rows)
    return TrialTable(
        objective=Objective("valid/error"),
        name=tuple(f"1.{i}" for i in range(n)),
        study=tuple(s.name for s, _ in rows),
        config=tuple(
            {**s.branch.conditions, **{a: float(rng.random()) for a in s.branch.axes}}
            for s, _ in rows
        ),
        seed=tuple(range(n)),
        status=(Status.COMPLETE,) * n,
        cause=(None,) * n,
        seconds=np.ones(n),
        value=rng.random(n),
        branches={s.name: s.branch for s in studies(plan_)},
        roles={name: plan_.role(name) for name in plan_.varied},
    )


OPTIMIZER = {"optimizer": Choice(("adam", "nesterov"))}
SCHEDULE = {"schedule": Choice(("constant", "cosine", "linear"))}
NORM = {"batch_norm": Choice((True, False))}


def test_one_scientific_hyperparameter_is_one_question():
    one = plan("Does Adam beat Nesterov?", scientific=OPTIMIZER)
    assert goal_warnings(one) == ()
    assert crossed_finding(of(one)) is None
    assert [f.check for f in design_faults.check(of(one)).findings] == ["B9"]


@pytest.mark.parametrize(
    ("scientific", "cells", "severity"),
    [
        ({**OPTIMIZER, **SCHEDULE}, 6, Severity.NOTE),
        ({**OPTIMIZER, **SCHEDULE, **NORM}, 12, Severity.WARNING),
    ],
)
def test_crossed_hyperparameters_are_counted_in_plan_and_findings(scientific, cells, severity):
    several = plan(scientific=scientific)
    (warning,) = goal_warnings(several)
    assert f"{cells} combinations with {48 // cells} trials" in warning and "Next:" in warning
    (b1,) = [f for f in design_faults.check(of(several)).findings if f.check == "B1"]
    assert b1.severity is severity and b1.numbers["combinations"] == cells
    assert b1.numbers["scientific_hyperparameters"] == len(scientific)
    assert b1.numbers["fewest_trials_of_a_combination"] == 48 // cells
    assert f"{cells} combinations with {48 // cells} trials" in b1.sentence


def test_two_with_few_trials_each_are_a_warning():
    few = plan(scientific={**OPTIMIZER, **SCHEDULE}, trials=20)
    b1 = crossed_finding(of(few))
    assert b1.severity is Severity.WARNING
    assert b1.numbers["fewest_trials_of_a_combination"] == 3
    assert b1.numbers["most_trials_of_a_combination"] == 4
    enough = int(goal_warnings(few)[0].split("trials = ")[1].split()[0])
    (b1,) = [f for f in design_faults.check(of(replace(few, trials=enough))).findings
             if f.check == "B1"]  # fmt: skip
    assert b1.severity is Severity.NOTE


def test_a_second_one_that_has_one_value_is_no_question():
    made = of(plan(scientific=OPTIMIZER))
    fixed = tuple({**c, "width": 64} for c in made.config)
    made = replace(made, config=fixed, roles={**made.roles, "width": Role.SCIENTIFIC})
    assert crossed_finding(made) is None


@pytest.mark.parametrize(
    ("goal", "scientific", "said"),
    [
        ("Does Adam beat Nesterov? And which batch size?", OPTIMIZER, "several questions"),
        ("Does batch norm help?", OPTIMIZER, "batch_norm, which is nuisance"),
        ("Is a wide net better than a deep one?", {}, "nothing is compared"),
    ],
)
def test_a_goal_that_the_round_can_not_answer(goal, scientific, said):
    nuisance = {"learning_rate": RATE, **NORM}
    (warning,) = goal_warnings(plan(goal, scientific=scientific, nuisance=nuisance))
    assert said in warning and "Next:" in warning


@pytest.mark.parametrize(
    ("goal", "scientific"),
    [
        ("Which learning rate?", {}),
        ("Does the baseline beat chance?", {}),
        ("A first look at the learning_rate", {}),
        ("Is this learning_rate better than the median?", {}),
        ("Is any learning_rate better than 0.3?", {}),
        ("Does Nesterov momentum beat Adam here?", OPTIMIZER),
        ("Which optimizer is best, at a learning rate of its own?", OPTIMIZER),
        ("Does cosine help?", SCHEDULE),
        ("Does Adam beat Nesterov at its own learning rate?", OPTIMIZER),
    ],
)
def test_a_goal_that_it_can(goal, scientific):
    assert goal_warnings(plan(goal, scientific=scientific)) == ()


@pytest.mark.parametrize(
    "goal",
    [
        "Does GroupNorm beat no normalisation, with the learning rate retuned?",
        "Does it help after tuning learning_rate?",
        "After tuning the learning rate, does it help?",
        "Does it help (retuning the learning rate)?",
        "Does it help, tuned over learning rate and momentum?",
        "Which is better at its best learning rate?",
        "Which is better, each with its own learning rate?",
        "Does it help when momentum, dropout and the learning rate are re-tuned?",
        "Which one is better for an optimally chosen learning rate?",
    ],
)
def test_a_goal_may_say_what_is_tuned_for_each_value(goal):
    assert goal_warnings(plan(goal, scientific=NORM)) == ()


@pytest.mark.parametrize(
    "goal",
    [
        "Which learning rate is best?",
        "Does tuning the learning rate help?",
        "Does a warm-up of the learning rate help, with batches of 32?",
        "With momentum tuned, which learning rate is best?",
        "Is a learning rate of 0.1 better?",
    ],
)
def test_a_goal_that_asks_about_a_nuisance_hyperparameter_is_still_told(goal):
    (warning,) = goal_warnings(plan(goal, scientific=NORM))
    assert "learning_rate" in warning and "scientific" in warning
