"""The response to two hyperparameters as data: cells, trials, scales."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from tunebook.charts.render import to_svg
from tunebook.checks.importance.surface import ResponseSurface, drawn_trials
from tunebook.checks.importance.surface_chart import surface_plot
from tunebook.domain.design import Direction, Objective
from tunebook.domain.space import Choice, Float, Integer, Scale

ERROR = Objective("valid/error")
RATE = Float(1e-4, 1.0, Scale.LOG)


def surface(a_axis=RATE, b_axis=None, a_values=(1e-3, 0.1, 0.5), b_values=(0.1, 0.5, 0.9)):
    b_axis = b_axis or Float(0.0, 1.0)
    return ResponseSurface(
        a="lr",
        b="other",
        a_axis=a_axis,
        b_axis=b_axis,
        a_edges=np.linspace(0, 1, 3),
        b_edges=np.linspace(0, 1, 4),
        rank=np.array([[0.2, 0.8], [0.1, 0.9], [0.3, 0.7]]),
        trials=("1.0", "1.1", "1.2"),
        a_values=tuple(a_values),
        b_values=tuple(b_values),
        values=np.array([0.3, 0.1, np.nan]),
        infeasible=np.array([False, False, True]),
        best=np.array([False, True, False]),
        left_out=0,
    )


def drawn(**more):
    return surface_plot(surface(**more), "", ERROR)


def test_cells_lie_on_the_scales_of_the_space():
    cells = drawn().layer("response")
    assert sorted(set(cells.column("x"))) == pytest.approx([1e-4, 1e-2])
    # Each reaches below the next, which covers it: no seam, and the last one ends at the axis.
    assert all(row["x2"] == pytest.approx(1.0) for row in cells.rows)
    assert len(cells.rows) == 6


def test_the_map_has_a_colour_scale():
    drawing = to_svg(drawn())
    assert "linearGradient" in drawing
    assert "worst" in drawing and "best" in drawing


def test_the_best_cell_has_the_strongest_colour():
    rows = drawn().layer("response").rows
    best = min(rows, key=lambda r: r["rank"])
    assert best["good"] == 1.0 == max(r["good"] for r in rows)
    assert (best["x"], best["y"]) == pytest.approx((1e-4, 1 / 3))


def test_trials_are_points_with_infeasible_and_best_marked():
    picture = drawn()
    assert picture.layer("infeasible").column("trial") == ["1.2"]
    assert picture.layer("best").column("trial") == ["1.1"]
    assert picture.layer("trials").column("x") == [1e-3]
    assert picture.spec["params"][0]["name"] == "trial_hover"
    assert "1 trial infeasible" in picture.alt and "0.1 at 0.1" in picture.alt


def test_a_branch_is_in_the_title():
    picture = surface_plot(surface(), "optimizer=adam", ERROR)
    assert picture.title == "valid/error by lr and other[optimizer=adam]"


@pytest.mark.parametrize(
    ("axis", "values"),
    [
        (Choice(("a", "b", "c")), ("a", "c", "b")),
        (Integer(1, 3), (1, 3, 2)),
        (Integer(1, 512, Scale.LOG), (1, 64, 512)),
        (Float(0.9, 0.999, Scale.NEAR_ONE), (0.9, 0.99, 0.999)),
    ],
)
def test_every_kind_of_axis_is_drawn(axis, values):
    picture = drawn(b_axis=axis, b_values=values)
    json.dumps(picture.full(), allow_nan=False)
    ET.fromstring(to_svg(picture))
    for row in picture.layer("response").rows:
        assert np.isfinite([row["y"], row["y2"]]).all() and row["y"] != row["y2"]


def test_where_higher_is_better_the_best_trial_is_the_highest():
    picture = surface_plot(surface(), "", Objective("accuracy", Direction.MAXIMIZE))
    assert "best trial, 1.0" in picture.alt


def test_thousands_of_trials_are_thinned_and_the_best_kept(fresh_rng):
    losses = fresh_rng.normal(size=5000)
    losses[::3] = np.nan
    best = np.zeros(5000, dtype=bool)
    best[np.argsort(np.where(np.isnan(losses), np.inf, losses))[:100]] = True
    rows = drawn_trials(losses, best)
    assert len(rows) <= 600 and best[rows].sum() == 100
    assert 0.2 < np.isnan(losses[rows]).mean() < 0.5
