"""A4: which batch size takes the least time, and which the fewest examples."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from tunebook.domain.finding import Interval, NotApplicable
from tunebook.procedures.batch_size.cost_to_target import BatchChoice, batch_choice

SIZES = (2, 8, 32, 128, 512, 2048, 8192)


def study(rng, true_steps, noise=0.1, seeds=5):
    return {b: true_steps(b) * np.exp(noise * rng.standard_normal(seeds)) for b in SIZES}


def timed(true_s, off=0.03):
    return {b: Interval(true_s(b), true_s(b) * (1 - off), true_s(b) * (1 + off)) for b in SIZES}


def test_the_least_time_and_the_fewest_examples_may_differ():
    steps = study(np.random.default_rng(0), lambda b: 100 + 160_000 / b)
    found = batch_choice(steps, timed(lambda b: 1e-3 * max(1.0, b / 256)))
    assert isinstance(found, BatchChoice)
    assert found.seconds.least == (512,)
    # As many examples at 2, 8 and 32: nothing is told between them.
    assert set(found.examples.least) >= {2, 8}
    assert 8192 not in found.examples.least
    second = found.seconds.of[512]
    true_s = (100 + 160_000 / 512) * 2e-3
    assert second.low < true_s < second.high


def test_sizes_that_are_alike_are_both_named():
    steps = study(np.random.default_rng(1), lambda b: 1000.0)
    found = batch_choice(steps, timed(lambda _: 1e-3))
    assert len(found.seconds.least) > 1


def test_what_can_not_be_judged_is_left_out_with_its_reason():
    steps = study(np.random.default_rng(2), lambda b: 100 + 160_000 / b)
    steps[2][0] = np.nan
    steps[8] = steps[8][:2]
    times = timed(lambda b: 1e-3)
    del times[32]
    times[128] = Interval(1e-3, -1e-3, 3e-3)
    found = batch_choice(steps, times)
    assert set(found.left_out) == {2, 8, 32, 128}
    assert "not every new seed" in found.left_out[2]
    assert "fewer than 3" in found.left_out[8]
    assert isinstance(batch_choice(steps, {512: times[512]}), NotApplicable)


def test_seeds_that_are_all_alike_leave_the_step_times_to_tell():
    steps = {b: [100.0] * 3 for b in (8, 16, 32)}
    apart = {8: 1e-3, 16: 2e-3, 32: 3e-3}
    found = batch_choice(steps, {b: Interval(s, s * 0.97, s * 1.03) for b, s in apart.items()})
    assert found.seconds.least == (8,)


@pytest.mark.level(2)
@pytest.mark.parametrize("slope", [0.0, 0.1])
def test_level2_the_fastest_stays_in(fresh_rng, slope):
    lost = 0
    for rng in fresh_rng.spawn(1000):
        steps = study(rng, lambda b: 1000.0)
        times = {}
        for b in SIZES:
            true_s = 1e-3 * (1 + slope * (b != 128))
            seen = true_s * np.exp(0.02 * rng.standard_normal())
            times[b] = Interval(seen, seen * np.exp(-0.0392), seen * np.exp(0.0392))
        lost += 128 not in batch_choice(steps, times).seconds.least
    assert lost <= binom.ppf(1 - 1e-6, 1000, 0.05)
