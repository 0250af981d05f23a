"""Exact round trips of every noun, and errors that name the place (style 3)."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from strategies import NOUNS, exactly, examples, nouns
from tunebook.domain.design import Objective, Round
from tunebook.domain.errors import CodecError, DesignError, SpaceError
from tunebook.domain.finding import Interval, Remedy, RemedyKind
from tunebook.domain.formats.codec import (
    from_data,
    from_json,
    from_toml,
    to_data,
    to_json,
    to_toml,
)
from tunebook.domain.space import Axis, Choice, Constraint, Float, Per
from tunebook.domain.trial import Measurement, TrialRecord

quick = settings(
    max_examples=examples(20), deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)  # fmt: skip


# Exactly, not ==, since 1 == 1.0 == True, nan != nan, and == does not see the order of keys.
@pytest.mark.parametrize("kind", NOUNS, ids=lambda kind: kind.__name__)
@quick
@given(data=st.data())
def test_every_noun_comes_back_as_it_was(kind, data):
    noun = data.draw(nouns(kind))
    assert exactly(from_json(kind, to_json(noun))) == exactly(noun)
    assert exactly(from_toml(kind, to_toml(noun))) == exactly(noun)


@quick
@given(noun=nouns(Round))
def test_plain_data_is_strict_json(noun):
    text = json.dumps(to_data(noun), allow_nan=False)
    assert repr(from_data(Round, json.loads(text))) == repr(noun)
    tomllib.loads(to_toml(noun))


@pytest.mark.parametrize("number", [math.inf, -math.inf, math.nan])
def test_infinite_numbers_are_words_and_words_stay_words(number):
    remedy = Remedy(kind=RemedyKind.FIX, values={"a": number, "b": str(number), "c": "NaN"})
    assert to_data(remedy)["values"]["a"] in ("NaN", "Infinity", "-Infinity")
    assert repr(from_json(Remedy, to_json(remedy))) == repr(remedy)


def test_a_half_surrogate_survives_json():
    measured = Measurement(step=1, metric="\ud800", value=1.0)
    text = to_json(measured)
    text.encode("utf-8")
    assert from_json(Measurement, text) == measured


def test_numbers_of_a_check_may_be_numpy():
    data = to_data(Interval(np.float64(0.5), np.float32(0.25), 1))
    assert data == {"estimate": 0.5, "low": 0.25, "high": 1, "confidence": 0.95}
    assert [type(v) for v in data.values()] == [float, float, int, float]


def test_axes_read_well():
    space = from_data(
        Mapping[str, Axis | Per],
        {
            "lr": {"low": 1, "high": 2, "scale": "log"},
            "n": {"low": 1, "high": 2, "integer": True},
            "c": {"choice": [1, 1.5, "x", True][1:]},
            "p": {"per": "c", "when": [{"is": "x", "value": 3}]},
        },
    )
    assert repr(space["lr"].low) == "1.0"
    assert space["c"] == Choice((1.5, "x", True))
    assert space["p"] == Per("c", (("x", Choice((3,))),))


PLAN = {"goal": "q?", "trials": 4, "max_train_steps": 10}


@pytest.mark.parametrize(
    ("kind", "data", "said"),
    [
        (Round, {**PLAN, "trails": 4}, '"trails". Did you mean "trials"?'),
        (Round, {"goal": "q?", "trials": 4}, "max_train_steps is missing"),
        (Round, {**PLAN, "trials": 4.0}, "trials is a whole number; got 4.0"),
        (Round, {**PLAN, "trials": True}, "trials is a whole number; got true"),
        (Round, {**PLAN, "goal": 3}, "goal is a text; got 3"),
        (Round, {**PLAN, "nuisance": {"lr": 0.1}}, "nuisance.lr is varied, so it needs a range"),
        (Round, {**PLAN, "nuisance": []}, "nuisance is a table; got []"),
        (Round, {**PLAN, "nuisance": {"lr": {"low": "a", "high": 1}}}, "nuisance.lr.low is a num"),
        (Round, {**PLAN, "nuisance": {"lr": {"lo": 0, "high": 1}}}, 'Did you mean "low"?'),
        (Round, {**PLAN, "nuisance": {"lr": {"low": 0}}}, "nuisance.lr.high is missing"),
        (Round, {**PLAN, "nuisance": {"n": {"low": 1.5, "high": 2, "integer": True}}},
         "nuisance.n.low is a whole number"),
        (Round, {**PLAN, "nuisance": {"n": {"low": 1, "high": 2, "integer": 1}}},
         "nuisance.n.integer is true or false"),
        (Round, {**PLAN, "nuisance": {"lr": {"low": 1, "high": 2, "scale": "lgo"}}},
         'nuisance.lr.scale is one of linear, log, near_one; got \'lgo\'. Did you mean "log"?'),
        (Round, {**PLAN, "nuisance": {"lr": {"low": 1, "high": 2, "choice": [1]}}},
         "do not go together"),
        (Round, {**PLAN, "nuisance": {"a": {"per": "b", "when": [{"value": 1}]}}},
         "nuisance.a.when[0].is is missing"),
        (Round, {**PLAN, "nuisance": {"a": {"per": "b"}}}, "nuisance.a.when is missing"),
        (Round, {**PLAN, "nuisance": {"a": {"when": []}}}, "nuisance.a.per is missing"),
        (Round, {**PLAN, "nuisance": {"a": {"choice": [[1]]}}}, "nuisance.a.choice[0] is"),
        (Round, {**PLAN, "fixed": {"a": [1]}}, "fixed.a is"),
        (Round, {**PLAN, "subject_to": [3]}, "subject_to[0] is a text"),
        (Round, {**PLAN, "overrule": "A4"}, "overrule is a list; got 'A4'"),
        (Objective, {"metric": "x", "direction": "minimise"}, 'Did you mean "minimize"?'),
        (Objective, {"metric": "x", "direction": 3}, "direction is one of minimize, maximize"),
        (Constraint, {"left": "a", "relation": "<"}, "right is missing"),
        (Float, {"low": 10**400, "high": 1}, "low is a number that fits"),
        (Float, {"choice": [1]}, "float"),
        (Float, 3, "a table"),
        (TrialRecord, {"study": 3}, "round is missing"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(kind, data, said):
    with pytest.raises(CodecError) as caught:
        from_data(kind, data)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("data", "error", "said"),
    [
        (
            {"nuisance": {"lr": {"low": 2, "high": 1}}},
            SpaceError,
            "nuisance.lr: a range has low > high",
        ),
        ({"nuisance": {"a": {"choice": []}}}, SpaceError, "nuisance.a: a choice has at least"),
        ({"nuisance": {"a": {"per": "b", "when": []}}}, SpaceError, "nuisance.a: a condition"),
        ({"subject_to": ["a ~ b"]}, DesignError, "subject_to[0]: a constraint is"),
        ({"subject_to": ["0.1 < b"]}, DesignError, 'belongs into the range of "b"'),
        ({"goal": " "}, DesignError, "a round has one goal"),
    ],
)
def test_a_noun_refuses_with_the_key_in_front(data, error, said):
    with pytest.raises(error) as caught:
        from_data(Round, {**PLAN, **data})
    assert said in str(caught.value)
    assert not isinstance(caught.value, CodecError)


def test_a_key_that_stands_twice_in_json_is_an_error():
    with pytest.raises(CodecError, match='"step" stands twice'):
        from_json(Measurement, '{"step": 1, "step": 2, "metric": "a", "value": 1}')


def test_no_json_says_where():
    with pytest.raises(CodecError, match="line 2, column 3"):
        from_json(Measurement, '{"step": 1,\n  oh')


def test_no_toml_says_where():
    with pytest.raises(CodecError, match="at line 2, column 5"):
        from_toml(Measurement, "step = 1\na = x")
    with pytest.raises(CodecError, match="at line 2, column 4"):
        from_toml(Measurement, "step = 1\na =")


def test_only_nouns_have_plain_data():
    with pytest.raises(CodecError, match="only nouns"):
        to_data(object())
