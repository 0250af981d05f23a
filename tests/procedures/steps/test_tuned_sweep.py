"""A sweep that moves its range where the best is at an edge."""

from __future__ import annotations

import pytest

from tunebook.domain.design import Round
from tunebook.domain.errors import DesignError
from tunebook.procedures.steps.tuned_sweep import (
    MOVES,
    check_range,
    edge_at,
    more_seeds,
    next_range,
)


def test_the_first_range_is_the_given_one_and_moved_ones_are_as_wide():
    ends = (1e-3, 1e-1)
    assert next_range(ends, 0, None) == ends
    low, high = next_range(ends, 1, 0.5)
    assert high / low == pytest.approx(100)
    assert low * high == pytest.approx(0.5**2)


@pytest.mark.parametrize(("sweeps", "middle"), [(1, None), (MOVES + 1, 0.5)])
def test_a_best_inside_and_a_range_that_moved_often_end_the_sweep(sweeps, middle):
    assert next_range((1e-3, 1e-1), sweeps, middle) is None


@pytest.mark.parametrize(("rate", "edge"), [(1.1e-3, "low"), (1e-2, ""), (0.09, "high")])
def test_the_outermost_tenth_of_what_was_tried_is_the_edge(rate, edge):
    assert edge_at(rate, [1e-3, 1e-1]) == edge


def test_seeds_double_up_to_the_most():
    plan = Round(goal="?", fixed={"x": 1}, trials=5, max_train_steps=10)
    assert more_seeds(plan, 12).trials == 10
    assert more_seeds(plan, 8).trials == 8
    assert more_seeds(plan, 5) is None


def test_a_range_rises_and_is_above_zero():
    with pytest.raises(DesignError, match=r"above 0; got 0, 1"):
        check_range("learning_rates", (0.0, 1.0))
    check_range("dropout", (0.0, 1.0), zero=True)
