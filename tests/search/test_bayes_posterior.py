"""Other lengths and noises that the trials allow as well."""

from __future__ import annotations

import numpy as np

from tunebook.search.bayes_posterior import _curvature, drawn
from tunebook.search.bayes_response import cost, fit


def known(n, noise=0.0):
    rng = np.random.default_rng(0)
    points = rng.random((n, 3))
    losses = np.sin(6 * points[:, 0]) + (points[:, 1] - 0.4) ** 2 + noise * rng.normal(size=n)
    return fit(points, losses)


def log_lengths(response, count=200):
    return np.log([member.lengths for member in drawn(response, count)])


def test_curvature_is_that_of_the_cost():
    response = known(20)
    at = response.theta, response.points, response.standard
    found = _curvature(*at)
    step = 1e-3 * np.eye(5)[0]
    theta = response.theta
    costs = [cost(theta + k * step, *at[1:])[0] for k in (-1, 0, 1)]
    assert np.isclose(found[0, 0], (costs[0] - 2 * costs[1] + costs[2]) / 1e-6, rtol=0.05)
    assert np.allclose(found, found.T)


def test_a_length_that_matters_is_known_better_than_one_that_does_not():
    spread = log_lengths(known(25)).std(0)
    assert spread[0] < 0.6 * spread[2]


def test_more_trials_know_lengths_better():
    assert log_lengths(known(60)).std(0)[0] < log_lengths(known(10)).std(0)[0]


def test_draws_lie_around_the_likeliest_and_are_nearly_as_likely():
    response = known(25, noise=0.1)
    members = drawn(response, 30)
    assert len(members) > 25
    at = response.points, response.standard
    least = cost(response.theta, *at)[0]
    for member in members:
        assert member.theta[-1] == response.theta[-1]
        assert least - 0.01 < cost(member.theta, *at)[0] < least + 5
        assert np.allclose(member.losses(member.targets), response.losses(response.targets))


def test_the_same_trials_give_the_same_draws():
    first, again = drawn(known(12), 3), drawn(known(12), 3)
    assert len(first) == 3
    assert all((a.theta == b.theta).all() for a, b in zip(first, again, strict=True))


def test_before_lengths_are_fitted_there_is_nothing_to_draw():
    assert drawn(known(3), 4) == ()
