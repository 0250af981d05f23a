"""Trials chosen by earlier results are told from those that were not (C11)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from adaptivity import ADAPTIVE, NOTHING, count, table
from scipy.stats import binom

from tunebook.checks.order import check as adaptivity
from tunebook.domain.design import Objective
from tunebook.domain.finding import NotApplicable, Severity
from tunebook.domain.space import Branch, Choice, Float
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Status

ALMOST_NEVER = 1e-7


@pytest.mark.parametrize("family", NOTHING)
def test_false_alarms_level1(family):
    """The test is exact: in every family, at most ALPHA; see docs/claims/adaptivity.md."""
    alarms, _ = count(NOTHING[family], 32, 100, 3)
    assert alarms <= binom.isf(ALMOST_NEVER, 100, adaptivity.ALPHA)


@pytest.mark.level(2)
@pytest.mark.parametrize("family", NOTHING)
def test_false_alarms_level2(family):
    alarms, _ = count(NOTHING[family], 64, 1000, 5)
    assert alarms <= binom.isf(ALMOST_NEVER, 1000, adaptivity.ALPHA)


def test_a_part_of_a_search_is_said_to_be_chosen_in_less_than_2_percent():
    """And with the most studies that are judged, random orders still reach the level of each."""
    assert adaptivity.ALPHA < 0.02
    assert 1 / (adaptivity.ORDERS + 1) <= adaptivity.ALPHA / adaptivity.MOST_STUDIES


@pytest.mark.parametrize("family", [f for f in ADAPTIVE if "noise" not in f])
def test_power(family):
    """Measured: 84 % and more of searches of 64 trials."""
    seen, _ = count(ADAPTIVE[family], 64, 30, 3)
    assert seen >= 21


def test_a_grid_in_its_order_is_a_list_and_not_judged():
    alarms, silent = count(NOTHING["grid as listed, 2 axes"], 64, 20, 0)
    assert (alarms, silent) == (0, 20)


def test_rows_sorted_by_their_result_are_not_judged(fresh_rng):
    units = fresh_rng.uniform(size=(40, 2))
    losses = np.sort(fresh_rng.normal(size=40))
    result = adaptivity.check(table(units, losses))
    assert isinstance(result, NotApplicable) and "sorted" in result.reason


def test_thin_data(fresh_rng):
    few = table(fresh_rng.uniform(size=(15, 2)), fresh_rng.normal(size=15))
    result = adaptivity.check(few)
    assert isinstance(result, NotApplicable) and "15 distinct" in result.reason
    all_lost = table(fresh_rng.uniform(size=(40, 2)), np.full(40, np.nan))
    assert isinstance(adaptivity.check(all_lost), NotApplicable)


def test_trials_known_to_be_adaptive_are_not_judged(fresh_rng):
    known = replace(
        table(fresh_rng.uniform(size=(40, 2)), fresh_rng.normal(size=40)), adaptive=True
    )
    assert isinstance(adaptivity.check(known), NotApplicable)


def narrowed():
    rng = np.random.default_rng(0)
    units = np.vstack([rng.uniform(size=(30, 2)), 0.4 + 0.1 * rng.uniform(size=(30, 2))])
    return table(units, ((units - 0.45) ** 2).sum(axis=1) + 0.01 * rng.normal(size=60))


def test_a_narrowed_search_is_warned_of():
    result = adaptivity.check(narrowed())
    assert result.adaptive
    (finding,) = result.findings
    assert finding.severity is Severity.WARNING
    assert (
        "look chosen by earlier results" in finding.sentence and "--adaptive" in finding.sentence
    )


def test_the_result_is_that_of_its_seed():
    assert adaptivity.check(narrowed(), seed=3) == adaptivity.check(narrowed(), seed=3)


def test_choices_ties_and_constants(fresh_rng):
    n = 48
    units = fresh_rng.uniform(size=(n, 2))
    made = table(units, fresh_rng.normal(size=n))
    kinds = fresh_rng.choice(["a", "b", "c"], n)
    made = replace(
        made,
        config=tuple(
            {"x0": float(u), "kind": str(k), "one": 0.5}
            for u, k in zip(units[:, 0], kinds, strict=True)
        ),
        branches={
            "": Branch(
                axes={
                    "x0": Float(0.0, 1.0),
                    "kind": Choice(("a", "b", "c")),
                    "one": Float(0.0, 1.0),
                }
            )
        },
    )
    assert 0 < adaptivity.check(made).studies[0].p_value <= 1
    equal = replace(made, value=np.zeros(n))
    assert adaptivity.check(equal).studies[0].configurations == n
    huge = replace(made, value=np.where(np.arange(n) % 5 == 0, 1e300, made.value))
    adaptivity.check(huge)


def test_published_random_searches_look_like_it(shared_data):
    from tunebook.domain.table import TrialTable

    for name, objective in (
        ("opda/convnext", "maximize:best_top_1"),
        ("opda/deberta-base", "maximize:best_matched"),
    ):
        read = TrialTable.from_csv(shared_data / f"{name}-trials.csv.gz", objective=objective)
        result = adaptivity.check(read)
        assert not result.adaptive and not result.listed


def test_a_baseline_varied_nothing():
    """Four seeds of one configuration: no count of configurations is named."""
    seeds = TrialTable(
        objective=Objective("loss"), name=tuple("abcd"), study=("",) * 4,
        config=({"lr": 0.1},) * 4, seed=(1, 2, 3, 4), status=(Status.COMPLETE,) * 4,
        cause=(None,) * 4, seconds=np.ones(4), value=np.arange(4.0), branches={"": Branch()},
    )  # fmt: skip
    result = adaptivity.check(seeds)
    assert isinstance(result, NotApplicable)
    assert "no hyperparameter was varied" in result.reason and "0" not in result.reason
