"""Closed forms are those of scipy.stats."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats
from scipy.stats import qmc

from tunebook.statistics.distributions import (
    binomial_masses,
    binomial_quantile,
    binomial_tail,
    chi2_quantile,
    f_quantile,
    hypergeometric_tail,
    mann_whitney,
    mean_ranks,
    t_above,
    t_tail,
)
from tunebook.statistics.response.even_points import halton


def same(ours, theirs):
    np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-200)


def test_tails_and_quantiles():
    rng = np.random.default_rng(0)
    freedom = np.append(rng.uniform(1, 200, 50), np.inf)
    chance, t = rng.uniform(1e-6, 0.6, 51), 4 * rng.normal(size=51)
    same(t_tail(t, freedom), stats.t.sf(t, freedom))
    same(t_above(chance, freedom), stats.t.isf(chance, freedom))
    same(f_quantile(chance, 2, freedom[:50, None]), stats.f.ppf(chance, 2, freedom[:50, None]))
    same(chi2_quantile(chance, freedom[:50, None]), stats.chi2.ppf(chance, freedom[:50, None]))


@pytest.mark.parametrize("n", [1, 2, 30, 3000])
@pytest.mark.parametrize("chance", [0.05, 0.5, 0.9])
def test_binomial(n, chance):
    counts = np.unique(np.linspace(0, n, 40).astype(int))
    same(binomial_tail(counts - 1, n, chance), stats.binom.sf(counts - 1, n, chance))
    same(binomial_masses(counts, n, chance), stats.binom.pmf(counts, n, chance))
    for share in (0.001, 0.025, 0.5, 0.999):
        assert binomial_quantile(share, n, chance) == stats.binom.ppf(share, n, chance)


def test_hypergeometric():
    rng = np.random.default_rng(1)
    for _ in range(300):
        total = int(rng.integers(1, 2000))
        marked, drawn = rng.integers(0, total + 1, 2).tolist()
        above = int(rng.integers(-1, min(marked, drawn) + 1))
        ours = hypergeometric_tail(above, total, marked, drawn)
        same(ours, stats.hypergeom.sf(above, total, marked, drawn))


def test_ranks():
    values = np.array([3.0, 1.0, 3.0, np.inf, -2.0, 3.0, np.inf])
    same(mean_ranks(values), stats.rankdata(values))
    assert np.isnan(mean_ranks([1.0, np.nan])).all()


@pytest.mark.parametrize("way", ["two-sided", "less", "greater"])
@pytest.mark.parametrize("sizes", [(1, 1), (3, 4), (8, 8), (5, 60), (20, 30)])
def test_mann_whitney(way, sizes):
    rng = np.random.default_rng(2)
    n, m = sizes
    for a, b in (
        (rng.normal(size=n), rng.normal(size=m) + 0.5),
        (rng.integers(0, 4, n), rng.integers(0, 4, m)),
        (np.arange(n) + 1000, np.arange(m)),
    ):
        same(mann_whitney(a, b, way), stats.mannwhitneyu(a, b, alternative=way).pvalue)


def test_samples_of_one_value_are_alike():
    assert mann_whitney(np.ones(4), np.ones(5)) == 1.0


@pytest.mark.parametrize("dimensions", [1, 5, 40])
def test_halton(dimensions):
    ours = halton(dimensions, 300)
    assert (ours == qmc.Halton(dimensions, scramble=False).random(300)).all()
