"""A3: a step's time read off reports, and the throughput that follows."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from tunebook.domain.curves import Curves
from tunebook.domain.finding import Interval, NotApplicable
from tunebook.procedures.throughput.saturation import throughput
from tunebook.procedures.throughput.wording import throughput_text
from tunebook.statistics.step_times import StepTime, step_time


def clock(rng, *, step_s, evaluation_s, apart, reports, spread=0.05, starts_s=1.0):
    """A trial's clock: it starts slowly, and steps and evaluations vary, skewed as waits are."""
    steps = np.arange(1, reports + 1) * apart - 1
    cycle = apart * step_s + evaluation_s
    took = cycle * np.exp(spread * rng.standard_normal(reports))
    return Curves.pack([(steps, starts_s + np.cumsum(took))])


def both(rng, *, step_s=1e-3, evaluation_s=0.02, spread=0.05):
    return [
        clock(rng, step_s=step_s, evaluation_s=evaluation_s, apart=1, reports=10, spread=spread),
        clock(rng, step_s=step_s, evaluation_s=evaluation_s, apart=200, reports=12, spread=spread),
    ]


def test_two_distances_tell_a_step_from_an_evaluation():
    found = step_time(both(np.random.default_rng(0)))
    assert isinstance(found, StepTime)
    assert found.separated
    assert found.seconds.estimate == pytest.approx(1e-3, rel=0.1)
    assert found.seconds.low <= 1e-3 <= found.seconds.high
    assert (found.apart, found.cycles) == (200, 18)


def test_at_one_distance_an_evaluation_is_in_it_and_that_is_said():
    found = step_time(both(np.random.default_rng(0))[1:])
    assert not found.separated
    assert found.seconds.estimate == pytest.approx(1.1e-3, rel=0.05)


def test_a_short_step_behind_a_long_evaluation_is_not_known():
    found = step_time(
        [
            clock(np.random.default_rng(1), step_s=1e-6, evaluation_s=0.1, apart=n, reports=12)
            for n in (1, 10)
        ]
    )
    assert found.off > 1


def test_too_few_reports_say_nothing_and_a_resumed_clock_is_passed_over():
    few = step_time(
        [clock(np.random.default_rng(2), step_s=1, evaluation_s=0, apart=1, reports=5)]
    )
    assert isinstance(few, NotApplicable)
    assert "8 reports or more" in few.needs
    assert isinstance(step_time([Curves.pack([])]), NotApplicable)
    steps = np.arange(20)
    resumed = np.concatenate([np.arange(10.0), np.arange(10.0) / 2])
    found = step_time([Curves.pack([(steps, resumed)])])
    assert (found.seconds.low, found.seconds.high) == (0.5, 1.0)


@pytest.mark.level(2)
@pytest.mark.parametrize("spread", [0.05, 0.4])
def test_level2_intervals_hold_the_step(fresh_rng, spread):
    missed = 0
    for rng in fresh_rng.spawn(1000):
        seconds = step_time(both(rng, spread=spread)).seconds
        # Lognormal times: the median of a cycle is the cycle.
        missed += not seconds.low <= 1e-3 <= seconds.high
    # Wide rather than narrow: only too many misses are wrong.
    assert missed <= binom.ppf(1 - 1e-6, 1000, 0.05)


def times(step_s, off=0.02):
    return {b: Interval(s, s * (1 - off), s * (1 + off)) for b, s in step_s.items()}


def test_throughput_doubles_up_to_its_knee():
    true = {b: 1e-3 * max(1.0, b / 64) for b in (8, 16, 32, 64, 128, 256)}
    found = throughput(times(true))
    assert (found.knee, found.vague) == (64, ())
    assert "up to 64, and no longer" in throughput_text(found)
    assert found.sure
    assert found.per_second[0].estimate == pytest.approx(8_000)
    assert found.gains[0].low < 2 < found.gains[0].high


def test_a_bottleneck_and_times_that_vary_too_much_are_said():
    level = throughput(times({b: 1e-3 * b for b in (8, 16, 32)}))
    assert level.knee is None
    assert "does not double even" in throughput_text(level)
    wild = throughput(times(dict.fromkeys((8, 16, 32), 1e-3), off=0.3))
    assert wild.vague == (8, 16, 32)
    near = throughput(times({8: 1e-3, 16: 1.3e-3, 32: 2.5e-3}, off=0.1))
    assert not near.sure
    assert "between batch size 8 and 16" in throughput_text(near)
    assert (near.knee_from, near.knee_to) == (None, 16)
    grows = throughput(times(dict.fromkeys((8, 16, 32), 1e-3)))
    assert (grows.knee, grows.vague) == (32, ())
    assert "still grows" in throughput_text(grows)
    assert isinstance(throughput(times({8: 1.0})), NotApplicable)


def test_sizes_that_are_not_doubled_are_judged_as_if():
    found = throughput(times({8: 1e-3, 32: 1e-3, 128: 3e-3}))
    assert found.gains[0].estimate == pytest.approx(2)
    assert found.gains[1].estimate == pytest.approx((4 / 3) ** 0.5)
    assert found.knee == 32
