"""Values handed to a plan: NumPy's count as Python's, what a book can't keep is refused (B1 B2)."""

from __future__ import annotations

import numpy as np
import pytest

from tunebook.domain.decision import Setting
from tunebook.domain.design import Objective, Round
from tunebook.domain.errors import DesignError, SpaceError
from tunebook.domain.formats import scalars
from tunebook.domain.formats.codec import from_json, to_json
from tunebook.domain.formats.spelling import choice, minimize, uniform
from tunebook.domain.space import Choice, Float, Integer


def plan(**more):
    asked = {"goal": "q?", "trials": 8, "max_train_steps": 100, "nuisance": {"x": uniform(0, 1)}}
    return Round(**{**asked, **more})


def test_numbers_of_numpy_are_numbers():
    made = plan(
        trials=np.int64(8), max_train_steps=np.int32(100), least_improvement=np.float32(0.5),
        fixed={"depth": np.int64(3), "rate": np.float64(0.1), "bias": np.bool_(True)},
    )  # fmt: skip
    assert made == plan(least_improvement=0.5, fixed={"depth": 3, "rate": 0.1, "bias": True})
    assert from_json(Round, to_json(made)) == made
    assert Float(np.float32(0), np.int64(2)) == Float(0, 2)
    assert Integer(np.int64(1), np.int64(3)) == Integer(1, 3)
    assert Choice((np.int64(1), np.str_("a"))).values == (1, "a")
    assert all(type(v) in (int, str) for v in Choice((np.int64(1), np.str_("a"))).values)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"note": 5}, "note is a text; got 5"),
        ({"searcher": None}, "searcher is a text"),
        ({"overrule": "A4"}, "overrule is a list; got 'A4'"),
        ({"subject_to": "x < 1"}, "subject_to is a list"),
        ({"subject_to": [3]}, "subject_to has texts"),
        ({"points": 3}, "points is a list"),
        ({"points": [3]}, r"points\[0\] is a table"),
        ({"points": [{"x": None}]}, r"points\[0\] has a number"),
        ({"levels": 3}, "levels is a table"),
        ({"scientific": ["x"]}, "scientific is a table"),
        ({"fixed": {3: 1}}, "a hyperparameter has a name; fixed has 3"),
        ({"trials": 10**19}, "trials is a whole number up to 1,000,000"),
        ({"max_train_steps": 10**19}, "max_train_steps is a whole number up to"),
        ({"time_limit_s": float("inf")}, "time_limit_s is above 0"),
        ({"least_improvement": 10**400}, "least_improvement is 0 or more"),
    ],
)
def test_what_a_book_could_not_keep_is_no_plan(more, said):
    with pytest.raises(DesignError, match=said) as caught:
        plan(**more)
    assert caught.value.next_step


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Objective(3), "an objective names a metric; got 3"),
        (lambda: minimize(" "), "an objective names a metric"),
        (lambda: minimize("loss", reduce="mean"), "one of best, last, mean-last-K; got 'mean'"),
        (lambda: Objective("loss", "minimise"), 'Did you mean "minimize"'),
        (lambda: Setting(name="n", chance=float("nan")), "chance is a finite number"),
        (lambda: Setting(name="n", chance="half"), "chance is a number; got 'half'"),
        (lambda: Setting(name="n", training_objective=4), "training_objective is a text"),
        (lambda: choice(["a", "b"]), "list the values themselves: tb.choice\\('a', 'b'\\)"),
        (lambda: choice(), "at least one value"),
        (lambda: choice(1, True), "each value once"),
        (lambda: uniform("0", 1), "a bound is a number"),
    ],
)
def test_every_refusal_has_a_next_step(make, said):
    with pytest.raises(DesignError, match=said) as caught:
        make()
    assert caught.value.next_step


def test_a_whole_number_may_have_no_upper_end():
    assert scalars.whole("seed", 2**70, least=0, example=1) == 2**70
    with pytest.raises(SpaceError):
        scalars.bound(1.5, whole_number=True)
