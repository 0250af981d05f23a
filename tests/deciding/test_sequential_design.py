"""D1 D3: bounds against simulated scores; levels, power and what stopping saves."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tunebook.deciding.brownian_motion import START, adopted, adopting_scores
from tunebook.deciding.rerun_evidence import FIRST_ADOPT
from tunebook.deciding.sequential_design import extended, planned, unbiased_drift


def scores(design, drift, repeats, rng):
    """Scores of so many candidates at each look: exact Brownian motion."""
    n = np.array(design.looks, dtype=float)
    steps = np.diff(n, prepend=0.0)
    sums = np.cumsum(rng.normal(size=(repeats, len(n))) * steps**0.5 + drift * steps, axis=1)
    return sums / n**0.5


def ends(design, seen):
    """Which candidates are adopted, and at which look each ends."""
    up, down = seen >= np.array(design.adopt), seen < np.array(design.drop)
    stop = up | down
    stop[:, -1] = True
    at = stop.argmax(axis=1)
    return up[np.arange(len(seen)), at], at


@pytest.mark.parametrize("most", [4, 6, 12, 40])
@pytest.mark.parametrize("level", [0.05, 0.002])
def test_the_level_holds_though_nobody_is_dropped(most, level, fresh_rng):
    design = planned(most, level)
    crossed = (scores(design, 0.0, 20_000, fresh_rng) >= np.array(design.adopt)).any(axis=1)
    assert stats.binomtest(int(crossed.sum()), 20_000, 0.9 * level).pvalue > 1e-6


@pytest.mark.parametrize(("most", "level"), [(4, 0.05), (12, 0.05), (40, 0.01)])
def test_the_promised_gain_is_adopted_in_four_of_five(most, level, fresh_rng):
    design = planned(most, level)
    yes, _ = ends(design, scores(design, design.drift, 20_000, fresh_rng))
    assert stats.binomtest(int(yes.sum()), 20_000, 0.8).pvalue > 1e-6


def test_extensions_share_what_is_left_of_the_level(fresh_rng):
    design = planned(8, 0.05)
    for most in (16, 30, 60):
        longer = extended(design, most)
        past = len(design.looks)
        assert longer.looks[:past] == design.looks and longer.looks[-1] == most
        assert longer.adopt[:past] == design.adopt
        design = longer
    crossed = (scores(design, 0.0, 20_000, fresh_rng) >= np.array(design.adopt)).any(axis=1)
    spent = 0.05 * (1 - 0.1 * 0.5**3)
    assert stats.binomtest(int(crossed.sum()), 20_000, spent).pvalue > 1e-6


def test_half_of_the_drifts_are_above_the_unbiased_one(fresh_rng):
    design = planned(10, 0.05)
    true = 0.8
    seen = scores(design, true, 500, fresh_rng)
    _, at = ends(design, seen)
    drifts = [
        unbiased_drift(design.looks[: k + 1], design.adopt, design.drop, row[k])
        for row, k in zip(seen, at, strict=True)
    ]
    plain = [row[k] / design.looks[k] ** 0.5 for row, k in zip(seen, at, strict=True)]
    above = sum(d > true for d in drifts)
    assert stats.binomtest(above, len(drifts), 0.5).pvalue > 1e-6
    adopted_early = ends(design, seen)[0] & (at < len(design.looks) - 1)
    flattered = (np.array(plain) - np.array(drifts))[adopted_early]
    assert (flattered > -1e-3).all() and flattered.mean() > 0.03


def test_no_look_adopts_before_there_are_enough_reruns():
    for most in range(FIRST_ADOPT, 30):
        design = planned(most, 0.05)
        assert design.looks[-1] == most
        early = [a for n, a in zip(design.looks, design.adopt, strict=True) if n < FIRST_ADOPT]
        assert all(np.isinf(a) for a in early)
        assert all(d <= a for d, a in zip(design.drop, design.adopt, strict=True))


def test_more_reruns_and_a_laxer_level_promise_smaller_gains():
    assert planned(8, 0.05).excess > planned(16, 0.05).excess > planned(40, 0.05).excess
    assert planned(16, 0.005).excess > planned(16, 0.05).excess


def test_one_look_is_the_normal_quantile():
    (score,) = adopting_scores([7], [0.05])
    assert score == pytest.approx(stats.norm.isf(0.05), abs=1e-4)
    assert START.above(7, 0.3, score) == pytest.approx(stats.norm.sf(score - 0.3 * 7**0.5))
    assert adopted([7], [score], [score], 0.0) == pytest.approx(0.05, abs=1e-5)
