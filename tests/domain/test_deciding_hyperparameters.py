"""Which hyperparameters decide whether others exist."""

from tunebook.domain.design import Round
from tunebook.domain.plan_edits import decided_by
from tunebook.domain.space import Choice, Float, Per


def plan(**nuisance):
    return Round(
        goal="q", scientific={"optimizer": Choice(("sgd", "adam"))}, nuisance=nuisance, trials=4,
        max_train_steps=1,
    )  # fmt: skip


def test_a_hyperparameter_that_exists_under_some_values_is_decided_by_them():
    found = plan(
        lr=Per("optimizer", (("sgd", Float(0, 1)), ("adam", Float(0, 2)))),
        momentum=Per("optimizer", (("sgd", Float(0, 1)),)),
    )
    assert decided_by(found) == {"momentum": ("optimizer",)}


def test_conditions_are_followed_to_their_root():
    found = plan(
        nesterov=Per("optimizer", (("sgd", Choice((True, False))),)),
        damping=Per("nesterov", ((False, Float(0, 1)),)),
    )
    assert decided_by(found)["damping"] == ("nesterov", "optimizer")
