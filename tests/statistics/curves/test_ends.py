"""The end of one curve: how much it still gains, and since when it has been level."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from tunebook.statistics.curves.ends import FEWEST_POINTS, late_gain, noise_of, saturated_at

LENGTH = 1000


def steps_of(points: int) -> np.ndarray:
    return np.linspace(LENGTH / points, LENGTH, points).astype(int) - 1


@pytest.mark.parametrize("points", [8, 10, 20, 50, 200])
def test_a_straight_fall_is_read_exactly(points):
    steps = steps_of(points)
    gain = late_gain(steps, 3.0 - 2.0 * (steps + 1) / LENGTH, LENGTH)
    assert gain.estimate == pytest.approx(0.2)
    assert gain.low == pytest.approx(0.2) and gain.high == pytest.approx(0.2)


@pytest.mark.parametrize("points", [15, 30, 60])
def test_a_level_end_after_a_cut_learning_rate_is_level(points, fresh_rng):
    steps, repeats = steps_of(points), 100
    falls = 0
    for _ in range(repeats):
        losses = 0.1 * (steps < 0.7 * LENGTH) + 0.002 * fresh_rng.normal(size=points)
        falls += late_gain(steps, losses, LENGTH).low > 0
    assert falls <= stats.binom.ppf(1 - 1e-6, repeats, 0.025)


def test_too_few_evaluations_say_nothing():
    steps = steps_of(FEWEST_POINTS - 1)
    gain = late_gain(steps, -1.0 * steps, LENGTH)
    assert (gain.low, gain.high) == (-math.inf, math.inf)
    assert saturated_at(steps, np.zeros(len(steps)), LENGTH) is None


@pytest.mark.parametrize("points", [10, 20, 50])
def test_the_interval_covers_what_it_says(points, fresh_rng):
    steps, repeats = steps_of(points), 400
    held = 0
    for _ in range(repeats):
        losses = -0.3 * (steps + 1) / LENGTH + 0.1 * fresh_rng.normal(size=points)
        gain = late_gain(steps, losses, LENGTH)
        held += gain.low <= 0.03 <= gain.high
    low, high = stats.binom.ppf([1e-6, 1 - 1e-6], repeats, 0.95)
    assert low <= held <= high


def test_noise_is_read_off_neighbours_and_not_off_a_spike():
    rng = np.random.default_rng(0)
    losses = 0.1 * rng.normal(size=400)
    assert noise_of(losses) == pytest.approx(0.1, rel=0.2)
    losses[300] = 50.0
    assert noise_of(losses) == pytest.approx(0.1, rel=0.2)


def test_an_objective_counted_in_examples_has_noise_though_it_mostly_stands_still():
    losses = np.zeros(40)
    losses[[25, 33]] = 0.01
    assert noise_of(losses) > 0


def test_a_curve_that_is_done_early_says_when():
    steps = steps_of(100)
    losses = np.exp(-30 * (steps + 1) / LENGTH)
    assert 150 < saturated_at(steps, losses, LENGTH) < 300


def test_a_curve_that_goes_on_falling_slowly_is_not_done():
    """Twice the noise of one evaluation, but plain in the mean of many."""
    rng = np.random.default_rng(1)
    steps = steps_of(400)
    t = (steps + 1) / LENGTH
    losses = np.exp(-30 * t) - 0.05 * t + 0.02 * rng.normal(size=400)
    assert saturated_at(steps, losses, LENGTH) is None


def test_a_curve_that_gets_worse_is_done_where_it_was_best():
    steps = steps_of(200)
    t = (steps + 1) / LENGTH
    rng = np.random.default_rng(0)
    losses = 3 * (t - 0.2) ** 2 + 0.002 * rng.normal(size=200)
    assert 100 < saturated_at(steps, losses, LENGTH) <= 220
