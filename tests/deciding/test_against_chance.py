"""A first baseline is compared with chance at a step that its results did not choose (A5 D1)."""

from __future__ import annotations

import against_chance as measured
import numpy as np
import pytest
from scipy.stats import binom

REPEATS = 200


def adopted(curves_of, rng, *, most=6, **how):
    return sum(measured.adopts(curves_of(rng, most), **how) for _ in range(REPEATS))


@pytest.mark.parametrize("learner", [measured.guesses, measured.slow_guesses])
def test_a_learner_that_guesses_is_rarely_adopted(learner, fresh_rng):
    assert adopted(learner, fresh_rng) <= binom.ppf(1 - 1e-6, REPEATS, measured.LEVEL)


def test_the_best_of_a_curve_would_adopt_guesses(fresh_rng):
    assert adopted(measured.guesses, fresh_rng, best=True) > 0.9 * REPEATS


@pytest.mark.parametrize(("end", "best"), [(0.35, 0.34), (0.8, 0.7), (0.4, 0.6)])
def test_a_learner_that_learns_is_adopted(end, best, fresh_rng):
    assert adopted(measured.learner(end, best), fresh_rng) > 0.95 * REPEATS


def test_validation_examples_hold_the_level_where_all_reruns_err_alike(fresh_rng):
    """All reruns agree on each example: the worst case of one validation set."""

    def alike(rng, n):
        return np.full((n, 20), rng.binomial(500, 0.25) / 500) + 0.004 * rng.normal(size=(n, 20))

    told = adopted(alike, fresh_rng, examples=500)
    assert told <= binom.ppf(1 - 1e-6, REPEATS, measured.LEVEL)
    assert adopted(alike, fresh_rng) > 2 * told
