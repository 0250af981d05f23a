"""Roles that a hyperparameter can't have: training length, batch size, none or two (A4 B2 B9)."""

from __future__ import annotations

import pytest

from tunebook.domain.design import Round
from tunebook.domain.errors import DesignError
from tunebook.domain.formats.spelling import choice, integer, near_one, per, uniform
from tunebook.domain.space import Constraint


def plan(**more):
    return Round(**{"goal": "q?", "trials": 8, "max_train_steps": 100, **more})


@pytest.mark.parametrize(
    "name", ["max_train_steps", "steps", "epochs", "num_train_epochs", "train.epochs", "Epochs"]
)
@pytest.mark.parametrize("role", ["scientific", "nuisance"])
def test_no_training_length_is_searched(name, role):
    with pytest.raises(DesignError, match=r"B9") as caught:
        plan(**{role: {name: integer(1, 9)}})
    assert "max_train_steps=" in caught.value.next_step
    assert plan(fixed={name: 3}).fixed[name] == 3


@pytest.mark.parametrize("name", ["warmup_steps", "n_steps", "decay_epochs"])
def test_other_counts_are(name):
    assert name in plan(nuisance={name: integer(1, 9)}).varied


def test_batch_size_is_no_nuisance_unless_overruled():
    sizes = {"data.batch_size": choice(32, 64)}
    with pytest.raises(DesignError, match="A4") as caught:
        plan(nuisance=sizes)
    assert 'overrule=["A4"]' in caught.value.next_step
    assert plan(nuisance=sizes, overrule=["A4"]).overrule == ("A4",)
    assert plan(scientific=sizes)


@pytest.mark.parametrize("rule", ["B9", "a4", 3])
def test_only_some_rules_can_be_overruled(rule):
    with pytest.raises(DesignError, match="a round may overrule A4"):
        plan(overrule=[rule])


def test_a_condition_on_a_misspelt_name_says_the_nearest():
    with pytest.raises(DesignError, match='Did you mean "optimizer"') as caught:
        plan(
            scientific={"optimizer": choice("a", "b")},
            nuisance={"x": per("optimiser", a=uniform(0, 1))},
        )
    assert "a role" in caught.value.next_step


@pytest.mark.parametrize(
    ("point", "said"),
    [
        ({"x": 3.0}, '"x" is outside its range'),
        ({"X": 0.5}, '"X" does not vary'),
        ({}, '"x" is missing'),
    ],
)
def test_a_point_outside_says_why(point, said):
    with pytest.raises(DesignError, match=said):
        plan(nuisance={"x": uniform(0, 1)}, searcher="by_hand", points=[point])


def test_near_one_stays_between_0_and_1():
    assert near_one(0, 0.9).low == 0
    with pytest.raises(DesignError, match=r"from 0 to 1; the range is -0\.5"):
        near_one(-0.5, 0.9)
    with pytest.raises(DesignError, match="bounds below 1"):
        near_one(0.5, 1)


def test_a_constraint_is_one():
    with pytest.raises(DesignError, match="subject_to has texts"):
        plan(nuisance={"x": uniform(0, 1)}, subject_to=["x < 1"])
    assert plan(nuisance={"x": uniform(0, 1)}, subject_to=[Constraint("x", "<", 1)])
