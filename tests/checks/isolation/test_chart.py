"""Isolation plots as data: the best of each value with its interval, every trial beside it."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tunebook.charts.thinning import MOST
from tunebook.checks.isolation import chart as isolation
from tunebook.checks.isolation.check import (
    IsolatedHyperparameter,
    IsolatedValue,
    IsolationResult,
)
from tunebook.domain.design import Objective
from tunebook.domain.finding import Interval, PairwiseDifference


def _value(name: object, values: list[float], best: Interval) -> IsolatedValue:
    return IsolatedValue(
        value=name,
        trials=len(values) + 1,
        infeasible=1,
        best=best,
        best_trial=f"1.{name}",
        all_values=np.array(values),
    )


def _slice(low: float, high: float, best: Interval) -> IsolatedValue:
    return IsolatedValue(
        value=f"{low:g} to {high:g}",
        ends=(low, high),
        trials=5,
        best=best,
        best_trial="1.1",
        all_values=np.array([]),
    )


def _draw(values=(), *, significant: bool = False):
    pair = PairwiseDifference(
        a="adam", b="sgd", difference=-0.1, low=-0.2, high=0.0, significant=significant
    )
    found = IsolatedHyperparameter(name="optimizer", values=tuple(values), pairs=(pair,))
    return isolation.draw(
        IsolationResult(objective=Objective("valid/error"), hyperparameters=(found,), findings=())
    )


ADAM = _value("adam", [0.1, 0.2, 0.3], Interval(0.1, 0.05, 0.15))
SGD = _value("sgd", [0.2, 0.25], Interval(0.2, -math.inf, 0.25))


def test_each_value_has_its_best_with_its_interval():
    (picture,) = _draw([ADAM, SGD])
    best = picture.layer("best")
    assert best.column("value") == ["adam", "sgd"]
    assert best.column("best") == [0.1, 0.2]
    assert best.column("trial") == ["1.adam", "1.sgd"]
    assert best.column("low") == [0.05, None]
    assert "adam: 0.1 (0.05 to 0.15) of 4 trials" in picture.alt


def test_every_trial_is_a_dot_below_its_value():
    (picture,) = _draw([ADAM, SGD])
    dots = picture.layer("trials")
    assert dots.column("value") == [0.1, 0.2, 0.3, 0.2, 0.25]
    assert [math.floor(y) for y in dots.column("y")] == [0, 0, 0, 1, 1]


def test_of_thousands_of_trials_some_are_dots_and_it_says_so():
    rng = np.random.default_rng(0)
    values = [_value(n, list(rng.random(5000)), Interval(0.1, 0.1, 0.2)) for n in ("a", "b")]
    (picture,) = _draw(values)
    assert len(picture.layer("trials").rows) == MOST
    said = " ".join(picture.spec["title"]["subtitle"])
    assert "10,000 trials" in said and f"{MOST:,} of them drawn" in said


def test_jitter_is_the_same_in_every_drawing():
    first, again = (_draw([ADAM])[0].layer("trials").column("y") for _ in range(2))
    assert first == again and len(set(first)) == 3


def test_an_unknown_bound_runs_to_the_end_of_the_axis():
    (picture,) = _draw([ADAM, SGD])
    assert picture.layer("intervals").column("low_x")[1] < 0.05


@pytest.mark.parametrize(
    ("significant", "words"),
    [(True, "Different: adam and sgd."), (False, "No two of them differ significantly.")],
)
def test_the_words_say_what_can_be_told_apart(significant, words):
    assert words in _draw([ADAM, SGD], significant=significant)[0].alt


def test_a_value_of_which_nothing_completed_has_no_best():
    nothing = _value("lion", [], Interval(math.nan, math.nan, math.nan))
    (picture,) = _draw([ADAM, nothing])
    assert picture.layer("best").column("value") == ["adam"]
    assert "lion: no trial completed" in picture.alt


def test_a_continuous_one_has_a_row_for_each_slice():
    slices = [
        _slice(0.1, 0.2, Interval(0.3, 0.2, 0.4)),
        _slice(0.2, 0.4, Interval(0.2, 0.1, 0.3)),
    ]
    (picture,) = _draw(slices)
    assert picture.layer("best").column("value") == ["0.1 to 0.2", "0.2 to 0.4"]
    assert picture.layer("trials").rows == ()


def test_nothing_to_compare_is_no_picture():
    assert _draw() == ()


def test_a_range_in_parts_has_no_dots_and_does_not_promise_any():
    (picture,) = _draw([_slice(0.0, 0.5, Interval(0.1, 0.09, 0.11))])
    assert picture.rows["trials"] == []
    assert "dot" not in " ".join(picture.spec["title"]["subtitle"])


def test_of_a_thousand_values_the_best_are_drawn_and_the_others_counted():
    names = [f"value {i}" for i in range(1000)]
    levels = np.random.default_rng(0).permutation(1000) / 1000
    values = [_value(n, [x, x + 1], Interval(x, x - 0.1, x + 0.1))
              for n, x in zip(names, levels, strict=True)]  # fmt: skip
    (picture,) = _draw(values)
    shown = picture.layer("best").column("value")
    assert shown == [names[i] for i in np.argsort(levels)[:24]]
    assert "the best 24 of 1000" in " ".join(picture.spec["title"]["subtitle"])
    assert "976 others" in picture.alt and len(picture.alt) < 3000
    assert picture.spec["height"] < 1200
