"""D1, D3 on published records: what the benchmark says of pairs, and what the verdicts say."""

from __future__ import annotations

from itertools import pairwise

import nanogpt as measured
import numpy as np
import pytest


@pytest.fixture
def all_of(shared_data):
    return measured.records(shared_data)


def of(all_of, name):
    return next(r for r in all_of if r.name.startswith(name))


def test_records_are_as_the_source_counts_them(all_of):
    assert sum(len(r.losses) for r in all_of) == 249
    chosen = measured.in_order(all_of)
    assert len(chosen) == 19 and min(len(r.losses) for r in chosen) == 4
    assert [r.claimed for r in chosen] == sorted((r.claimed for r in chosen), reverse=True)
    one = of(all_of, "51ece938")
    assert (len(one.losses), one.steps) == (20, 3375)
    assert one.losses.mean() == pytest.approx(3.27893, abs=1e-5)


def test_the_correction_is_what_one_setting_at_two_lengths_shows(all_of):
    rate, low, high = measured.measured_rate(all_of)
    assert rate == pytest.approx((3.28810 - 3.27847) / 2, abs=2e-5)
    assert low < measured.RATE < high


def test_losses_are_corrected_for_steps_alone(all_of):
    one = of(all_of, "20260430_normuonh")
    assert np.allclose(measured.corrected(one, one.steps - 100, 0.0045), one.losses + 0.0045)
    assert np.array_equal(measured.corrected(one, one.steps, 0.0045), one.losses)


@pytest.mark.parametrize(("first", "second", "better"), measured.STATEMENTS[:4])
@pytest.mark.parametrize("level", [0.05, 0.001])
def test_verdicts_agree_with_what_the_benchmark_says(all_of, first, second, better, level):
    judged, _ = measured.decided(of(all_of, first), of(all_of, second), measured.RATE, level)
    assert (judged.verdict == "adopt") == better


def test_its_own_test_is_not_far_from_the_one_pair_that_differs(all_of):
    first, second, better = measured.STATEMENTS[4]
    base, own = of(all_of, first), of(all_of, second)
    p, its = measured.all_runs(base, own, measured.RATE)
    assert not better and 0.0035 < its < measured.ITS_THRESHOLD
    assert p < measured.ITS_LEVEL
    assert max(base.losses.std(ddof=1), own.losses.std(ddof=1)) < 0.0013
    assert measured.decided(base, own, measured.RATE)[0].verdict == "adopt"


def test_what_its_test_calls_better_is_adopted(all_of):
    chosen = measured.in_order(all_of)
    for base, own in pairwise(chosen):
        if measured.all_runs(base, own, measured.RATE)[1] >= measured.ITS_THRESHOLD:
            assert measured.decided(base, own, measured.RATE)[0].verdict == "adopt"
