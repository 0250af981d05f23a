"""Estimators that checks share."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from scipy.stats import binom

from tunebook.checks import CHECKS, load_check
from tunebook.statistics import estimators
from tunebook.statistics.estimators import good_region, normal_scores, proportion


@pytest.mark.parametrize("check", CHECKS)
def test_every_check_of_the_catalogue_loads(check):
    assert callable(load_check(check))


@given(st.integers(1, 60), st.data())
def test_the_interval_of_a_share_holds_it(n, data):
    k = data.draw(st.integers(0, n))
    interval = proportion(k, n)
    assert 0 <= interval.low <= k / n <= interval.high <= 1


@pytest.mark.parametrize("share", [0.02, 0.3, 0.5])
def test_its_coverage_is_at_least_what_it_says(share):
    n = 30
    counts = np.arange(n + 1)
    covers = [proportion(int(k), n).low <= share <= proportion(int(k), n).high for k in counts]
    assert binom.pmf(counts, n, share)[covers].sum() >= 0.95


def test_normal_scores_keep_order_and_share_ties():
    scores = normal_scores(np.array([3.0, 1.0, 2.0, 2.0]))
    assert scores[1] < scores[2] == scores[3] < scores[0]
    assert scores.sum() == pytest.approx(0.0, abs=1e-9)


def test_the_good_region_is_a_tenth_and_never_infeasible():
    losses = np.r_[np.arange(60.0), [np.nan] * 10]
    assert good_region(losses).sum() == 7
    assert not good_region(np.full(5, np.nan)).any()
    assert good_region(np.array([1.0, 1.0, 1.0, 1.0, 2.0])).sum() == 4


def test_the_freedom_of_two_means_is_that_of_welch():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=5), 3 * rng.normal(size=12)
    found = estimators.welch_freedom((a.var(ddof=1) / 5, b.var(ddof=1) / 12), (4, 11))
    assert found == pytest.approx(stats.ttest_ind(a, b, equal_var=False).df)
    assert estimators.welch_freedom((0.0, 1.0), (4, math.inf)) == math.inf
    assert estimators.welch_freedom((1e300, 1e300), (4, 4)) == pytest.approx(8)
    assert estimators.welch_freedom((0.0, 0.0), (4, 4)) == math.inf
    many = estimators.welch_freedom((np.ones(3), np.array([0.0, 1.0, 4.0])), (4, 4))
    assert many == pytest.approx([4, 8, 25 / 17 * 4])


def test_holm_keeps_its_level_and_stops_at_the_first_that_stands():
    p = np.array([0.03, 0.001, 0.04, 0.011])
    assert estimators.holm(p, 0.05).tolist() == [False, True, False, True]
    assert not estimators.holm(np.array([0.02, 0.03, 0.03]), 0.05).any()
    assert estimators.holm(np.empty(0), 0.05).tolist() == []
    rng = np.random.default_rng(0)
    false = sum(estimators.holm(rng.random(6), 0.05).any() for _ in range(4000))
    assert false <= stats.binom.ppf(1 - 1e-6, 4000, 0.05)
