"""TrialTable: columns of equal length, units, curves and their one number (C11)."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tunebook.domain.design import Objective, Reduce, Role
from tunebook.domain.errors import DesignError, TableError
from tunebook.domain.formats.spelling import choice, log_uniform, maximize, minimize
from tunebook.domain.space import Branch
from tunebook.domain.table import Curves, TrialTable, reduce_curve
from tunebook.domain.trial import Cause, Status


@pytest.fixture
def table():
    return TrialTable(
        objective=maximize("acc"),
        name=("1.0", "1.1", "1.2", "1.3"),
        study=("o=a", "o=b", "o=a", "o=a"),
        config=(
            {"o": "a", "lr": 0.01, "m": "x"},
            {"o": "b"},
            {"o": "a", "lr": 1.0, "m": "y"},
            {"o": "a", "lr": 10.0, "m": "x"},
        ),
        seed=(1, 2, None, 4),
        status=(Status.COMPLETE, Status.INFEASIBLE, Status.COMPLETE, Status.FAILED),
        cause=(None, Cause.DIVERGED, None, None),
        seconds=np.array([1.0, 2.0, 3.0, np.nan]),
        value=np.array([0.5, np.nan, 0.7, np.nan]),
        curves={"acc": Curves.pack([([0, 1], [0.1, 0.5]), ([], []), ([5], [0.7]), ([], [])])},
        branches={
            "o=a": Branch(
                conditions={"o": "a"}, axes={"lr": log_uniform(0.01, 1), "m": choice("x", "y")}
            ),
            "o=b": Branch(conditions={"o": "b"}),
        },
        roles={"o": Role.SCIENTIFIC, "lr": Role.NUISANCE, "m": Role.NUISANCE},
    )


def test_columns_speak_of_the_same_trials(table):
    assert len(table) == 4
    assert table.complete.tolist() == [True, False, True, False]
    assert table.counted.tolist() == [True, True, True, False]
    np.testing.assert_array_equal(table.losses, [-0.5, np.nan, -0.7, np.nan])
    assert table.scientific == ("o",)
    assert table.column("lr") == [0.01, None, 1.0, 10.0]


def test_units_lie_in_the_cube_of_the_branch(table):
    expected = [[0, 0.25], [1, 0.75], [1.5, 0.25]]
    np.testing.assert_allclose(table.units("o=a"), expected, atol=1e-12)
    assert table.units("o=b").shape == (1, 0)
    assert table.axis("o=a", "lr") == log_uniform(0.01, 1)


@pytest.mark.parametrize("rows", [np.array([2, 0]), np.array([True, False, True, False])])
def test_taking_rows_takes_every_column(table, rows):
    taken = table.take(rows)
    assert set(taken.name) == {"1.0", "1.2"}
    i = taken.name.index("1.2")
    assert taken.curves["acc"].of(i)[1].tolist() == [0.7]
    assert (taken.value[i], taken.config[i]["lr"], taken.seed[i]) == (0.7, 1.0, None)
    assert taken.branches == table.branches


def test_taking_none_is_an_empty_table(table):
    empty = table.take(np.zeros(4, dtype=bool))
    assert len(empty) == 0
    assert empty.units("o=a").shape == (0, 2)
    assert table.of_study("o=b").name == ("1.1",)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"seed": (1,)}, '"seed" has 1 for 4 trials'),
        ({"value": np.zeros(5)}, '"value" has 5'),
        ({"branches": {}}, 'study "o=a" has no branch'),
        ({"curves": {"x": Curves.pack([([], [])])}}, 'curves of "x" cover 1 trials'),
    ],
)
def test_columns_that_do_not_fit_are_refused(table, more, said):
    with pytest.raises(TableError) as caught:
        replace(table, **more)
    assert said in str(caught.value)


curve_lists = st.lists(st.lists(st.floats(), max_size=5), max_size=6)


@given(curves=curve_lists, data=st.data())
def test_packed_curves_come_back(curves, data):
    packed = Curves.pack([(range(len(c)), c) for c in curves])
    if not curves:
        return
    rows = data.draw(st.lists(st.integers(0, len(curves) - 1), max_size=8))
    taken = packed.take(np.array(rows, dtype=np.int64))
    for at, row in enumerate(rows):
        np.testing.assert_array_equal(taken.of(at)[1], curves[row])
        np.testing.assert_array_equal(packed.of(row)[0], range(len(curves[row])))


@pytest.mark.parametrize(
    ("values", "objective", "reduced"),
    [
        ([3, 1, 2], minimize("x"), 1),
        ([3, 1, 2], maximize("x"), 3),
        ([3, 1, 2], minimize("x", reduce="last"), 2),
        ([1, np.nan, 2], minimize("x"), 1),
        ([np.inf, 2], maximize("x"), 2),
        ([1, np.nan], minimize("x"), math.nan),
        ([1, np.inf], minimize("x", reduce="last"), math.nan),
        ([], minimize("x"), math.nan),
    ],
)
def test_a_curve_is_one_number(values, objective, reduced):
    result = reduce_curve(np.array(values, dtype=float), objective)
    np.testing.assert_equal(result, float(reduced))


def test_the_mean_of_the_last_values():
    over = minimize("loss", reduce="mean-last-3")
    assert (over.reduce, over.over, over.reduced) == (Reduce.MEAN_LAST, 3, "mean-last-3")
    assert reduce_curve(np.array([9.0, 1.0, 2.0, 3.0]), over) == pytest.approx(2.0)
    assert reduce_curve(np.array([9.0, np.nan, 2.0, 4.0]), over) == pytest.approx(3.0)
    assert reduce_curve(np.array([5.0]), over) == 5.0
    assert np.isnan(reduce_curve(np.array([1.0, 2.0, np.inf]), over))
    assert reduce_curve(np.full(3, 1.5e308), over) == pytest.approx(1.5e308)


@pytest.mark.parametrize("reduce", ["mean-last-0", "mean-last-", "mean", "mean_last_x"])
def test_a_mean_of_no_values_is_refused(reduce):
    with pytest.raises(DesignError):
        minimize("loss", reduce=reduce)


def test_over_goes_with_the_mean_alone():
    with pytest.raises(DesignError, match="over=5 goes with the mean"):
        Objective("loss", over=5)


def test_another_metric_as_the_objective_afterwards(table):
    curves = {"loss": Curves.pack([([0, 1], [3.0, 1.0]), ([0], [2.0]), ([0], [np.nan]), ([], [])])}
    complete = replace(table, curves=curves, status=(Status.COMPLETE,) * 4, cause=(None,) * 4)
    told = complete.with_objective(minimize("loss", reduce="last"))
    assert told.objective == minimize("loss", reduce="last") and told.chance is None
    assert np.array_equal(told.value, [1.0, 2.0, np.nan, np.nan], equal_nan=True)
    assert told.status == (Status.COMPLETE,) * 2 + (Status.INFEASIBLE,) * 2
    assert told.cause[2:] == (Cause.DIVERGED, Cause.DIVERGED)
    assert complete.with_objective(complete.objective) is complete
    with pytest.raises(TableError, match=r'no curve of "los".*Did you mean "loss"'):
        complete.with_objective(minimize("los"))
    lost = replace(complete, status=(Status.FAILED, *complete.status[1:]))
    assert lost.with_objective(minimize("loss")).status[0] is Status.FAILED
