"""A2 G2: what is tuned for a budget, ready-made spaces in Python and in round files, inclusions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tunebook.domain.design import Round, studies
from tunebook.domain.errors import CodecError, DesignError
from tunebook.domain.formats.codec import read_round_file, write_round_file
from tunebook.domain.formats.round_edit import edit_round_file
from tunebook.domain.formats.spelling import choice, log_uniform
from tunebook.domain.optimizers.catalogue import FRAMEWORKS, OPTIMIZERS
from tunebook.domain.optimizers.spaces import (
    includes,
    inclusions,
    optimizer_defaults,
    optimizer_space,
)
from tunebook.domain.space import Choice, Per, Scale


@pytest.mark.parametrize(
    ("trials", "expected"),
    [  # the playbook: "How should Adam's hyperparameters be tuned?"
        (1, ["learning_rate"]),
        (9, ["learning_rate"]),
        (10, ["learning_rate", "beta1"]),
        (24, ["learning_rate", "beta1"]),
        (25, ["learning_rate", "beta1", "epsilon"]),
        (50, ["learning_rate", "beta1", "epsilon", "beta2"]),
    ],
)
def test_what_is_tuned_of_adam_is_what_the_playbook_says(trials, expected):
    assert list(optimizer_space("adam", trials=trials)) == expected
    left = {"beta1": 0.9, "epsilon": 1e-8, "beta2": 0.999}
    held = {k: v for k, v in left.items() if k not in expected}
    assert optimizer_defaults("adam", trials=trials) == held


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_an_entry_says_where_all_of_it_comes_from(optimizer):
    assert optimizer.source and optimizer.rule
    assert optimizer.frameworks and set(optimizer.frameworks) <= set(FRAMEWORKS)
    assert optimizer.tunables[0].name == "learning_rate"
    for held in (*optimizer.tunables, *optimizer.inclusive):
        assert (
            any(year in held.source for year in map(str, range(2012, 2026)))
            or "README" in held.source
        )
        near = held.name in ("momentum", "beta1", "beta2", "rho")
        assert held.axis.scale is (Scale.NEAR_ONE if near else Scale.LOG)
        # A default that is nothing at all (no decay, no momentum) has no place on these scales.
        assert not held.default or held.axis.holds(held.default)
    tiers = [t.from_trials for t in optimizer.tunables]
    assert tiers == sorted(tiers) and tiers[0] == 1


def test_the_trials_of_a_round_are_shared_out():
    space = optimizer_space("nesterov", "adam", "sgd", trials=29)
    assert list(space) == ["learning_rate"]
    space = optimizer_space("nesterov", "adam", trials=40)
    assert {n: [v for v, _ in per.when] for n, per in space.items()} == {
        "learning_rate": ["nesterov", "adam"], "momentum": ["nesterov"], "beta1": ["adam"],
    }  # fmt: skip


def test_a_round_takes_it_in_one_line_and_each_optimizer_is_a_branch():
    plan = Round(
        goal="Does Nesterov momentum beat Adam here?",
        scientific={"optimizer": choice("nesterov", "adam")},
        nuisance=optimizer_space("nesterov", "adam", trials=60),
        fixed=optimizer_defaults("nesterov", "adam", trials=60),
        trials=60,
        max_train_steps=100,
    )
    by_name = {s.name: s for s in studies(plan)}
    assert set(by_name["optimizer=adam"].branch.axes) == {"learning_rate", "beta1", "epsilon"}
    assert by_name["optimizer=adam"].fixed == {"beta2": 0.999}
    assert set(by_name["optimizer=nesterov"].branch.axes) == {"learning_rate", "momentum"}


def test_an_inclusive_space_holds_what_is_included():
    adam = optimizer_space("adam", trials=20, inclusive=True)
    assert list(adam) == ["learning_rate_over_epsilon", "epsilon", "beta1"]
    both = optimizer_space("momentum", "adam", trials=40, inclusive=True)
    assert [v for v, _ in both["learning_rate"].when] == ["momentum"]
    assert [v for v, _ in both["learning_rate_over_epsilon"].when] == ["adam"]
    # Momentum's whole range of rates is in Adam's, at the default of beta1.
    rates = OPTIMIZERS["momentum"].tunables[0].axis
    ratio = adam["learning_rate_over_epsilon"]
    assert ratio.low <= rates.low / 0.1 and ratio.high >= rates.high / 0.1
    assert "epsilon" not in optimizer_defaults("adam", trials=20, inclusive=True)


def test_hyperparameters_may_be_called_otherwise():
    space = optimizer_space("adam", trials=20, names={"learning_rate": "optim.lr"})
    assert list(space) == ["optim.lr", "beta1"]
    with pytest.raises(DesignError, match='Did you mean "learning_rate"'):
        optimizer_space("adam", trials=20, names={"learningrate": "lr"})


def test_inclusions_are_transitive_and_no_more_than_choi_states():
    assert inclusions("sgd", "momentum", "nesterov", "rmsprop", "adam", "nadam") == (
        ("momentum", "sgd"), ("nesterov", "sgd"), ("rmsprop", "sgd"), ("rmsprop", "momentum"),
        ("adam", "sgd"), ("adam", "momentum"), ("nadam", "sgd"), ("nadam", "nesterov"),
    )  # fmt: skip
    assert includes("adamw", "sgd") and not includes("momentum", "nesterov")
    assert not includes("adam", "nesterov") and not includes("lion", "sgd")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (lambda: optimizer_space("adm", trials=9), 'Did you mean "adam"'),
        (lambda: optimizer_space(trials=9), "at least one optimizer"),
        (lambda: optimizer_space("adam", "adam", trials=9), '"adam" stands twice'),
        (lambda: optimizer_space("adam", trials=0), "trials is a whole number of at least 1"),
        (lambda: optimizer_space("soap", trials=9, framework="optax"), "optax has no SOAP"),
        (lambda: optimizer_space("adam", trials=9, framework="jax"), "a framework is one of"),
    ],
)
def test_what_makes_no_space_is_told(asked, said):
    with pytest.raises(DesignError) as caught:
        asked()
    assert said in str(caught.value) and caught.value.next_step


FILE = """\
# Which of the two?
goal = "Does Nesterov momentum beat Adam here?"
train = "train.py:train"
trials = 40
max_train_steps = 2000
optimizer_space = "optimizer"

