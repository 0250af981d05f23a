"""Along one hyperparameter, a response is what its columns give at each point."""

from __future__ import annotations

import numpy as np
import pytest

from tunebook.statistics.response.along_axis import along_axis
from tunebook.statistics.response.columns import columns_for, parabola_and_curve
from tunebook.statistics.response.regression import fit

LEVELS = (0, 3, 0, 0)


def places(rng, count):
    units = rng.random((count, len(LEVELS)))
    units[:, 1] = (rng.integers(0, 3, count) + 0.5) / 3
    return units


@pytest.mark.parametrize("trials", [12, 400])
@pytest.mark.parametrize("axis", range(len(LEVELS)))
def test_mean_and_spread_along_an_axis(axis, trials):
    rng = np.random.default_rng(axis)
    x = places(rng, trials)
    scores = (x**2).sum(axis=1) + x[:, 0] * x[:, 2] + 0.1 * rng.normal(size=trials)
    at = places(rng, 7)
    values = np.tile(places(rng, 5)[:, axis], (7, 1))
    tried = np.repeat(at[:, None], 5, axis=1)
    tried[..., axis] = values
    for columns in parabola_and_curve(LEVELS, x):
        model = fit(columns, columns.of(x), scores)
        mean, spread = along_axis(model, at, axis, values)
        rows = columns.of(tried.reshape(-1, len(LEVELS)))
        np.testing.assert_allclose(mean.ravel(), rows @ model.beta, rtol=1e-8, atol=1e-9)
        wanted = ((rows @ model.covariance) * rows).sum(axis=1)
        np.testing.assert_allclose(spread.ravel(), wanted, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("trials", [10, 200])
def test_a_fit_is_the_same_by_trials_and_by_columns(trials):
    """The smaller of two matrices is inverted; both say the same."""
    rng = np.random.default_rng(5)
    x = places(rng, trials)
    scores = x[:, 0] ** 2 + 0.1 * rng.normal(size=trials)
    columns = columns_for(LEVELS, degree=[2, 1, 2, 2], products=2)
    assert (trials < len(columns.constant)) == (trials == 10)
    model = fit(columns, columns.of(x), scores)
    centred = columns.of(x) - columns.of(x).mean(axis=0)
    inside = np.eye(trials) + (centred * model.prior**2) @ centred.T
    weights = np.linalg.solve(inside, scores - scores.mean())
    np.testing.assert_allclose(model.beta, model.prior**2 * (centred.T @ weights), atol=1e-7)
    left = float((scores - scores.mean()) @ weights) / (trials - 1)
    assert model.noise == pytest.approx(left, rel=1e-6)
