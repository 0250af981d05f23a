"""The objective without NumPy is the objective with it."""

from __future__ import annotations

import math
import zlib

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tunebook.domain.curves import reduce_curve
from tunebook.domain.design import Direction, Objective, Reduce
from tunebook.store.curves.chunks import Points, pack, unpack
from tunebook.store.curves.plain_values import _reduced, _values

numbers = st.one_of(
    st.floats(width=32),
    st.floats(),
    st.integers(-500, 500).map(lambda k: k / 360),
)
steps = st.one_of(
    st.lists(st.integers(1, 50), min_size=1, max_size=30).map(np.cumsum),
    st.integers(1, 30).map(lambda n: np.arange(n) * 7),
    st.lists(st.integers(0, 2**40), min_size=1, max_size=8),
)


@given(steps, st.data())
def test_values_of_a_chunk(rising, data):
    at = np.asarray(rising, np.int64)
    kind = data.draw(st.sampled_from([numbers, st.floats(width=32), st.integers(0, 360)]))
    drawn = data.draw(st.lists(kind, min_size=len(at), max_size=len(at)))
    values = np.asarray(drawn, np.float64) / (360 if isinstance(drawn[0], int) else 1)
    content, crc32 = pack(Points(at, values, np.arange(len(at)) / 8))
    assert crc32 == zlib.crc32(content)
    found = _values(content, len(at))
    if (np.diff(at) > 0).all():
        read = unpack(content, crc32, len(at), "1.1").values
        np.testing.assert_array_equal(np.asarray(found, np.float64), read)
    else:
        assert found is None


@given(
    st.lists(st.floats(), max_size=12),
    st.sampled_from(list(Direction)),
    st.sampled_from([Reduce.BEST, Reduce.LAST]),
)
def test_the_reduced_value(values, direction, reduce):
    objective = Objective("loss", direction, reduce)
    expected = reduce_curve(np.asarray(values, np.float64), objective)
    found = _reduced(values, objective)
    assert found == expected or (math.isnan(found) and math.isnan(expected))


@given(st.binary(max_size=200), st.integers(0, 8))
def test_what_is_no_chunk_says_nothing_or_numbers(content, n):
    found = _values(content, n)
    assert found is None or len(found) == n
