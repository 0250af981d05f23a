"""A level and a height times a shape, for every shape of a grid (C6 E5)."""

from __future__ import annotations

import numpy as np
import pytest

from tunebook.statistics.curves.shape_fits import fit_shapes

T = np.linspace(0.25, 1, 40)
RATES = np.geomspace(0.25, 40, 60)
SHAPES = np.exp(-RATES[:, None] * T)


def test_the_true_shape_height_and_gain_are_found_without_noise():
    levels = np.array([0.1, 0.4])[:, None]
    values = levels + 0.7 * SHAPES[30]
    fit = fit_shapes(values - values.mean(axis=1, keepdims=True), SHAPES)
    assert fit.best == 30 and fit.height[30] == pytest.approx(0.7)
    assert fit.error[30] == pytest.approx(0, abs=1e-20)
    beyond = np.exp(-RATES) - np.exp(-1.5 * RATES)
    low, high = fit.gains(beyond, 1e-9 - fit.error)
    assert low <= 0.7 * beyond[30] <= high and high - low < 1e-3


def test_more_room_allows_more_gains_and_heights_keep_their_floor():
    rng = np.random.default_rng(0)
    values = SHAPES[30] + 0.05 * rng.normal(size=T.size)
    own = (values - values.mean())[None]
    beyond = np.exp(-RATES) - np.exp(-1.5 * RATES)
    fit = fit_shapes(own, SHAPES)
    ranges = [fit.gains(beyond, r * fit.error[fit.best] - fit.error) for r in (1.01, 1.2, 2.0)]
    widths = [high - low for low, high in ranges]
    assert widths == sorted(widths)
    rising = fit_shapes(-own, SHAPES, least_height=0.0)
    assert (rising.height == 0).all() and (fit_shapes(-own, SHAPES).height < 0).all()
    assert rising.gains(beyond, 2 * rising.error - rising.error)[0] == 0
