"""Axes: ticks as people write them, outliers kept out, nothing finite lost."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunebook.charts.number_axes import step_axis
from tunebook.charts.objective_axes import objective_scale
from tunebook.charts.ticks import (
    DECIMAL,
    SCIENTIFIC,
    jitter,
    number_label,
    ticks_between,
    whole_ticks,
)
from tunebook.domain.design import Direction, Objective

ERROR = Objective("error")
ACCURACY = Objective("accuracy", Direction.MAXIMIZE)
finite = st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 6))


@given(
    st.lists(finite, min_size=1, max_size=60), st.sampled_from([ERROR, ACCURACY]), st.booleans()
)
def test_everything_is_drawn_within_the_axis(values, objective, missing):
    scale = objective_scale(values, objective, missing=missing)
    low, high = scale.ends
    assert low < high
    slack = 1e-4 * max(abs(low), abs(high))
    for value in values:
        assert low - slack <= scale.shown(value) <= high + slack
    best = min(values) if objective is ERROR else max(values)
    assert not scale.clips(best)
    assert all(low <= tick <= high for tick in scale.ticks)
    assert (scale.strip is None) is not missing


@given(st.lists(finite, min_size=10, max_size=60), st.sampled_from([ERROR, ACCURACY]))
def test_few_are_off_the_scale(values, objective):
    scale = objective_scale(values, objective)
    assert sum(map(scale.clips, values)) <= math.ceil(0.1 * len(values))


def test_one_absurd_value_is_off_the_scale_at_both_directions():
    good = [0.5 + 0.01 * i for i in range(20)]
    assert objective_scale([*good, 1e6], ERROR).clips(1e6)
    assert objective_scale([*good, -1e6], ACCURACY).clips(-1e6)


def test_values_that_differ_in_the_ninth_digit_have_an_axis():
    scale = objective_scale([0.123456781, 0.123456789], ERROR)
    assert scale.ends[0] < scale.ends[1] and len(scale.ticks) >= 2


def test_values_that_are_not_finite_are_ignored():
    scale = objective_scale([0.1, math.nan, 0.2, math.inf], ERROR)
    assert scale.ends[1] < 1


def test_a_value_to_keep_is_on_the_axis():
    scale = objective_scale([0.1, 0.11, 0.12], ERROR, keep=[0.5])
    assert not scale.clips(0.5)


def test_without_a_value_no_tick_is_invented():
    assert objective_scale([], ERROR, missing=True).ticks == ()


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (1e-4, 1, [1e-4, 1e-3, 0.01, 0.1, 1.0]),
        (0.01, 0.2, [0.01, 0.02, 0.03, 0.05, 0.1, 0.2]),
        (0.024, 0.45, [0.03, 0.05, 0.1, 0.2, 0.3]),
        (0.05, 0.09, [0.05, 0.06, 0.07, 0.08, 0.09]),
        (1e-10, 100, [1e-10, 1e-7, 1e-4, 0.1, 100.0]),
    ],
)
def test_log_ticks(low, high, expected):
    assert ticks_between(low, high, log=True) == pytest.approx(expected)


@given(st.floats(1e-8, 1e8), st.floats(1.001, 1e12), st.booleans())
def test_ticks_lie_within(low, factor, log):
    high = low * factor
    ticks = ticks_between(low, high, log=log)
    slack = 1e-5 * (low if log else high)
    assert all(low - slack <= t <= high * (1 + 1e-5) for t in ticks)
    assert 1 <= len(ticks) <= 10
    assert ticks == sorted(set(ticks))


@given(st.floats(1e-6, 1e3), st.floats(1.2, 1e4))
def test_several_ticks_lie_among_the_values(low, factor):
    """Also where outliers are kept out: ticks in the margins alone say nothing of the trials."""
    values = [low * factor ** (i / 9) for i in range(10)]
    scale = objective_scale(values, ERROR)
    among = [t for t in scale.ticks if values[0] * 0.999 <= t <= scale.bad * 1.001]
    assert len(among) >= 3, scale


@given(st.floats(1e-8, 1e6), st.floats(1.5, 1e10), st.booleans())
def test_an_axis_has_one_notation(low, factor, log):
    ticks = ticks_between(low, low * factor, log=log)
    written = number_label(ticks, log=log)
    assert written in (DECIMAL, SCIENTIFIC)
    if written == DECIMAL:  # six digits are enough for all of them
        assert all(float(f"{t:.6g}") == pytest.approx(t, rel=1e-6) for t in ticks)
        assert max(ticks) < 1e5 and (not log or min(ticks) >= 1e-3)


def test_an_axis_of_steps_ends_with_the_last_round_number():
    for last in (1999, 2000):
        axis = step_axis(last)["axis"]
        assert axis["values"] == [0, 500, 1000, 1500, 2000]


def test_whole_ticks():
    assert whole_ticks(0.5, 4.5) == [1, 2, 3, 4]
    assert whole_ticks(18, 102) == [20, 40, 60, 80, 100]
    assert whole_ticks(16, 1024, log=True) == [16, 32, 64, 128, 256, 512, 1024]


def test_jitter_depends_on_the_name_alone():
    names = [f"3.{i}" for i in range(1000)]
    places = [jitter(n) for n in names]
    assert places == [jitter(n) for n in names]
    assert -0.5 <= min(places) < -0.4 and 0.4 < max(places) < 0.5


def test_a_long_metric_leaves_room_for_which_way_is_better():
    scale = objective_scale([0.1, 0.2], Objective("valid/nll_per_document_and_more"))
    assert scale.title == "valid/nll_per_…nd_more (lower is better)"
