import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunebook.domain.finding import Interval
from tunebook.domain.formats.numbers import (
    column_texts,
    config_text,
    counts_text,
    date_text,
    interval_text,
    left_out_texts,
    number,
    seconds_text,
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
