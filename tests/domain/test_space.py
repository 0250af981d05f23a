"""Axes, scales, conditions and flat branches (B3)."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from strategies import choices, flat_axes, floats_axes, integer_axes
from tunebook.domain.errors import SpaceError
from tunebook.domain.formats.spelling import choice, integer, log_uniform, near_one, per, uniform
from tunebook.domain.space import (
    Branch,
    Choice,
    Constraint,
    Float,
    Integer,
    Per,
    Scale,
    branches,
    leaves,
    spell,
)

units = st.floats(0, 1)


@given(axis=flat_axes, u=units)
def test_every_unit_is_a_value_within_the_axis(axis, u):
    assert axis.holds(axis.from_unit(u))


@given(axis=floats_axes())
def test_the_ends_of_a_real_axis_are_exact(axis):
    assert (axis.from_unit(0), axis.from_unit(1)) == (axis.low, axis.high)


@pytest.mark.parametrize("scale", Scale)
@given(u=units)
def test_a_real_value_goes_back_to_its_unit(scale, u):
    axis = Float(0.001, 0.999, scale)
    assert math.isclose(axis.to_unit(axis.from_unit(u)), u, abs_tol=1e-9)


@given(axis=integer_axes() | choices, u=units)
def test_a_listed_value_goes_back_to_its_cell(axis, u):
    value = axis.from_unit(u)
    assert axis.from_unit(axis.to_unit(value)) == value


@given(axis=floats_axes(), u=units, v=units)
def test_axes_rise(axis, u, v):
    low, high = sorted((u, v))
    assert axis.from_unit(low) <= axis.from_unit(high)


def test_scales_lie_evenly():
    assert log_uniform(1e-4, 1).from_unit(0.5) == pytest.approx(0.01)
    assert near_one(0.9, 0.999).from_unit(0.5) == pytest.approx(0.99)
    assert uniform(1, 3).from_unit(0.5) == 2.0
    assert [integer(1, 4).from_unit(u) for u in (0, 0.26, 0.51, 1)] == [1, 2, 3, 4]
    assert integer(1, 100, log=True).from_unit(0.5) == 7  # sqrt(0.5 * 100.5) = 7.1
    assert choice("a", "b").from_unit(1) == "b"


def test_values_beyond_a_range_lie_outside_the_unit_interval():
    assert log_uniform(1, 10).to_unit(100) == pytest.approx(2)
    assert uniform(0, 1).to_unit(-1) == -1


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (
            lambda: uniform(1, 0),
            "a range has low > high: 1 > 0\nNext: swap the bounds: low = 0, high = 1",
        ),
        (lambda: uniform(1, 1), "two different bounds"),
        (lambda: uniform(0, math.inf), "finite bounds"),
        (lambda: uniform(math.nan, 1), "finite bounds"),
        (lambda: uniform("0", 1), "a bound is a number; got '0'"),
        (lambda: uniform(False, 1), "a bound is a number; got False"),
        (lambda: log_uniform(0, 1), "a log scale needs bounds above 0; the range is 0 to 1"),
        (lambda: log_uniform(-1, 1), "a log scale needs bounds above 0"),
        (lambda: near_one(0.9, 1), "needs bounds below 1; the range is 0.9 to 1"),
        (lambda: Float(0, 1, "lgo"), "a scale is one of linear, log, near_one; got 'lgo'. Did"),
        (lambda: integer(1.0, 2), "whole number; got 1.0"),
        (lambda: integer(2, 1), "low > high"),
        (lambda: integer(0, 4, log=True), "integers from 1"),
        (lambda: Integer(1, 2, "near_one"), "is for real numbers"),
        (lambda: choice(), "at least one value"),
        (lambda: choice("a", "a"), "'a' appears twice"),
        (lambda: choice(1, True), "appears twice"),
        (lambda: choice(None), "numbers, texts, true or false; got None"),
        (lambda: choice(math.nan), "finite"),
        (lambda: per("a"), 'a condition on "a" names at least one'),
        (lambda: per("a", {"x": 1}, x=2), 'each value of "a" once; x stands twice'),
        (lambda: per("a", x=[1]), "under a=x a hyperparameter has a range or a value"),
        (lambda: Constraint("a", ">", "b"), "turn the sides around"),
        (lambda: Constraint("a", "<", "b").allows({"a": "x", "b": 1}), "compares numbers"),
    ],
)
def test_what_makes_no_sense_is_refused(build, said):
    with pytest.raises(SpaceError) as caught:
        build()
    assert said in str(caught.value)


OPTIMIZER = choice("nesterov", "adam")


@pytest.mark.parametrize(
    ("axes", "said"),
    [
        ({"lr": per("optimizer", adam=0.1)}, '"lr" depends on "optimizer", which has no role'),
        ({"a": uniform(0, 1), "lr": per("a", {0.5: 0.1})}, "which is not a choice"),
        (
            {"a": per("c", x=uniform(0, 1)), "c": choice("x"), "lr": per("a", {0.5: 0.1})},
            '"lr" depends on "a", which is not a choice',
        ),
        (
            {"optimizer": OPTIMIZER, "lr": per("optimizer", sgd=0.1)},
            'exists when optimizer=sgd, but "optimizer" is one of nesterov, adam',
        ),
        (
            {"a": per("b", x=choice("x")), "b": per("a", x=choice("x"))},
            "conditions go in a circle: a -> b -> a",
        ),
        ({"a": per("a", x=choice("x"))}, "conditions go in a circle: a -> a"),
    ],
)
def test_conditions_that_can_not_hold_are_refused(axes, said):
    with pytest.raises(SpaceError) as caught:
        branches(axes)
    assert said in str(caught.value)


def test_a_space_without_conditions_is_one_branch_without_a_name():
    (branch,) = branches({"lr": uniform(0, 1), "optimizer": OPTIMIZER})
    assert branch.name == ""
    assert dict(branch.axes) == {"lr": uniform(0, 1), "optimizer": OPTIMIZER}


def test_what_others_depend_on_is_settled():
    lr = per("optimizer", nesterov=log_uniform(1e-3, 10), adam=log_uniform(1e-5, 0.1))
    beta2 = per("optimizer", adam=near_one(0.9, 0.999))
    flat = branches({"lr": lr, "optimizer": OPTIMIZER, "beta2": beta2})
    assert [b.name for b in flat] == ["optimizer=nesterov", "optimizer=adam"]
    assert dict(flat[0].axes) == {"lr": log_uniform(1e-3, 10)}
    assert dict(flat[1].axes) == {
        "lr": log_uniform(1e-5, 0.1),
        "beta2": near_one(0.9, 0.999),
    }


def test_conditions_within_conditions():
    axes = {
        "optimizer": OPTIMIZER,
        "schedule": choice("constant", "cosine"),
        "warmup": per("schedule", cosine=per("optimizer", adam=uniform(0, 1))),
    }
    named = {b.name: list(b.axes) for b in branches(axes)}
    assert named == {
        "optimizer=nesterov, schedule=constant": [],
        "optimizer=nesterov, schedule=cosine": [],
        "optimizer=adam, schedule=constant": [],
        "optimizer=adam, schedule=cosine": ["warmup"],
    }


def test_under_an_absent_parent_nothing_exists():
    axes = {
        "optimizer": OPTIMIZER,
        "variant": per("optimizer", adam=choice("w", "plain")),
        "decay": per("variant", w=uniform(0, 1)),
    }
    named = {b.name: list(b.axes) for b in branches(axes)}
    assert named == {
        "optimizer=nesterov": [],
        "optimizer=adam, variant=w": ["decay"],
        "optimizer=adam, variant=plain": [],
    }


@given(listed=st.lists(
    st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text() | st.sampled_from(["1", "true", "1e0", "a=b", "a, b=c"]),
    min_size=2, max_size=6, unique=True,
))  # fmt: skip
@example(listed=[1, "1", False, "false", 0.12345678, 0.12345679])
def test_no_two_branches_share_a_name(listed):
    flat = branches({"x": choice(*listed), "y": choice("p", "q")}, frozenset({"x", "y"}))
    assert len({b.name for b in flat}) == len(flat) == 2 * len(listed)


def test_leaves_are_all_flat_axes():
    axis = per("a", x=uniform(0, 1), y=per("b", z=choice(1)))
    assert list(leaves(axis)) == [uniform(0, 1), choice(1)]


def test_constraints_hold_where_a_side_is_absent():
    below = Constraint("a", "<", "b")
    assert below.allows({"a": 1, "b": 2})
    assert not below.allows({"a": 2, "b": 2})
    assert Constraint("a", "<=", 2.0).allows({"a": 2})
    assert below.allows({"a": 5})
    assert below.allows({"b": 5})


def test_branches_are_frozen():
    branch = Branch(axes={"lr": uniform(0, 1)})
    with pytest.raises(TypeError):
        branch.axes["lr"] = uniform(0, 2)


def test_per_finds_its_range():
    axis = Per("a", ((1, Choice((1,))), ("x", Choice((2,)))))
    assert axis.under("x") == Choice((2,))
    assert axis.under("y") is None


@pytest.mark.parametrize(
    ("value", "said"), [(True, "true"), (0.1 + 0.2, "0.3"), (1e-5, "1e-5"), (7, "7"), ("a", "a")]
)
def test_values_are_spelt_short(value, said):
    assert spell(value) == said


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: Float(-1e308, 1e308), "1.8e308 wide"),
        (lambda: Float(0.1, math.nextafter(0.1, 1), Scale.LOG), "rounding"),
        (lambda: Float(0.9, math.nextafter(0.9, 1), Scale.NEAR_ONE), "rounding"),
        (lambda: Integer(1, 10**400), "63 bits"),
        (lambda: Integer(-(10**400), 1), "63 bits"),
    ],
)
def test_ranges_that_no_unit_can_hold_are_refused(make, says):
    with pytest.raises(SpaceError, match=says) as refused:
        make()
    assert refused.value.next_step


@pytest.mark.parametrize(
    "axis", [Float(0, 1e-300), Float(1e-300, 1e300, Scale.LOG), Integer(0, 2**62)]
)
def test_ranges_that_are_odd_but_sound_are_taken(axis):
    assert (
        axis.from_unit(0.5) == pytest.approx(axis.from_unit(0.5))
        and 0 < axis.to_unit(axis.from_unit(0.5)) < 1
    )
