"""The best learning rate, from all lengths together."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tunebook.procedures.training_length.rate_drift import rate_drift


def tried(best, *, lengths=(100, 200, 400, 800), noise=0.0, rates=None, seed=0):
    """A parabola in the logarithm of the rate, around `best(length)`."""
    rng = np.random.default_rng(seed)
    rates = np.geomspace(0.01, 1.0, 9) if rates is None else rates
    return {
        n: [
            (r, 0.1 * math.log(r / best(n)) ** 2 + 1 / n + noise * rng.standard_normal())
            for r in rates
        ]
        for n in lengths
    }


def test_it_finds_the_optimum_between_the_rates_that_were_tried():
    found = rate_drift(tried(lambda _: 0.12))
    assert found.at(800) == pytest.approx(0.12, rel=0.02)
    assert abs(found.power) < 0.05
    assert found.edge == ""


def test_it_follows_a_drift_and_says_rates_between_lengths():
    found = rate_drift(tried(lambda n: 0.1 * (n / 400) ** -0.5))
    assert found.power == pytest.approx(-0.5, abs=0.1)
    assert found.at(566) == pytest.approx(0.1 * 2**-0.25, rel=0.1)


def test_noise_moves_it_less_than_the_best_trial_alone():
    off = {"fit": [], "best": []}
    for seed in range(60):
        rows = tried(lambda _: 0.12, noise=0.05, seed=seed)
        off["fit"].append(abs(math.log(rate_drift(rows).at(800) / 0.12)))
        off["best"].append(abs(math.log(min(rows[800], key=lambda x: x[1])[0] / 0.12)))
    assert np.mean(off["fit"]) < 0.6 * np.mean(off["best"])


def test_rates_that_diverge_do_not_draw_it():
    rows = tried(lambda _: 0.12)
    rows = {n: [(r, 1e6 if r > 0.3 else x) for r, x in own] for n, own in rows.items()}
    assert rate_drift(rows).at(800) == pytest.approx(0.12, rel=0.25)


def test_failed_trials_are_left_out_and_none_is_nothing():
    rows = tried(lambda _: 0.12)
    rows[800][-1] = (1.0, math.inf)
    assert rate_drift(rows).at(800) == pytest.approx(0.12, rel=0.05)
    assert rate_drift({100: [(0.1, math.nan), (0.2, math.inf)]}) is None


@pytest.mark.parametrize(("best", "edge"), [(0.002, "low"), (5.0, "high"), (0.1, "")])
def test_the_edge_is_said(best, edge):
    assert rate_drift(tried(lambda _: best, lengths=(100,))).edge == edge
