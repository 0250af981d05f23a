"""The plan of a round: roles, rules and studies (A4 B1 B2 B4 B9)."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from strategies import examples, rounds
from tunebook.domain.design import Objective, Role, Round, studies
from tunebook.domain.errors import DesignError
from tunebook.domain.formats.notation import format_objective, parse_constraint, parse_objective
from tunebook.domain.formats.spelling import (
    choice,
    integer,
    log_uniform,
    maximize,
    minimize,
    per,
    uniform,
)
from tunebook.domain.space import Constraint

quick = settings(
    max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)  # fmt: skip


def plan(**more):
    return Round(**{"goal": "q?", "trials": 8, "max_train_steps": 100, **more})


LR = {"lr": log_uniform(1e-3, 1)}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"goal": ""}, "a round has one goal, in words; got '' (B1)"),
        ({"goal": "  "}, "B1"),
        ({"goal": None}, "B1"),
        ({"trials": 0}, "trials is a whole number of at least 1; got 0"),
        ({"trials": True}, "trials is a whole number"),
        ({"trials": 8.0}, "trials is a whole number"),
        ({"max_train_steps": 0}, "max_train_steps is a whole number"),
        ({"evaluations": 0}, "evaluations is a whole number"),
        ({"seed": -1}, "seed is a whole number of at least 0"),
        ({"least_improvement": -0.1}, "least_improvement is 0 or more"),
        ({"least_improvement": math.nan}, "least_improvement is 0 or more"),
        ({"least_improvement": "0.1"}, "least_improvement is a number"),
        ({"time_limit_s": 0}, "time_limit_s is above 0"),
        ({"time_limit_s": "60"}, "time_limit_s is above 0"),
        ({"time_limit_s": math.nan}, "time_limit_s is above 0"),
        (
            {"scientific": {"momentum": uniform(0, 1)}, "nuisance": {"momentum": uniform(0, 1)}},
            'a hyperparameter has one role in a round; "momentum" has 2: scientific, nuisance',
        ),
        ({"nuisance": LR, "fixed": {"lr": 1}}, '"lr" has 2: nuisance, fixed'),
        ({"nuisance": {"lr": 0.1}}, 'nuisance "lr" is varied, so it needs a range; got 0.1'),
        ({"nuisance": {"": uniform(0, 1)}}, "a hyperparameter has a name"),
        ({"fixed": {"lr": uniform(0, 1)}}, 'fixed "lr" is held at a number'),
        ({"fixed": {"lr": None}}, 'fixed "lr" is held at a number'),
        ({"fixed": {"lr": math.inf}}, 'fixed "lr" is held at a finite number'),
        (
            {"fixed": {"lr": per("o", a=uniform(0, 1))}, "scientific": {"o": choice("a", "b")}},
            'fixed "lr" is held at one value under each condition',
        ),
        ({"fixed": {"lr": per("o", a=1)}}, '"lr" depends on "o", which has no role'),
        ({"nuisance": {"max_train_steps": integer(1, 9)}}, "(B9)"),
        ({"scientific": {"epochs": integer(1, 9)}}, '"epochs" is not searched'),
        ({"nuisance": {"batch_size": integer(1, 9)}}, "it sets speed (A4)"),
        ({"searcher": "halten"}, "searcher is one of halton, sobol"),
        ({"searcher": "by_hand"}, "points go with searcher by_hand; got 0 points"),
        ({"nuisance": LR, "points": [{"lr": 0.1}]}, "points go with searcher by_hand; got 1"),
        ({"nuisance": LR, "levels": {"lr": 3}}, "levels go with searcher grid"),
        ({"nuisance": LR, "levels": {"lrr": 3}, "searcher": "grid"}, 'Did you mean "lr"?'),
        ({"nuisance": LR, "levels": {"lr": 0}, "searcher": "grid"}, 'levels of "lr" are a whole'),
        ({"nuisance": LR, "subject_to": [Constraint("lr", "<", "x")]}, 'speaks of "x"'),
        (
            {
                "nuisance": LR,
                "fixed": {"x": 0.05},
                "points": [{"lr": 0.01}, {"lr": 0.1}],
                "searcher": "by_hand",
                "subject_to": [Constraint("lr", "<", "x")],
            },
            "points[1] breaks subject_to: lr < x",
        ),
        (
            {"nuisance": LR, "points": [{"lr": 5.0}], "searcher": "by_hand"},
            "points[0] (lr=5) lies in no branch",
        ),
        (
            {"nuisance": LR, "points": [{"lr": 0.1, "x": 1}], "searcher": "by_hand"},
            "lies in no branch",
        ),
    ],
)
def test_a_broken_rule_is_refused(more, said):
    with pytest.raises(DesignError) as caught:
        plan(**more)
    assert said in str(caught.value)


def test_batch_size_may_be_overruled_scientific_or_fixed():
    sizes = {"batch_size": choice(32, 64)}
    assert plan(nuisance=sizes, overrule=["A4"]).role("batch_size") is Role.NUISANCE
    assert plan(scientific=sizes).role("batch_size") is Role.SCIENTIFIC
    assert plan(fixed={"batch_size": 32, "epochs": 3}).role("epochs") is Role.FIXED


def test_plans_are_frozen():
    with pytest.raises(TypeError):
        plan(nuisance=LR).nuisance["x"] = 1


@quick
@given(drawn=rounds())
def test_every_trial_has_one_study(drawn):
    numbers = [n for study in studies(drawn) for n in study.numbers]
    assert sorted(numbers) == list(range(drawn.trials))
    assert all(list(s.numbers) == sorted(s.numbers) for s in studies(drawn))


@quick
@given(drawn=rounds())
def test_extending_keeps_every_trials_study_and_index(drawn):
    longer = studies(replace(drawn, trials=drawn.trials * 3 + 1))
    for before, after in zip(studies(drawn), longer, strict=True):
        assert after.name == before.name
        assert after.numbers[: len(before.numbers)] == before.numbers


def test_scientific_values_get_equal_shares():
    drawn = plan(
        trials=120,
        scientific={"o": choice("a", "b", "c"), "width": uniform(0, 1)},
        nuisance={
            "s": choice("p", "q"),
            "t": per("s", p=per("o", a=uniform(0, 1))),
            "u": per("o", b=choice(1, 2)),
            "v": per("u", {1: uniform(0, 1)}),
        },
    )
    shares: Counter[str] = Counter()
    for study in studies(drawn):
        shares[study.branch.conditions["o"]] += len(study.numbers)
        assert "width" in study.branch.axes
    assert shares == {"a": 40, "b": 40, "c": 40}
    b = [len(s.numbers) for s in studies(drawn) if s.branch.conditions["o"] == "b"]
    assert b == [10, 10, 10, 10]


def test_fixed_hyperparameters_are_no_part_of_a_branch():
    drawn = plan(
        scientific={"o": choice("a", "b")},
        nuisance={"lr": per("f", x=uniform(0, 1))},
        fixed={"f": "x", "g": per("o", a=1), "h": 3},
    )
    a, b = studies(drawn)
    assert (a.name, b.name) == ("o=a", "o=b")
    assert dict(a.fixed) == {"f": "x", "g": 1, "h": 3}
    assert dict(b.fixed) == {"f": "x", "h": 3}
    assert dict(a.branch.axes) == {"lr": uniform(0, 1)}


def test_points_by_hand_find_their_branch():
    drawn = plan(
        trials=5,
        scientific={"o": choice("a", "b")},
        nuisance={"lr": per("o", a=uniform(0, 1))},
        searcher="by_hand",
        points=[{"o": "a", "lr": 0.5}, {"o": "b"}, {"o": "a", "lr": 0.1}],
    )
    assert [s.numbers for s in studies(drawn)] == [(0, 2, 3), (1, 4)]


def test_objectives_have_a_sign_and_a_text():
    assert (minimize("x").sign, maximize("x").sign) == (1, -1)
    assert parse_objective("maximize:a:b", reduce="last") == maximize("a:b", reduce="last")
    assert format_objective(maximize("a:b")) == "maximize:a:b"
    with pytest.raises(DesignError, match='names a metric; got ""'):
        Objective("")
    with pytest.raises(DesignError, match='"best" or its "last"'):
        parse_objective("minimize:x", reduce="mean")
    for text in ("error", "min:error", "Minimize:error"):
        with pytest.raises(DesignError, match="if lower is better"):
            parse_objective(text)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a < b", Constraint("a", "<", "b")),
        ("a<=b", Constraint("a", "<=", "b")),
        (" a > b ", Constraint("b", "<", "a")),
        ("a <= 0.3", Constraint("a", "<=", 0.3)),
        ("a >= b", Constraint("b", "<=", "a")),
        ("optim.lr < inf", Constraint("optim.lr", "<", "inf")),
    ],
)
def test_constraints_are_read(text, read):
    assert repr(parse_constraint(text)) == repr(read)


@pytest.mark.parametrize("text", ["a", "a <", "< b", "a = b", "a > 0.3", "0.1 < a"])
def test_what_is_no_constraint_is_refused(text):
    with pytest.raises(DesignError):
        parse_constraint(text)
