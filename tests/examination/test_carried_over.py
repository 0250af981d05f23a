"""Trials carried over: which qualify, how they are marked, and what corrects for where they lie."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tunebook.domain.design import Objective, Round, studies
from tunebook.domain.finding import Finding, Severity
from tunebook.domain.formats.spelling import choice, integer, log_uniform, near_one, per, uniform
from tunebook.domain.space import Float
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Cause, Status
from tunebook.examination.carried_over import (
    EarlierRound,
    carried_words,
    carry_over,
    corrected_share,
    with_carried,
    without_the_best,
)
from tunebook.examination.examine import examine
from tunebook.search.assignment import search_trials

FIRST = Round(
    goal="Which?", nuisance={"lr": log_uniform(1e-3, 1.0), "layers": integer(1, 4)},
    fixed={"momentum": 0.9}, trials=32, max_train_steps=10,
)  # fmt: skip


def ran(plan, number=1, fails=lambda config: False):
    """A round's trials with losses that depend on nothing."""
    trials = search_trials(plan, number)
    failed = [fails(t.config) for t in trials]
    return TrialTable(
        objective=Objective("loss"),
        name=tuple(t.name for t in trials), study=tuple(t.study for t in trials),
        config=tuple(t.config for t in trials), seed=tuple(t.seed for t in trials),
        status=tuple(Status.INFEASIBLE if f else Status.COMPLETE for f in failed),
        cause=tuple(Cause.DIVERGED if f else None for f in failed),
        seconds=np.ones(len(trials)),
        value=np.where(failed, np.nan, np.random.default_rng(number).normal(size=len(trials))),
        branches={s.name: s.branch for s in studies(plan)},
        roles={n: plan.role(n) for n in (*plan.varied, *plan.fixed)},
    )  # fmt: skip


def after(plan, first=FIRST, sha256="", before_sha256="", **more):
    earlier = EarlierRound(number=1, plan=first, table=ran(first, **more), sha256=before_sha256)
    return carry_over(plan, ran(plan, 2), [earlier], sha256=sha256)


def wider(**changes):
    """FIRST with a wider learning rate, other points, and what is asked."""
    lr = {**FIRST.nuisance, "lr": log_uniform(1e-3, 1e3)}
    return replace(FIRST, goal="Next", nuisance=lr, seed=1, **changes)


def test_every_trial_of_a_box_that_was_widened_is_carried_over_and_marked():
    both = after(wider())
    assert len(both) == 64 and both.carried == (0,) * 32 + (1,) * 32
    assert both.name[32:] == tuple(f"1.{n}" for n in range(32))
    assert carried_words(both) == "Included are 32 trials carried over from round 1"


def test_the_old_half_of_the_space_weighs_less():
    both = after(wider())
    old = np.array([c["lr"] <= 1.0 for c in both.config])
    weight = np.array(both.weight)
    # Where both rounds searched there are 32 and 64 expected in the whole, elsewhere 32.
    assert weight[~old].std() == pytest.approx(0) and weight[old].std() == pytest.approx(0)
    assert weight[~old][0] / weight[old][0] == pytest.approx((32 + 32 / 0.5) / 32)
    assert weight.mean() == pytest.approx(1)
    # Weighted, half of the space holds half of the weight, though it holds most of the trials.
    assert weight[old].sum() / weight.sum() == pytest.approx(0.5, abs=0.02) and old.mean() > 0.7


def test_a_share_is_corrected_for_where_the_trials_lie():
    first = ran(FIRST)
    own = ran(wider(), 2, fails=lambda config: config["lr"] > 1.0)
    both = carry_over(wider(), own, [EarlierRound(number=1, plan=FIRST, table=first)])
    assert both.infeasible.mean() < 0.3
    share = corrected_share(both)
    assert share.estimate == pytest.approx(0.5, abs=0.02) and share.low < 0.5 < share.high
    found = Finding(check="C3", severity=Severity.NOTE, subject="", sentence="Some fail.",
                    numbers={"share": share})  # fmt: skip
    said = with_carried(found, both)
    assert (
        "Included are 32 trials carried over from round 1. Drawn evenly over the space"
        in said.sentence
    )
    assert said.numbers["carried_over"] == 32


def test_a_finding_counts_the_trials_that_were_carried_over_to_its_own_study():
    """Two optimizers, and earlier trials of one: the other one's findings have no note."""
    before = replace(FIRST, nuisance={"lr": log_uniform(1e-3, 1.0)},
                     fixed={"momentum": 0.9, "optimizer": "sgd"})  # fmt: skip
    plan = replace(
        before, goal="Which?", seed=1, fixed={"momentum": 0.9},
        scientific={"optimizer": choice("sgd", "adam")},
    )  # fmt: skip
    both = after(plan, first=before)
    assert sum(map(bool, both.carried)) == 32
    said = {f.study: f for f in examine(ran(plan, 2), carried=both).findings if f.check == "C3"}
    assert said["optimizer=sgd"].numbers["carried_over"] == 31
    assert "best trial of each earlier round" in said["optimizer=sgd"].sentence
    assert "carried_over" not in said["optimizer=adam"].numbers
    assert "carried" not in said["optimizer=adam"].sentence


