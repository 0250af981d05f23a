"""Packed curves come back exactly, or are said to be damaged; attempts merge by step."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunebook.store.chunks import Points, join, merge, pack, unpack
from tunebook.words.errors import BookDamagedError

numbers = st.floats(allow_nan=True, allow_infinity=True, width=64)
rows = st.lists(st.tuples(st.integers(0, 2**62), numbers, numbers), max_size=50)


def points(rows):
    steps, values, times = zip(*rows, strict=True) if rows else ((), (), ())
    return Points(
        np.array(steps, np.int64), np.array(values, np.float64), np.array(times, np.float64)
    )


@given(rows)
def test_a_chunk_comes_back_exactly(drawn):
    made = points(drawn)
    back = unpack(*pack(made), "1.0")
    assert back.steps.tolist() == made.steps.tolist()
    assert back.values.tobytes() == made.values.tobytes()
    assert back.times.tobytes() == made.times.tobytes()


@given(rows.filter(bool), st.data())
def test_any_flipped_bit_is_noticed(drawn, data):
    content, crc32 = pack(points(drawn))
    at = data.draw(st.integers(0, len(content) * 8 - 1))
    rotten = bytearray(content)
    rotten[at // 8] ^= 1 << at % 8
    with pytest.raises(BookDamagedError, match=r"curves of 3\.17 is damaged"):
        unpack(bytes(rotten), crc32, "3.17")


steps = st.lists(st.integers(0, 30), unique=True, max_size=15).map(sorted)


@given(st.lists(steps, min_size=1, max_size=4))
def test_merged_steps_rise_and_the_later_attempt_stands(attempts):
    made = {
        k: points([(s, float(100 * k + s), 0.0) for s in own]) for k, own in enumerate(attempts, 1)
    }
    merged = merge(made, {}, complete=False)
    truth = {s: float(100 * k + s) for k, own in enumerate(attempts, 1) for s in own}
    assert merged.steps.tolist() == sorted(truth)
    assert merged.values.tolist() == [truth[s] for s in sorted(truth)]


def test_once_complete_the_last_attempt_owns_its_range():
    first, second = points([(s, 1.0, 0) for s in range(6)]), points([(s, 2.0, 0) for s in (3, 5)])
    merged = merge({1: first, 2: second}, {1: 0, 2: 3}, complete=True)
    assert merged.steps.tolist() == [0, 1, 2, 3, 5]
    assert merged.values.tolist() == [1, 1, 1, 2, 2]


def test_joining_keeps_order():
    whole = join([points([(0, 1.0, 0)]), points([(1, 2.0, 0), (2, 3.0, 0)])])
    assert whole.values.tolist() == [1.0, 2.0, 3.0]
