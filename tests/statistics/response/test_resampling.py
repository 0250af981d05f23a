"""Sums over subsets against counting them one by one."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies import examples
from tunebook.statistics.response.resampling import mean_best, spread_of_best, trials_to_resolve


@settings(max_examples=examples(50), deadline=None)
@given(st.lists(st.floats(-100, 100), min_size=2, max_size=9), st.data())
def test_the_mean_of_the_best_is_that_over_all_subsets(losses, data):
    budget = data.draw(st.integers(1, len(losses)))
    counted = np.mean([min(s) for s in combinations(losses, budget)])
    assert mean_best(np.array(losses), budget) == pytest.approx(counted, abs=1e-9)


def test_infeasible_trials_take_their_share_of_the_budget():
    worst = np.array([1.0, 2.0, np.inf, np.inf])
    # Of the 6 pairs: 3 hold the 1, 2 the 2 without it, and 1 has no feasible trial.
    assert mean_best(worst, 2) == pytest.approx((3 * 1 + 2 * 2) / 5)
    assert math.isnan(mean_best(np.array([np.inf, np.inf]), 1))


@settings(max_examples=examples(50), deadline=None)
@given(
    st.lists(st.integers(-1000, 1000), min_size=6, max_size=40),
    st.floats(0.01, 100),
    st.integers(-100, 100),
)
def test_the_spread_follows_the_units(losses, scale, shift):
    before = spread_of_best(np.array(losses))
    after = spread_of_best(scale * np.array(losses) + shift)
    assert before >= 0
    assert after == pytest.approx(scale * before, rel=1e-3, abs=1e-6)


def test_the_spread_is_not_that_of_one_repeated_best():
    """The plain bootstrap of the best of all has next to no spread here; a new study would."""
    worst = np.sort(np.random.default_rng(0).random(30))
    assert spread_of_best(worst) > worst[1] - worst[0]


def test_one_feasible_trial_has_no_spread():
    assert spread_of_best(np.array([1.0, np.inf, np.inf])) == math.inf


def test_a_rare_miss_of_the_good_region_does_not_set_the_spread():
    rng = np.random.default_rng(0)
    worst = np.concatenate([0.1 + 0.01 * rng.random(40), np.full(40, 1e6)])
    assert spread_of_best(worst) < 0.01


def test_more_trials_are_named_only_where_they_would_do():
    worst = np.random.default_rng(0).random(40)
    assert trials_to_resolve(worst, 1.0) == 40
    assert 40 < trials_to_resolve(worst, 0.7) <= 320
    assert trials_to_resolve(worst, 1e-300) is None
    assert trials_to_resolve(worst, 0.0) is None
    assert trials_to_resolve(np.zeros(40), 0.5) is None
