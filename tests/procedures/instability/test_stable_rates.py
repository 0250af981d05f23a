"""Several seeds of a rate together, and the best rate of a sweep (H1)."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from tunebook.procedures.instability.stable_rates import Stability, best_rate, judge, read_rate
from tunebook.procedures.instability.training_stability import Fate, read_run


def two_looks(failed: np.ndarray) -> Stability:
    """As the procedure looks: at five seeds, and at ten where five leave it open."""
    says = judge(int(failed[:5].sum()), 5)
    return judge(int(failed.sum()), 10) if says is Stability.OPEN else says


def exact(share: float, says: Stability) -> float:
    """Chance of an outcome of the two looks, by counting all of them."""
    chance = 0.0
    for first in range(6):
        for second in range(6):
            row = np.repeat([1, 0, 1, 0], [first, 5 - first, second, 5 - second])
            if two_looks(row) is says:
                chance += binom.pmf(first, 5, share) * binom.pmf(second, 5, share)
    return chance


def test_error_rates_are_what_the_docstring_says():
    assert exact(0.1, Stability.UNSTABLE) <= 0.022
    assert exact(0.02, Stability.UNSTABLE) <= 0.001
    assert exact(0.5, Stability.STABLE) <= 0.042


def test_power():
    assert exact(0.9, Stability.UNSTABLE) >= 0.99
    assert exact(0.5, Stability.UNSTABLE) >= 0.8
    assert exact(0.01, Stability.STABLE) >= 0.99


def test_nothing_known_is_not_enough():
    assert judge(0, 0) is Stability.OPEN
    assert judge(0, 4) is Stability.OPEN


def test_runs_that_can_not_be_read_do_not_count():
    steps = np.arange(40)
    ends = read_run("1.0", steps, np.append(np.ones(39), np.nan), fall=1.0, max_train_steps=40)
    short = read_run("1.1", steps[:5], np.ones(5), fall=1.0, max_train_steps=40)
    assert short.fate is Fate.UNKNOWN
    read = read_rate(0.1, [ends] * 3 + [short] * 2, setting="twice", values=[0.2, np.nan])
    assert (read.failed, read.known, read.values) == (3, 3, (0.2,))
    assert read.told == "3 of 3 seeds fail (3 diverging); 2 can't be read"


RATES = np.geomspace(1e-4, 1.0, 17)


def response(at: float, width: float = 1.0) -> np.ndarray:
    return 0.1 + 0.02 * (np.log10(RATES / at) / width) ** 2


def test_the_best_rate_is_near_the_lowest_point(fresh_rng):
    found = [
        best_rate(RATES, response(1e-2) + 0.002 * fresh_rng.standard_normal(17))
        for _ in range(200)
    ]
    off = np.abs(np.log10([f.rate for f in found]) + 2)
    assert np.quantile(off, 0.95) < 0.5
    assert sum(f.edge == "" for f in found) >= 195


def test_of_a_flat_response_the_middle_counts_and_not_luck(fresh_rng):
    """Of 4,000 the rate was in the middle in 96 %, and at an edge in none."""
    flat = np.where(RATES < 1e-3, 0.4, 0.1)
    flat[-2:] = np.nan
    found = [best_rate(RATES, flat + 0.005 * fresh_rng.standard_normal(17)) for _ in range(100)]
    assert sum(5e-3 < f.rate < 5e-2 for f in found) >= binom.ppf(1e-6, 100, 0.95)
    assert sum(f.edge == "" for f in found) >= binom.ppf(1e-6, 100, 0.995)


@pytest.mark.parametrize(("at", "edge"), [(1e-5, "low"), (1e-2, ""), (10.0, "high")])
def test_edges(at, edge):
    assert best_rate(RATES, response(at)).edge == edge


def test_where_rates_above_fail_the_best_is_at_no_edge():
    losses = response(10.0)
    losses[-1] = np.nan
    assert best_rate(RATES, losses).edge == ""


def test_a_sweep_of_which_hardly_any_trained_has_no_best():
    assert best_rate(RATES, np.where(RATES < 5e-4, response(1e-2), np.nan)) is None