[scientific]
optimizer = { choice = ["nesterov", "adam"] }

[nuisance]
momentum = { low = 0.5, high = 0.9 }
"""


def test_a_round_file_takes_it_in_one_line():
    plan = read_round_file(FILE).plan
    assert (
        plan.nuisance["learning_rate"]
        == optimizer_space("nesterov", "adam", trials=40)["learning_rate"]
    )
    assert isinstance(plan.nuisance["beta1"], Per)
    assert plan.nuisance["momentum"].high == 0.9  # the file's own
    assert plan.fixed["beta2"] == Per("optimizer", (("adam", Choice((0.999,))),))
    assert read_round_file(write_round_file(read_round_file(FILE))).plan == plan


def test_one_fixed_optimizer_needs_no_conditions():
    text = FILE.replace('[scientific]\noptimizer = { choice = ["nesterov", "adam"] }', "")
    text = text.replace("momentum = { low = 0.5, high = 0.9 }", "").replace("40", "9")
    plan = read_round_file(text + '\n[fixed]\noptimizer = "adam"\n').plan
    assert list(plan.nuisance) == ["learning_rate"]
    assert plan.fixed == {"optimizer": "adam", "beta1": 0.9, "epsilon": 1e-8, "beta2": 0.999}


def test_a_table_says_more():
    table = 'optimizer_space = { on = "optimizer", inclusive = true, names = { beta1 = "b1" } }'
    plan = read_round_file(FILE.replace('optimizer_space = "optimizer"', table)).plan
    assert "b1" in plan.nuisance and "learning_rate_over_epsilon" in plan.nuisance


def test_an_edited_file_has_the_ranges_written_out():
    plan = read_round_file(FILE).plan
    fewer = {n: a for n, a in plan.nuisance.items() if n != "beta1"}
    other = replace(plan, nuisance={**fewer, "momentum": log_uniform(0.1, 0.9)})
    text = edit_round_file(FILE, other)
    assert text.startswith("# Which of the two?\n") and "optimizer_space" not in text
    assert read_round_file(text).plan == other


@pytest.mark.parametrize(
    ("before", "after", "kind", "said"),
    [
        ('= "optimizer"', '= "optim"', CodecError, '"optim" is no choice of optimizers here'),
        ('"nesterov"', '"nesterow"', DesignError, 'Did you mean "nesterov"'),
        ('= "optimizer"', "= 3", CodecError, "optimizer_space is a table"),
        ('= "optimizer"', '= { on = "optimizer", inclusiv = true }', CodecError, '"inclusive"'),
        ("optimizer_space", "optimiser_space", CodecError, 'Did you mean "optimizer_space"'),
    ],
)
def test_a_slip_in_a_file_is_told(before, after, kind, said):
    with pytest.raises(kind) as caught:
        read_round_file(FILE.replace(before, after, 1), source="round.toml")
    assert said in str(caught.value)
