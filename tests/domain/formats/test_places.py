"""Places of many values are those of each."""

from __future__ import annotations

import numpy as np
import pytest

import tunebook as tb
from tunebook.domain.formats.places import places_on


@pytest.mark.parametrize(
    "axis",
    [
        tb.uniform(-3.0, 7.0),
        tb.log_uniform(1e-5, 3.0),
        tb.near_one(0.9, 0.9999),
        tb.integer(2, 40),
        tb.integer(1, 4096, log=True),
    ],
)
def test_places_are_those_of_each_value_to_the_last_bit(axis):
    values = [axis.from_unit(u) for u in np.random.default_rng(0).random(500)]
    values += [axis.low, axis.high]
    assert places_on(axis, values).tolist() == [axis.to_unit(v) for v in values]


def test_places_of_a_choice():
    axis = tb.choice("relu", "gelu", True)
    assert places_on(axis, [True, "relu", True]).tolist() == [5 / 6, 1 / 6, 5 / 6]


def test_no_values_have_no_places():
    assert places_on(tb.uniform(0, 1), []).shape == (0,)