def test_only_trials_inside_a_smaller_box_are_carried_over():
    smaller = replace(FIRST, seed=1, nuisance={**FIRST.nuisance, "lr": log_uniform(1e-3, 0.1)})
    both = after(smaller)
    assert 0 < sum(map(bool, both.carried)) < 32
    assert all(c["lr"] <= 0.1 for c in both.config)


@pytest.mark.parametrize(
    "changes",
    [
        {"max_train_steps": 20},
        {"fixed": {"momentum": 0.99}},
        {"fixed": {}, "nuisance": {"lr": FIRST.nuisance["lr"]}},
        {"evaluations": 5},
        {"time_limit_s": 60.0},
        {"nuisance": {**FIRST.nuisance, "lr": uniform(1e-3, 1.0)}},
        {"fixed": {}, "nuisance": {**FIRST.nuisance, "momentum": near_one(0.5, 0.99)}},
        {"fixed": {"momentum": 0.9, "clip": 1.0}},
    ],
)  # fmt: skip
def test_what_was_trained_otherwise_is_not_carried_over(changes):
    plan = replace(FIRST, seed=1, **changes)
    own = ran(plan, 2)
    both = carry_over(plan, own, [EarlierRound(number=1, plan=FIRST, table=ran(FIRST))])
    assert both is own


def test_other_code_carries_nothing_over_and_unknown_code_does():
    assert not after(wider(), sha256="new", before_sha256="old").carried
    assert after(wider(), sha256="new", before_sha256="").carried
    assert after(wider(), sha256="same", before_sha256="same").carried


def test_a_grid_or_points_by_hand_are_no_even_sample():
    grid = replace(FIRST, searcher="grid", trials=20)
    assert not after(wider(), first=grid).carried


def test_the_same_points_are_not_counted_twice():
    again = replace(FIRST, goal="Again")
    assert not after(again).carried


def test_a_branch_that_won_goes_on_with_its_own_trials():
    compared = Round(
        goal="Which?", scientific={"optimizer": choice("sgd", "adam")}, trials=32,
        nuisance={"lr": per("optimizer", sgd=log_uniform(1e-2, 1), adam=log_uniform(1e-4, 1e-2))},
        max_train_steps=10,
    )  # fmt: skip
    won = Round(
        goal="Next", fixed={"optimizer": "adam"}, nuisance={"lr": log_uniform(1e-4, 1e-2)},
        trials=16, max_train_steps=10, seed=1,
    )  # fmt: skip
    both = after(won, first=compared)
    assert sum(map(bool, both.carried)) == 16 and set(both.study) == {""}
    assert {c["optimizer"] for c in both.config} == {"adam"}
    assert np.array(both.weight) == pytest.approx(1)


def test_a_choice_that_lost_a_value_keeps_the_trials_of_the_others():
    three = replace(FIRST, nuisance={**FIRST.nuisance, "act": choice("relu", "tanh", "gelu")})
    two = replace(three, seed=1, nuisance={**FIRST.nuisance, "act": choice("relu", "gelu")})
    both = after(two, first=three)
    assert {c["act"] for c in both.config} == {"relu", "gelu"}
    assert np.array(both.weight) == pytest.approx(1)


def test_checks_that_take_a_fresh_sample_read_the_new_trials_alone():
    plan = wider()
    own = ran(plan, 2)
    both = carry_over(plan, own, [EarlierRound(number=1, plan=FIRST, table=ran(FIRST))])
    findings = examine(own, carried=both).findings
    with_, without = ("C1", "C3", "C10"), ("C2", "C9", "C11")
    assert {f.check for f in findings} >= {"C1", "C2", "C3"}
    for finding in findings:
        assert ("carried over from round 1" in finding.sentence) == (finding.check in with_)
        assert finding.check not in without or "carried_over" not in finding.numbers
    alone = examine(own).findings
    same = [f for f in findings if f.check not in with_]
    assert [f.sentence for f in same] == [f.sentence for f in alone if f.check not in with_]


def test_where_trials_fail_is_read_without_the_trial_that_may_have_chosen_the_space():
    both = after(wider())
    best = both.name[32:][int(np.argmin(both.value[32:]))]
    left = without_the_best(both)
    assert len(left) == 63 and best not in left.name and set(both.name[:32]) <= set(left.name)
    said = {f.check: f.sentence for f in examine(ran(wider(), 2), carried=both).findings}
    assert "All 63 trials" in said["C3"] and "Included are 31 trials carried over" in said["C3"]
    assert "Included are 32 trials carried over" in said["C1"]


def test_a_table_that_is_cut_keeps_marks_and_weights():
    both = after(wider())
    some = both.take(np.arange(30, 34))
    assert some.carried == (0, 0, 1, 1) and some.weight == both.weight[30:34]
    assert both.axis("", "lr") == Float(1e-3, 1e3, FIRST.nuisance["lr"].scale)
