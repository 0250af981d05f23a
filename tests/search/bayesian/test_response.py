"""The response of Bayesian optimisation: its likelihood, its warp, what it learns."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from tunebook.search.bayesian import response as bayes_response
from tunebook.search.bayesian.response import fit, unwarped, warped


def bowl(points):
    return ((points - 0.3) ** 2).sum(1)


def test_the_gradient_is_that_of_the_likelihood():
    rng = np.random.default_rng(0)
    points = rng.random((20, 3))
    z = np.exp(2 * bowl(points))
    z = (z - np.median(z)) / z.std()
    theta = bayes_response._home(3) + 0.2 * rng.normal(size=5)
    numeric = approx_fprime(theta, lambda t: bayes_response._cost(t, points, z)[0], 1e-6)
    assert bayes_response._cost(theta, points, z)[1] == pytest.approx(numeric, rel=1e-3, abs=1e-3)


@pytest.mark.parametrize("warp", [-0.5, 0.0, 0.4, 1.0, 2.0, 2.5])
def test_unwarped_undoes_the_warp(warp):
    z = np.linspace(-3, 3, 41)
    assert unwarped(warped(z, warp)[0], warp) == pytest.approx(z, abs=1e-4)


def test_a_warp_of_one_changes_nothing():
    z = np.linspace(-3, 3, 7)
    assert warped(z, 1.0)[0] == pytest.approx(z)


def test_a_smooth_response_is_foretold():
    rng = np.random.default_rng(1)
    points, elsewhere = rng.random((40, 3)), rng.random((200, 3))
    response = fit(points, np.exp(3 * bowl(points)))
    truth = np.exp(3 * bowl(elsewhere))
    mean, _ = response.at(elsewhere)
    assert np.corrcoef(response.losses(mean), truth)[0, 1] > 0.98


def test_noise_is_told_from_none():
    rng = np.random.default_rng(2)
    points = rng.random((60, 2))
    losses = bowl(points)
    quiet = fit(points, losses)
    loud = fit(points, losses + 0.1 * rng.normal(size=60))
    assert quiet.noise < 1e-3 < loud.noise


def test_one_huge_loss_leaves_the_others_apart():
    rng = np.random.default_rng(3)
    points = rng.random((30, 2))
    losses = bowl(points)
    losses[0] = 1e9
    mean, _ = fit(points, losses).at(points[1:])
    assert (
        np.corrcoef(np.argsort(np.argsort(mean)), np.argsort(np.argsort(losses[1:])))[0, 1] > 0.9
    )


def test_a_pending_point_narrows_the_response_there_and_moves_no_mean():
    rng = np.random.default_rng(4)
    points = rng.random((12, 2))
    response = fit(points, bowl(points))
    pending = np.array([[0.9, 0.1]])
    after = response.with_pending(pending)
    assert after.at(pending)[1][0] < 0.5 * response.at(pending)[1][0]
    assert after.at(pending)[0] == pytest.approx(response.at(pending)[0], abs=1e-3)


def test_losses_that_are_all_equal_are_fitted():
    points = np.random.default_rng(5).random((6, 2))
    mean, spread = fit(points, np.full(6, 0.7)).at(points)
    assert np.isfinite(mean).all() and np.isfinite(spread).all()
