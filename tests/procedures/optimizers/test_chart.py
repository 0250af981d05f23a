"""Pictures of several optimizers: what is drawn, together and in panels."""

from __future__ import annotations

import math

import numpy as np
import pytest

from tunebook.charts import theme
from tunebook.charts.render import to_svg
from tunebook.domain.design import Objective
from tunebook.domain.finding import Interval
from tunebook.procedures.optimizers import chart as optimizers
from tunebook.procedures.optimizers.best_of_budget import best_of_budgets

ERROR = Objective("valid/error")


def curves(count: int):
    rng = np.random.default_rng(0)
    return best_of_budgets({f"o{k}": rng.random(16) + 0.1 * k for k in range(count)}, 1)


def test_two_lie_over_each_other_and_differ_by_dash():
    picture = optimizers.draw_budgets(curves(2), ERROR)
    assert picture.layer("median").column("study")[::16] == ["o0", "o1"]
    assert len(picture.layer("band").rows) == 32
    median = next(layer for layer in picture.spec["layer"] if layer["name"] == "median")
    assert len(set(map(tuple, median["encoding"]["strokeDash"]["scale"]["range"]))) == 2
    assert "o0" in picture.alt and "of 16" in picture.alt


def test_more_have_a_panel_each_with_the_others_in_grey():
    picture = optimizers.draw_budgets(curves(6), ERROR)
    assert [p["title"] for p in picture.spec["concat"]] == [f"o{k}" for k in range(6)]
    assert set(picture.layer("median of o2").column("study")) == {"o2"}
    assert set(picture.layer("others than o2").column("study")) == {"o0", "o1", "o3", "o4", "o5"}


def test_an_open_end_runs_off_the_axis_without_a_line():
    picture = optimizers.draw_budgets(curves(2), ERROR)
    last = picture.layer("band").rows[15]
    assert last["low"] is None and last["low_line"] is None
    assert math.isfinite(last["low_shown"])


@pytest.mark.parametrize("count", [2, 6])
@pytest.mark.parametrize("dark", [False, True])
def test_both_render(count, dark):
    svg = to_svg(optimizers.draw_budgets(curves(count), ERROR), dark=dark)
    assert "o1" in svg and "Best of n trials" in svg


def test_seeds_are_points_and_an_infeasible_one_is_seen():
    picture = optimizers.draw_fresh(
        {"adam": {"2.0": 0.1, "2.1": 0.2}, "sgd": {"2.2": 0.3, "2.3": math.nan}},
        {"adam": Interval(0.15, 0.1, 0.2), "sgd": Interval(0.4, -math.inf, math.inf)},
        ERROR,
    )
    seeds = picture.layer("seeds")
    assert seeds.column("trial") == ["2.0", "2.1", "2.2", "2.3"]
    assert seeds.column("value") == [0.1, 0.2, 0.3, None]
    assert all(math.isfinite(x) for x in seeds.column("x"))
    assert theme.HOVER in str(picture.spec["params"])
    assert to_svg(picture)
