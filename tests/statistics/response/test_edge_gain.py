"""C1's model: what it foretells, what it makes of choices, integers, plateaus and huge losses."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import qmc

from tunebook.domain.space import Choice, Float, Integer
from tunebook.statistics.response.columns import columns_for
from tunebook.statistics.response.edge_gain import edge_gains
from tunebook.statistics.response.regression import fit

UNIT = Float(0.0, 1.0)


def points(n, d, seed=0):
    return qmc.Halton(d, rng=seed).random(n)


def test_the_models_mean_follows_what_it_was_fitted_to():
    units = points(64, 2)
    truth = (units[:, 0] - 0.3) ** 2 + units[:, 0] * units[:, 1]
    columns = columns_for([0, 0], degree=[2, 2], products=2)
    model = fit(columns, columns.of(units), truth)
    foretold = truth.mean() + (columns.of(units) - columns.of(units).mean(0)) @ model.beta
    np.testing.assert_allclose(foretold, truth, atol=1e-3)


def test_the_error_of_a_prediction_is_as_large_as_it_says():
    rng, inside = np.random.default_rng(0), 0
    columns = columns_for([0, 0], degree=[8, 8], products=3)
    for _ in range(200):
        units, new = rng.random((40, 2)), rng.random((2, 2))

        def response(u):
            return np.sin(3 * u[:, 0]) + u[:, 1] ** 2

        model = fit(columns, columns.of(units), response(units) + 0.1 * rng.normal(size=40))
        apart = np.diff(columns.of(new), axis=0)[0]
        error = np.sqrt(model.noise * apart @ model.covariance @ apart)
        inside += abs(apart @ model.beta - np.diff(response(new))[0]) < 1.96 * error
    assert inside >= 170


@pytest.mark.parametrize("trials", [20, 80])
def test_the_fit_is_the_mode_whichever_matrix_is_inverted(trials):
    """36 columns: with fewer trials their matrix is inverted, else that of the columns."""
    rng, columns = np.random.default_rng(1), columns_for([0] * 3, degree=[6] * 3, products=4)
    units = rng.random((trials, 3))
    x, scores = columns.of(units), np.sin(3 * units[:, 0]) + 0.1 * rng.normal(size=trials)
    model = fit(columns, x, scores)
    centred, around = x - x.mean(0), scores - scores.mean()
    beta = np.linalg.solve(centred.T @ centred + np.diag(model.prior**-2), centred.T @ around)
    np.testing.assert_allclose(model.beta, beta, rtol=1e-6, atol=1e-9)

    def cost(factor):
        prior = model.prior * factor
        kernel = np.eye(trials) + (centred * prior**2) @ centred.T
        rest = around @ np.linalg.solve(kernel, around)
        return (trials - 1) * np.log(rest) + np.linalg.slogdet(kernel)[1]

    # The weak prior of the scales moves the mode of the likelihood little.
    assert cost(1.0) < min(cost(0.2), cost(5.0))


def test_columns_are_orthonormal_on_the_unit_interval():
    columns = columns_for([0, 3], degree=[4, 1], products=2)
    mains = columns.of(qmc.Sobol(2, rng=0).random(4096))[:, :4]
    np.testing.assert_allclose(mains.T @ mains / 4096, np.eye(4), atol=0.02)


def test_products_are_left_out_where_there_are_too_many():
    assert columns_for([0] * 40, degree=[2] * 40, products=2).pairs.shape == (2, 0)


@pytest.mark.parametrize("scale", [1.0, 1e-9, 1e12])
def test_units_of_the_loss_do_not_count(scale):
    units = points(32, 2)
    losses = (units[:, 0] - 1.25) ** 2 + 0.01 * np.random.default_rng(0).normal(size=32)
    first, second = (edge_gains(units, [UNIT] * 2, c * losses) for c in (1.0, scale))
    np.testing.assert_allclose(first.p_value, second.p_value, rtol=1e-3, atol=1e-9)
    assert first.p_value[0, 1] < 1e-3


def test_explosions_do_not_hide_the_edge():
    units = points(64, 2)
    losses = (units[:, 0] - 1.25) ** 2 + 0.01 * np.random.default_rng(0).normal(size=64)
    losses[units[:, 0] < 0.1] = 6e18
    assert edge_gains(units, [UNIT] * 2, losses).p_value[0, 1] < 0.01


def test_a_choice_has_no_side_and_its_levels_are_told_apart():
    axes = [UNIT, Choice(tuple("abcdefghijkl"))]
    units = points(96, 2)
    units[:, 1] = (np.floor(units[:, 1] * 12) + 0.5) / 12
    losses = (units[:, 0] - 1.25) ** 2 + 2.0 * (units[:, 1] > 0.9)
    found = edge_gains(units, axes, losses)
    assert (found.p_value[1] == 1.0).all()
    assert found.p_value[0, 1] < 0.01


def test_an_integer_of_few_values():
    axis = Integer(1, 4)
    values = 1 + np.arange(48) % 4
    units = np.column_stack([[axis.to_unit(int(v)) for v in values], points(48, 1)[:, 0]])
    found = edge_gains(
        units, [axis, UNIT], -values + 0.1 * np.random.default_rng(0).normal(size=48)
    )
    assert found.p_value[0, 1] < 0.01
    assert found.p_value[0, 0] > 0.5


@pytest.mark.parametrize(
    ("units", "losses"),
    [
        (points(12, 2), np.ones(12)),
        (np.full((12, 2), 0.5), np.arange(12.0)),
        (points(12, 2), np.r_[0.0, np.ones(11)]),
        (points(12, 2), np.r_[np.zeros(11), 1.0]),
        (np.column_stack([points(12, 1)[:, 0], np.full(12, 0.5)]), np.arange(12.0)),
        (points(12, 2), np.full(12, 1e300) * np.arange(12)),
    ],
)
def test_degenerate_tables_say_nothing_wrong(units, losses):
    found = edge_gains(units, [UNIT] * 2, losses)
    assert np.isfinite(found.p_value).all()
    assert np.isfinite(found.explained)
