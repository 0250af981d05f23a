"""D5: what a replay says of its record: exact, within noise, not; its error rate and power."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom

from tunebook.deciding.reproducibility import ALPHA, Reproduced, SeedPair, compare


def pairs(recorded, replayed):
    return [
        SeedPair(trial=f"1.r{i}", seed=i, recorded=a, replayed=b)
        for i, (a, b) in enumerate(zip(recorded, replayed, strict=True))
    ]


def test_the_same_values_are_exact():
    found = compare(pairs([0.1, 0.2, None], [0.1, 0.2, None]))
    assert found.reproduced is Reproduced.EXACTLY and found.other_fates == 0
    assert found.shift.estimate == 0


def test_another_fate_is_not_reproduced():
    found = compare(pairs([0.1, 0.2, 0.3], [0.1, 0.2, None]))
    assert (found.reproduced, found.other_fates) == (Reproduced.NOT, 1)


def test_a_trace_of_a_shift_is_noise_though_all_seeds_share_it():
    recorded = np.array([0.1, 0.2, 0.3, 0.25])
    assert compare(pairs(recorded, recorded + 1e-7)).reproduced is Reproduced.WITHIN_NOISE


def test_a_shift_that_all_seeds_share_is_not_reproduced():
    recorded = np.array([0.1, 0.11, 0.12, 0.105])
    found = compare(pairs(recorded, recorded + 0.05))
    assert found.reproduced is Reproduced.NOT
    assert found.shift.estimate == pytest.approx(0.05)


def test_two_seeds_that_differ_tell_nothing():
    assert compare(pairs([0.1, 0.2], [0.3, 0.1])).reproduced is Reproduced.UNCLEAR
    assert compare([]).reproduced is Reproduced.UNCLEAR
    one = compare(pairs([0.1], [0.2]))
    assert one.reproduced is Reproduced.UNCLEAR and math.isinf(one.shift.high)


def judged(shift, runs=2000, n=6):
    rng = np.random.default_rng(5)
    said = []
    for _ in range(runs):
        recorded = rng.normal(0.3, 0.01, n)
        replayed = recorded + rng.normal(shift, 0.01, n)
        said.append(compare(pairs(recorded, replayed)).reproduced)
    return said


def test_noise_alone_is_called_a_difference_at_the_stated_rate():
    wrong = sum(x is Reproduced.NOT for x in judged(0.0))
    assert binom.ppf(1e-6, 2000, ALPHA) <= wrong <= binom.ppf(1 - 1e-6, 2000, ALPHA)


def test_a_shift_of_two_deviations_is_found():
    assert np.mean([x is Reproduced.NOT for x in judged(0.02)]) > 0.9
