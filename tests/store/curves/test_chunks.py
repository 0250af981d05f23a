"""Packed curves come back exactly, or are said to be damaged; attempts merge by step."""

from __future__ import annotations

import itertools
import struct
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunebook.domain.errors import BookDamagedError
from tunebook.store.curves.chunks import Points, join, merge, pack, unpack, unpack_all

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
    back = unpack(*pack(made), len(drawn), "1.0")
    assert back.steps.tolist() == made.steps.tolist()
    assert back.values.tobytes() == made.values.tobytes()
    assert back.times.tobytes() == made.times.tobytes()


def curves_of_training(n=100):
    """Losses in single precision, error rates, times as a log rounds them; and what is none."""
    rng = np.random.default_rng(7)
    fall = 0.3 + np.exp(-np.arange(n) / 20) + 0.01 * rng.normal(size=n)
    single = fall.astype(np.float32).astype(np.float64)
    seconds = np.cumsum(0.1 + 0.003 * rng.random(n))
    times = np.round(seconds, 4)
    odd = single.copy()
    odd[[3, 5, 7, 9]] = [np.nan, np.inf, -np.inf, -0.0]
    return {
        "single": (np.arange(n), single, times),
        "over 360": (10 * np.arange(n) + 9, np.rint(fall * 360) / 360, times),
        "over 10,000": (np.sort(rng.integers(0, 10**6, n)), np.rint(fall * 1e4) / 1e4, times),
        "whole": (np.arange(n), np.rint(fall * 1e6), seconds),
        "negative": (np.arange(n), -np.rint(fall * 1e3) / 1e3, times),
        "double": (np.arange(n)[::-1].copy(), fall, seconds),
        "odd": (2**62 + np.arange(n), odd, -times),
        "minus zero": (np.arange(n), np.where(np.arange(n) % 2, -0.0, 1 / 3), times),
        "constant": (np.arange(n), np.full(n, 0.1), np.zeros(n)),
        "zeros": (np.arange(n), np.full(n, -0.0), np.full(n, -0.0)),
        "to and fro": (rng.permutation(n), single, times),
        "huge": (np.full(n, -(2**63)), np.full(n, 1e300), np.full(n, 1e300)),
    }


@pytest.mark.parametrize("kind", curves_of_training())
def test_every_kind_of_numbers_comes_back_to_the_last_bit(kind):
    made = Points(*(np.asarray(x) for x in curves_of_training()[kind]))
    content, crc32 = pack(made)
    back = unpack(content, crc32, len(made.steps), "1.0")
    for name in ("steps", "values", "times"):
        assert getattr(back, name).tobytes() == getattr(made, name).tobytes(), name


def test_curves_of_training_take_a_fifth_of_their_plain_size():
    made = curves_of_training()
    size = {k: len(pack(Points(*map(np.asarray, made[k])))[0]) for k in made}
    assert size["single"] < 500
    assert size["over 360"] < 350
    assert size["over 10,000"] < 700
    assert size["constant"] < 60
    assert max(size.values()) <= 2400, "never longer than as it is"


def test_many_chunks_of_all_layouts_are_unpacked_together_as_each_alone():
    made = [Points(*map(np.asarray, c)) for c in curves_of_training().values()]
    made += [points([(1, 0.5, 0.1)]), points([]), *[points([(i, i / 7, 0) for i in range(9)])] * 2]
    packed = [pack(p) for p in made * 2]
    counts = [len(p.steps) for p in made * 2]
    back = unpack_all([c for c, _ in packed], [c for _, c in packed], counts, str)
    for one, (content, crc32), n in zip(back, packed, counts, strict=True):
        alone = unpack(content, crc32, n, "1.0")
        assert one.steps.tobytes() == alone.steps.tobytes()
        assert one.values.tobytes() == alone.values.tobytes()
        assert one.times.tobytes() == alone.times.tobytes()


def read_as_the_page_says(content, n):
    """A packed chunk by docs/record.md alone, without NumPy."""
    assert content[0] == 1
    body = zlib.decompress(content[1:], -15)
    kinds = body[:3]
    denominator, first, stride = struct.unpack("<Iqq", body[4:24])
    at = 24

    def column(width, kind):
        nonlocal at
        planes, at = body[at : at + width * n], at + width * n
        whole = b"".join(planes[i::n] for i in range(n))
        return struct.unpack(f"<{n}{kind}", whole)

    def sums(numbers):
        return list(itertools.accumulate(numbers))

    def unfolded(numbers):
        return [-(x + 1) // 2 if x % 2 else x // 2 for x in numbers]

    steps = {
        0: lambda: [first + stride * i for i in range(n)],
        1: lambda: [first + d for d in sums(column(4, "i"))],
        2: lambda: list(column(8, "q")),
    }[kinds[0]]()
    values = {
        0: lambda: list(column(8, "d")),
        1: lambda: list(column(4, "f")),
        2: lambda: [x / denominator for x in sums(unfolded(column(4, "I")))],
    }[kinds[1]]()
    times = {
        0: lambda: list(column(8, "d")),
        1: lambda: [x / 10_000 for x in sums(unfolded(column(4, "I")))],
    }[kinds[2]]()
    assert at == len(body)
    return tuple(kinds), steps, values, times


def test_the_packed_form_is_as_the_page_says():
    seen = set()
    for made in curves_of_training().values():
        points_ = Points(*map(np.asarray, made))
        content, _ = pack(points_)
        if len(content) == 2400:
            continue
        kinds, *read = read_as_the_page_says(content, 100)
        seen |= set(enumerate(kinds))
        for own, told in zip((points_.steps, points_.values, points_.times), read, strict=True):
            assert np.array_equal(np.array(told), own, equal_nan=True)
    assert seen == {(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (2, 0), (2, 1)}


def test_plain_chunks_of_earlier_books_are_read():
    made = Points(np.arange(5), np.arange(5) / 3, np.arange(5) / 7)
    plain = b"".join(a.tobytes() for a in (made.steps, made.values, made.times))
    back = unpack(plain, zlib.crc32(plain), 5, "1.0")
    assert (back.values.tolist(), back.times.tolist()) == (
        made.values.tolist(), made.times.tolist(),
    )  # fmt: skip


@pytest.mark.parametrize("spoilt", [b"\x02abc", b"\x01abc", b"\x01" + zlib.compress(b"a")[2:-4]])
def test_another_form_is_damage_whatever_its_checksum_says(spoilt):
    with pytest.raises(BookDamagedError, match="damaged"):
        unpack(spoilt, zlib.crc32(spoilt), 5, "1.0")


@given(rows.filter(bool), st.data())
def test_any_flipped_bit_is_noticed(drawn, data):
    content, crc32 = pack(points(drawn))
    at = data.draw(st.integers(0, len(content) * 8 - 1))
    rotten = bytearray(content)
    rotten[at // 8] ^= 1 << at % 8
    with pytest.raises(BookDamagedError, match=r"curves of 3\.17 is damaged"):
        unpack(bytes(rotten), crc32, len(drawn), "3.17")


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


def test_a_chunk_that_swells_is_refused_before_it_fills_the_memory():
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    content = b"\x01" + deflate.compress(bytes(200_000_000)) + deflate.flush()
    tracemalloc.start()
    try:
        with pytest.raises(BookDamagedError, match=r"trial 1\.0 is damaged"):
            unpack(content, zlib.crc32(content), 10, "trial 1.0")
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()
