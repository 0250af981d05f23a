"""D1 D3 as claims, on the plans and looks that a book uses; short versions of docs/claims."""

from __future__ import annotations

import decisions as measured
import numpy as np
import pytest
from scipy.stats import binom

from sizes import some_slow
from tunebook.domain.decision import Verdict


def adopted(outcomes):
    return sum(o.verdict is Verdict.ADOPT for o in outcomes)


def drawn(case, repeats, rng):
    return [measured.decided(case, rng) for _ in range(repeats)]


CANDIDATES = (1, 3)
NOISES = (
    "normal", "candidate's variance fourfold", "skewed (lognormal)", "two groups, 4 of 10 bad",
)  # fmt: skip


@pytest.mark.parametrize(
    ("candidates", "noise"),
    some_slow(
        [(n, noise) for n in CANDIDATES for noise in NOISES],
        [(1, "skewed (lognormal)"), (3, "candidate's variance fourfold")],
    ),
)
def test_what_is_not_worth_it_is_rarely_adopted_however_often_extended(
    candidates, noise, fresh_rng
):
    gains = (measured.MARGIN,) * candidates
    case = measured.Case(noise=measured.NOISE[noise], gains=gains, extensions=3)
    assert adopted(drawn(case, 150, fresh_rng)) <= binom.ppf(1 - 1e-6, 150, 0.05)


def test_the_promised_gain_is_adopted(fresh_rng):
    excess = measured.design(12, 0.05).excess
    case = measured.Case(noise=measured.NOISE["normal"], gains=(measured.MARGIN + excess,))
    assert adopted(drawn(case, 150, fresh_rng)) >= binom.ppf(1e-6, 150, 0.78)


def test_what_is_worse_is_turned_down_early(fresh_rng):
    case = measured.Case(noise=measured.NOISE["normal"], gains=(-1.0,))
    found = drawn(case, 60, fresh_rng)
    assert adopted(found) == 0
    assert np.mean([o.runs for o in found]) < 10


def test_intervals_hold_the_gain_whatever_the_verdict(fresh_rng):
    case = measured.Case(noise=measured.NOISE["normal"], gains=(1.0,), extensions=3)
    held = [h for o in drawn(case, 150, fresh_rng) for h in o.held]
    assert held.count(False) <= binom.ppf(1 - 1e-6, len(held), 0.06)


def test_the_best_of_a_sweep_wins_half_of_the_time_for_nothing():
    assert 0.4 < measured.naive(measured.Case(noise=measured.NOISE["normal"]), 500) < 0.6
