import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunebook.domain.finding import Interval
from tunebook.domain.formats.numbers import (
    bytes_text,
    column_texts,
    config_text,
    counts_text,
    date_text,
    digits,
    estimate_text,
    in_words,
    interval_text,
    left_out_texts,
    number,
    percent,
    percent_interval,
    percent_range,
    range_text,
    round_steps,
    round_to,
    seconds_text,
    steps_text,
)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0213456, "0.02135"),
        (1e-3, "1e-3"),
        (1.5e-7, "1.5e-7"),
        (0.0, "0"),
        (64.0, "64"),
        (-0.0175, "−0.0175"),
        (123456.7, "1.235e5"),
        (math.inf, "∞"),
        (math.nan, "not a number"),
    ],
)
def test_numbers_have_four_digits(value, text):
    assert number(value) == text


@given(st.floats(min_value=-1e300, max_value=1e300))
def test_a_number_reads_back_to_four_digits(value):
    read = float(number(value).replace("−", "-"))
    assert read == pytest.approx(value, rel=6e-4, abs=0)


@given(st.lists(st.floats(min_value=1e-3, max_value=0.9), min_size=1))
def test_decimal_points_of_a_column_stand_below_each_other(values):
    texts = column_texts(values)
    after_the_point = {len(t.partition(".")[2]) for t in texts}
    assert len(after_the_point) == 1


def test_a_column_over_decades_is_written_in_powers_of_ten():
    assert column_texts([1.234e-5, 0.5, None]) == ["1.23e-5", "0.500", "–"]


def test_texts_whole_numbers_and_truths_stay_as_they_are():
    assert column_texts(["adam", 3, True, None]) == ["adam", "3", "true", "–"]


def test_spans_dates_and_counts():
    assert seconds_text(3600.4) == "1 h"
    assert date_text(0.0) == "1 January 1970, 00:00 UTC"
    assert counts_text(["complete", "pending", "complete"]) == "2 complete, 1 pending"
    assert config_text({"lr": 0.01, "nesterov": True}) == "lr 0.01, nesterov true"


def test_an_interval_shows_its_ends_and_a_gain_its_sign():
    assert (
        interval_text(Interval(0.0175, 0.0151, 0.02), signed=True) == "+0.0175 (0.0151 to 0.0200)"
    )
    assert interval_text(Interval(math.nan, math.nan, math.nan)) == "not known"


def test_left_out_trials_are_counted_by_reason():
    texts = left_out_texts(["3.1: failed", "3.2: failed", "row 4: no objective"])
    assert texts == [
        "2 trials left out, failed: 3.1, 3.2",
        "1 trial left out, no objective: row 4",
    ]


def test_values_that_differ_little_keep_the_digits_that_differ():
    assert column_texts([0.93731, 0.93448, 0.90612]) == ["0.9373", "0.9345", "0.9061"]


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.437, "44 %"),
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.0052, "0.5 %"),
        (0.997, "99.7 %"),
        (0.99999, "99.999 %"),
        (1.3, "130 %"),
        (-0.2, "−20 %"),
        (math.nan, "–"),
    ],
)
def test_a_share_is_whole_percent_and_never_none_or_all_by_rounding(share, text):
    assert percent(share) == text


@given(st.floats(min_value=1e-9, max_value=1 - 1e-9))
def test_no_share_between_none_and_all_reads_as_either(share):
    assert percent(share) not in ("0 %", "100 %")
    assert percent(share, 2) not in ("0 %", "100 %")


def test_a_level_and_its_confidence_have_the_same_digits():
    assert (percent(0.00833, 2), percent(1 - 0.00833, 2)) == ("0.83 %", "99.17 %")
    assert percent_range(-0.1, 0.996) == "0 to 99.6 %"
    assert percent_interval(Interval(0.83, 0.61, 1.0)) == "83 % (61 to 100 %)"
    # An estimate at an end of its interval has that end alone.
    assert percent_interval(Interval(0.75, 0.75, 1.0)) == "at least 75 %"
    assert percent_interval(Interval(0.0, 0.0, 0.41)) == "at most 41 %"
    assert percent_interval(Interval(1.0, 0.83, 1.0)) == "at least 83 %"
    assert percent_interval(Interval(1.0, 1.0, 1.0)) == "100 % (100 to 100 %)"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.02134, "0.021"),
        (123.4, "120"),
        (99999.0, "100000"),
        (1.234e-5, "1.2e-5"),
        (2.26e8, "2.3e8"),
        (-0.5, "−0.5"),
        (0.0, "0"),
    ],
)
def test_an_estimate_has_its_significant_digits_without_needless_powers(value, text):
    assert digits(value) == text


@given(st.floats(min_value=-1e12, max_value=1e12), st.integers(min_value=1, max_value=6))
def test_an_estimate_reads_back_as_it_was_rounded(value, figures):
    read = float(digits(value, figures).replace("−", "-"))
    assert read == pytest.approx(round_to(value, figures), rel=1e-9)


@given(st.floats(min_value=0.1, max_value=1), st.floats(min_value=1e-4, max_value=0.1))
def test_the_ends_of_a_range_read_differently(low, wide):
    ends = range_text(low, low + wide).split(" to ")
    assert ends[0] != ends[1]


def test_an_estimate_is_not_written_as_an_end_of_its_interval():
    assert estimate_text(Interval(0.0995, 0.0991, 0.0999)) == "0.0995 (0.0991 to 0.0999)"
    assert estimate_text(Interval(0.5, -math.inf, math.inf)) == "0.5"


def test_names_stand_in_a_sentence_and_many_are_counted():
    assert [in_words(list("abcd"[:n])) for n in range(4)] == ["", "a", "a and b", "a, b and c"]
    assert in_words(list("abcde"), "or", most=3) == "a, b, c or 2 more"


def test_sizes_and_steps():
    assert [bytes_text(s) for s in (900.0, 5.12e5, 2.4e7, 1.5e9)] == [
        "0.9 kB", "512 kB", "24 MB", "1.5 GB",
    ]  # fmt: skip
    assert (round_steps(1284), round_steps(1210, up=True), steps_text(1_284_321)) == (
        1300, 1300, "1,280,000",
    )  # fmt: skip
