"""The scaling law and its forecast."""

from __future__ import annotations

import numpy as np
import pytest

from tunebook.domain.finding import NotApplicable
from tunebook.procedures.training_length.scaling_law import LengthLaw, length_law

LENGTHS = (100, 200, 400, 800, 1600)


def losses(power, *, noise=0.004, seeds=8, seed=0, lengths=LENGTHS):
    rng = np.random.default_rng(seed)
    curve = 1 + 0.2 * (np.array(lengths) / lengths[-1]) ** -power
    own = 0.05 * rng.standard_normal((seeds, 1))
    return curve + own + noise * rng.standard_normal((seeds, len(lengths)))


@pytest.mark.parametrize("power", [0.1, 0.4, 0.8])
def test_its_forecast_holds_the_truth(power):
    true = 0.2 * (1 - 2**-power)
    held = 0
    for seed in range(100):
        found = length_law(losses(power, seed=seed), LENGTHS)
        gain = found.forecast[2.0]
        held += gain.low <= true <= gain.high
        assert gain.low <= gain.estimate <= gain.high
    # 95 % asked: fewer than 90 of 100 has a chance of 1 in 30 there.
    assert held >= 90


def test_without_noise_it_is_exact():
    found = length_law(losses(0.5, noise=1e-9), LENGTHS)
    assert isinstance(found, LengthLaw)
    assert found.power == pytest.approx(0.5, abs=0.01)
    assert found.height == pytest.approx(0.2, rel=0.02)


def test_where_means_stray_from_it_the_interval_is_wide_and_it_is_said():
    bent = losses(0.5, noise=0.001)
    straight = length_law(bent, LENGTHS)
    bent[:, 2] += 0.03
    strays = length_law(bent, LENGTHS)
    assert strays.strays and not straight.strays

    def width(law):
        return law.forecast[2.0].high - law.forecast[2.0].low

    assert width(strays) > 10 * width(straight)


def test_too_few_lengths_say_nothing():
    found = length_law(losses(0.5, lengths=LENGTHS[:3]), LENGTHS[:3])
    assert isinstance(found, NotApplicable)
    bent = losses(0.5, noise=1e-4, lengths=LENGTHS[1:])
    bent[:, 1] += 0.05
    found = length_law(bent, LENGTHS[1:])
    assert isinstance(found, NotApplicable)
    assert "bend otherwise" in found.reason


def test_where_gains_grow_no_law_is_told():
    curve = np.array([1.0, 0.97, 0.93, 0.88, 0.82])
    grown = curve + losses(0.5, noise=0.002) * 0.01
    found = length_law(grown, LENGTHS)
    assert isinstance(found, NotApplicable)
    assert "gains grow" in found.reason


def test_gains_that_stay_the_same_are_seldom_said_to_grow():
    rng = np.random.default_rng(5)
    line = -0.04 * np.log2(np.array(LENGTHS) / LENGTHS[0])
    silent = sum(
        isinstance(length_law(line + 0.01 * rng.standard_normal((8, 5)), LENGTHS), NotApplicable)
        for _ in range(200)
    )
    # 5 %: more than 20 of 200 has a chance of 1 in 1,000.
    assert silent <= 20
