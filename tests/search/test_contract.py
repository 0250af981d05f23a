"""What every searcher owes: configuration k is a pure function of (space, seed, k) (B6)."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strategies import examples, rounds
from tunebook.domain import design, searchers
from tunebook.domain.errors import DesignError
from tunebook.domain.formats.spelling import choice, per, uniform
from tunebook.domain.space import Constraint
from tunebook.search import SEARCHERS, load_searcher, points, study_seed
from tunebook.search.assignment import search_trials

quick = settings(
    max_examples=examples(25),
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.function_scoped_fixture,
    ],
)


def test_the_catalogue_has_what_a_plan_may_ask_for():
    planned = [s for s in searchers.SEARCHERS if s not in searchers.ADAPTIVE]
    assert list(SEARCHERS) == planned
    assert all(callable(load_searcher(name)) for name in SEARCHERS)
    with pytest.raises(DesignError, match="searcher is one of halton"):
        load_searcher("bayes")


@quick
@given(data=st.data())
def test_a_point_depends_on_its_index_alone(make_plan, searcher, data):
    plan = make_plan(searcher, seed=data.draw(st.integers(0, 2**64)))
    study = data.draw(st.sampled_from(design.studies(plan)))
    whole = points(plan, study, range(60))
    some = data.draw(st.lists(st.integers(0, 59), max_size=12))
    assert points(plan, study, some) == [whole[k] for k in some]
    k = data.draw(st.integers(0, 59))
    assert points(plan, study, [k]) == [whole[k]]


def test_an_extended_round_keeps_its_trials(make_plan, searcher):
    short = search_trials(make_plan(searcher, trials=13), 1)
    long = search_trials(make_plan(searcher, trials=50), 1)
    assert long[:13] == short
    assert [t.number for t in long] == list(range(50))


def test_equal_spaces_have_equal_points(make_plan, searcher):
    plan = make_plan(searcher)
    turned = replace(plan, nuisance=dict(reversed(plan.nuisance.items())))
    assert turned == plan
    assert search_trials(turned, 1) == search_trials(plan, 1)


def test_points_lie_in_their_branch_and_branches_never_mix(make_plan, searcher):
    plan = make_plan(searcher, trials=60)
    flat = {study.name: study for study in design.studies(plan)}
    for trial in search_trials(plan, 1):
        study = flat[trial.study]
        exist = {*study.branch.conditions, *study.branch.axes, *study.fixed}
        assert set(trial.config) == exist
        assert all(axis.holds(trial.config[n]) for n, axis in study.branch.axes.items())
        assert ("momentum" in trial.config) == (trial.config["optimizer"] == "nesterov")
        assert ("clip" in trial.config) == (trial.config["optimizer"] == "adam")
        assert trial.config["batch_size"] == 64


@pytest.mark.parametrize("name", [s for s in SEARCHERS if s != "by_hand"])
def test_scientific_values_get_equal_shares(make_plan, name):
    trials = search_trials(make_plan(name, trials=41), 1)
    shares = Counter(t.config["optimizer"] for t in trials)
    assert shares == {"nesterov": 21, "adam": 20}


@pytest.mark.parametrize("name", ["halton", "sobol", "random"])
def test_another_seed_is_another_sequence(make_plan, name):
    a, b = (search_trials(make_plan(name, seed=s), 1) for s in (0, 1))
    assert all(x.config["lr"] != y.config["lr"] for x, y in zip(a, b, strict=True))


@pytest.mark.parametrize("name", ["halton", "sobol", "random"])
def test_studies_have_sequences_of_their_own(name):
    shared = {"a": uniform(0, 1), "b": uniform(0, 1)}
    plan = design.Round(goal="q?", scientific={"o": choice("p", "q")}, nuisance=shared,
                        trials=20, max_train_steps=1, searcher=name)  # fmt: skip
    p, q = (points(plan, study, range(10)) for study in design.studies(plan))
    assert all(x != y for x, y in zip(p, q, strict=True))


def test_no_index_asks_for_nothing(make_plan, searcher):
    plan = make_plan(searcher)
    assert points(plan, design.studies(plan)[0], []) == []
    limited = replace(plan, subject_to=(Constraint("layers", "<", 7.0),))
    assert points(limited, design.studies(limited)[0], []) == []


def test_a_study_in_which_nothing_varies(searcher):
    more = {"points": [{"o": "a"}, {"o": "b"}]} if searcher == "by_hand" else {}
    plan = design.Round(goal="q?", scientific={"o": choice("a", "b")}, fixed={"x": 1},
                        trials=2, max_train_steps=1, searcher=searcher, **more)  # fmt: skip
    configs = [dict(t.config) for t in search_trials(plan, 1)]
    assert configs == [{"o": "a", "x": 1}, {"o": "b", "x": 1}]


@pytest.mark.parametrize("name", ["halton", "sobol", "random", "grid"])
def test_constraints_are_met_by_going_on(cube, name):
    more = {"levels": {"x0": 9, "x1": 9}} if name == "grid" else {}
    plan = cube(2, name, trials=36, subject_to=(Constraint("x0", "<", "x1"),), **more)
    free = replace(plan, subject_to=())
    (study,) = design.studies(plan)
    allowed = [p for p in points(free, study, range(81)) if p["x0"] < p["x1"]]
    found = points(plan, study, range(len(allowed)))
    assert found == allowed
    assert len(allowed) >= 25
    assert points(plan, study, [20, 3]) == [allowed[20], allowed[3]]


def test_constraints_see_fixed_and_conditional_hyperparameters():
    plan = design.Round(
        goal="q?",
        scientific={"o": choice("a", "b")},
        nuisance={"warmup": per("o", a=uniform(0, 1))},
        fixed={"decay": 0.25},
        subject_to=(Constraint("warmup", "<=", "decay"),),
        trials=20,
        max_train_steps=1,
    )
    configs = [t.config for t in search_trials(plan, 1)]
    assert max(c.get("warmup", 0) for c in configs) <= 0.25
    assert sum("warmup" in c for c in configs) == 10


def test_a_narrow_constraint_takes_time_in_proportion(cube):
    """1 % of the space is allowed: 500 trials look at 50,000 candidates in a second."""
    plan = cube(6, "halton", trials=500, subject_to=(Constraint("x0", "<", 0.01),))
    began = time.process_time()
    trials = search_trials(plan, 1)
    assert time.process_time() - began < 5  # 0.8 s
    assert max(t.config["x0"] for t in trials) < 0.01


def test_a_constraint_that_allows_nothing_ends(cube):
    plan = cube(1, "random", subject_to=(Constraint("x0", "<", -1.0),))
    with pytest.raises(DesignError, match=r"subject_to \(x0 < -1.0\) refuses \d+ config"):
        search_trials(plan, 1)


@quick
@given(plan=rounds())
def test_any_plan_has_its_trials_or_says_why(plan):
    trials = ()
    try:
        trials = search_trials(plan, 1)
    except DesignError as error:
        said = str(error)
    if not trials:
        assert any(reason in said for reason in ("subject_to", "a constraint", "the grid has"))
        return
    assert [t.number for t in trials] == list(range(plan.trials))
    flat = {study.name: study for study in design.studies(plan)}
    for trial in trials:
        axes = flat[trial.study].branch.axes
        assert all(axis.holds(trial.config[name]) for name, axis in axes.items())
        config = trial.config
        assert all(c.allows(config) for c in plan.subject_to)


def test_study_seeds_differ():
    seeds = {study_seed(s, name) for s in range(50) for name in ("", "o=a", "o=b")}
    assert len(seeds) == 150
