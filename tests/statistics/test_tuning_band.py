"""Bands of tuning curves: opda's, with an exact level."""

from __future__ import annotations

import numpy as np
import pytest
from opda.nonparametric import EmpiricalDistribution
from scipy.stats import beta, binom

from tunebook.statistics.tuning_band import (
    at_ranks,
    band_ranks,
    bounds_at_once,
    budgets_of,
    chance_within,
)


def opdas(n: int, method: str) -> list[list[int]]:
    bands = EmpiricalDistribution.confidence_bands(
        np.arange(n, dtype=float),
        0.95,
        generator=np.random.default_rng(0),
        method=method,
        n_jobs=1,
    )
    curves = (b.quantile_tuning_curve(budgets_of(n), q=0.5, minimize=True) for b in bands[::-1])
    return [[int(np.clip(r, -1, n)) for r in curve] for curve in curves]


@pytest.mark.parametrize("n", [129, 300])
def test_the_band_of_many_trials_is_opdas(n):
    assert [list(ranks) for ranks in band_ranks(n)] == opdas(n, "dkw")


@pytest.mark.parametrize("n", [1, 2, 8, 25, 101])
def test_the_band_of_few_trials_is_opdas_but_for_its_draws(n):
    for ranks, wanted in zip(band_ranks(n), opdas(n, "ld_equal_tailed"), strict=True):
        apart = np.abs(np.subtract(ranks, wanted))
        assert apart.max() <= 1
        assert (apart > 0).mean() <= 0.05


@pytest.mark.parametrize("n", [1, 5, 40, 128])
def test_each_bound_has_equal_tails_and_all_hold_at_once(n):
    low, high = bounds_at_once(n, 0.95)
    i = np.arange(1, n + 1)
    below, above = beta.cdf(low, i, n + 1 - i), beta.sf(high, i, n + 1 - i)
    np.testing.assert_allclose(below, above, rtol=1e-6)
    np.testing.assert_allclose(below, below[0], rtol=1e-6)
    assert chance_within(low, high) == pytest.approx(0.95, abs=1e-8)


def test_the_chance_within_bounds_is_that_of_two_draws():
    """Both within, less those where the lower draw is too low or the higher one is not enough."""
    low, high = np.array([0.1, 0.4]), np.array([0.6, 0.9])
    # 0.1 <= first <= 0.6, 0.4 <= second <= 0.9, first <= second; twice, for the order of the draws.
    area = 0.5 * 0.5 - 0.5 * 0.2**2
    assert chance_within(low, high) == pytest.approx(2 * area, abs=1e-12)


@pytest.mark.parametrize("n", [3, 30, 120])
def test_the_chance_within_bounds_is_that_of_draws(n, fresh_rng):
    low, high = bounds_at_once(n, 0.9)
    drawn = np.sort(fresh_rng.random((20_000, n)), axis=1)
    missed = int(((drawn < low) | (drawn > high)).any(axis=1).sum())
    assert binom.ppf(5e-7, 20_000, 0.1) <= missed <= binom.ppf(1 - 5e-7, 20_000, 0.1)


def test_the_band_holds_for_all_budgets_at_once(fresh_rng):
    """Independent uniform losses: the median of the best of n is 1 - 0.5^(1/n)."""
    budgets = np.arange(1, 25)
    truth = 1 - 0.5 ** (1 / budgets)
    low, _, high = band_ranks(24)
    missed = 0
    for _ in range(400):
        ordered = np.sort(fresh_rng.random(24))
        a, b = at_ranks(ordered, low), at_ranks(ordered, high)
        missed += bool((a > truth).any() or (b < truth).any())
    assert missed <= binom.ppf(1 - 1e-6, 400, 0.05)
