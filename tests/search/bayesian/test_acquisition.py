"""BoTorch's acquisition against closed forms, and what a suggestion heeds."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import torch

from tunebook.domain.errors import DesignError
from tunebook.domain.formats.spelling import uniform
from tunebook.domain.space import Branch
from tunebook.search.bayesian import suggest
from tunebook.search.bayesian.acquisition import Acquisition
from tunebook.search.bayesian.candidates import log_h, log_improvement, spread_out
from tunebook.search.bayesian.cube import Cube
from tunebook.search.bayesian.models import Models, fitted

SQUARE = Cube(Branch(axes={"x": uniform(0, 1), "y": uniform(0, 1)}))
NONE = np.empty((0, 2))


def bowl(points):
    return ((points - 0.3) ** 2).sum(1)


@pytest.fixture(scope="module")
def known():
    rng = np.random.default_rng(0)
    points = rng.random((14, 2))
    losses = bowl(points)
    losses[points[:, 0] > 0.8] = np.nan
    assert np.isnan(losses).any()
    return points, losses


def test_without_noise_it_is_log_expected_improvement(known):
    points, losses = known
    models = Models(fitted(points, losses).response)
    places = np.random.default_rng(1).random((40, 2)) * 0.5
    closed = log_improvement(models, places, NONE)
    drawn = Acquisition(models.response, None, NONE, seed=0)(torch.from_numpy(places)).numpy()
    promising = closed > closed.max() - 3
    assert promising.sum() > 3
    assert drawn[promising] == pytest.approx(closed[promising], abs=0.5)  # 64 draws


def test_the_chance_of_working_is_the_fitted_one(known):
    models = fitted(*known)
    places = np.random.default_rng(2).random((30, 2))
    with_chance = Acquisition(models.response, models.feasibility, NONE, seed=0)
    without = Acquisition(models.response, None, NONE, seed=0)
    at = torch.from_numpy(places)
    difference = (with_chance(at) - without(at)).numpy()
    assert difference == pytest.approx(np.log(models.feasibility.chance(places)), abs=1e-6)


def test_log_h_is_stable_far_below():
    u = np.array([0.0, -5.0, -30.0, -1e4])
    found = log_h(u)
    assert found[0] == pytest.approx(np.log(1 / np.sqrt(2 * np.pi)))
    # phi(u) / u^2 far below.
    assert found[3] == pytest.approx(-0.5e8 - 0.5 * np.log(2 * np.pi) - 2 * np.log(1e4))
    assert (np.diff(found) < 0).all()


def test_a_suggestion_goes_to_the_valley_and_not_where_trials_fail(known):
    point = suggest.suggest(SQUARE, fitted(*known), NONE, seed=1)
    assert bowl(point[None])[0] < 0.02
    assert point[0] < 0.8


def test_a_point_under_way_is_not_asked_again(known):
    models = fitted(*known)
    first = suggest.suggest(SQUARE, models, NONE, seed=1)
    second = suggest.suggest(SQUARE, models, first[None, :], seed=1)
    again = suggest.suggest(SQUARE, models, NONE, seed=1)
    assert (first == again).all()
    assert np.abs(second - first).max() > 1e-3


def test_constraints_hold(known):
    models = fitted(*known)
    for seed in range(3):
        point = suggest.suggest(
            SQUARE, models, NONE, seed=seed, allows=lambda c: c["x"] < 0.2 and c["y"] > 0.5
        )
        assert point[0] < 0.2 and point[1] > 0.5


def test_constraints_that_allow_nothing_are_told():
    with pytest.raises(DesignError, match="refuse all but 0"):
        spread_out(SQUARE, 0, 0, lambda _: False)


def test_without_botorch_it_says_what_to_install(known, monkeypatch):
    monkeypatch.setitem(sys.modules, "tunebook.search.bayesian.acquisition", None)
    with pytest.raises(DesignError, match=r"tunebook\[bayes\]"):
        suggest.suggest(SQUARE, fitted(*known), NONE, seed=1)
