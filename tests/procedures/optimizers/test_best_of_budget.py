"""Bands of several searches: what they are, and how often they part where nothing differs."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from tunebook.procedures.optimizers.best_of_budget import ERROR_RATE, best_of_budgets, parted


def test_the_median_and_the_best_are_those_of_the_trials():
    losses = np.array([5.0, 3.0, 1.0, 4.0, 2.0, np.inf, np.nan, 6.0])
    (one,) = best_of_budgets({"adam": losses}, 1)
    assert one.trials == 8 and one.best == 1.0
    assert one.budgets.tolist() == list(range(1, 9))
    assert (np.diff(one.median) <= 0).all()
    assert one.at(8).estimate == one.median[-1] and one.at(8).low == -np.inf
    assert one.at(1).estimate in (4.0, 5.0)


def test_where_higher_is_better_all_is_turned_around():
    losses = np.linspace(0, 1, 16)
    (low,), (high,) = best_of_budgets({"a": losses}, 1), best_of_budgets({"a": losses}, -1)
    assert np.allclose(high.median, -low.median)
    assert np.allclose(high.low, -low.high, equal_nan=True)
    assert high.best == 0.0


@pytest.mark.parametrize("sign", [1, -1])
def test_far_apart_they_part_in_the_right_direction(sign):
    losses = {"good": np.linspace(0, 1, 32), "bad": np.linspace(10, 11, 32)}
    (found,) = parted(best_of_budgets(losses, sign))
    assert (found.better, found.worse, found.first) == ("good", "bad", 1)
    assert 1 < found.last < 32  # the band is open at the best end of all trials


def test_too_few_complete_trials_have_no_curve():
    assert best_of_budgets({"a": np.array([1.0, 2.0, 3.0, np.inf, np.inf])}, 1) == ()


def test_more_searches_have_wider_bands():
    losses = np.random.default_rng(0).random(40)
    alone = best_of_budgets({"a": losses}, 1)[0]
    among = best_of_budgets({str(k): losses for k in range(8)}, 1)[0]
    assert (among.high >= alone.high).all() and (among.high > alone.high).any()


@pytest.mark.parametrize("count", [2, 6])
def test_alike_searches_part_in_no_more_than_the_error_rate(count, fresh_rng):
    alarms = sum(
        bool(parted(best_of_budgets({str(k): rng.random(24) for k in range(count)}, 1)))
        for rng in fresh_rng.spawn(300)
    )
    assert alarms <= binom.ppf(1 - 1e-6, 300, ERROR_RATE)


def test_searches_apart_by_much_part(fresh_rng):
    found = sum(
        bool(parted(best_of_budgets({"a": rng.random(48), "b": rng.random(48) + 0.7}, 1)))
        for rng in fresh_rng.spawn(40)
    )
    assert found >= binom.ppf(1e-6, 40, 0.95)
