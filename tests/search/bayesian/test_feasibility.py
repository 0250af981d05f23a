"""The chance of working, learned from trials that did and did not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import approx_fprime

from tunebook.search.bayesian import feasibility
from tunebook.search.bayesian.feasibility import fit_feasibility


def works(points):
    return points[:, 0] + 0.3 * points[:, 1] < 0.8


def test_the_gradient_is_that_of_laplaces_evidence():
    rng = np.random.default_rng(0)
    points = rng.random((15, 3))
    signs = np.where(works(points), 1.0, -1.0)
    theta = feasibility._home(3) - 0.5 + 0.1 * rng.normal(size=5)

    def cost(at):
        return feasibility._cost(at, points, signs, 1.0)

    numeric = approx_fprime(theta, lambda t: cost(t)[0], 1e-5)
    assert cost(theta)[1] == pytest.approx(numeric, rel=1e-2, abs=1e-2)


def test_an_edge_is_found():
    rng = np.random.default_rng(1)
    points, elsewhere = rng.random((60, 4)), rng.random((2000, 4))
    chance = fit_feasibility(points, works(points)).chance(elsewhere)
    assert ((chance > 0.5) == works(elsewhere)).mean() > 0.88
    sure = chance > 0.8
    assert sure.mean() > 0.2 and works(elsewhere[sure]).mean() > 0.97


def test_far_beyond_a_failure_nothing_is_trusted():
    """Too high a learning rate fails; a higher one, never tried, is no better."""
    points = np.array([[0.1], [0.3], [0.5], [0.6], [0.75]])
    fitted = fit_feasibility(points, np.array([True, True, True, True, False]))
    low, high = fitted.chance(np.array([[0.2], [1.0]]))
    assert low > 0.8 and high < 0.4


def test_all_failed_leaves_no_certainty_of_success():
    points = np.random.default_rng(2).random((5, 2))
    chance = fit_feasibility(points, np.zeros(5, bool)).chance(points)
    assert (chance < 0.5).all()


def test_many_trials_are_fitted_by_some_and_judged_by_all():
    rng = np.random.default_rng(3)
    points = rng.random((400, 2))
    fitted = fit_feasibility(points, works(points))
    assert len(fitted.points) == 400
    assert ((fitted.chance(points) > 0.5) == works(points)).mean() > 0.97
