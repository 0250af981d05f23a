"""Configurations as points of a cube, and back."""

from __future__ import annotations

import numpy as np
import pytest

from tunebook.domain.formats.spelling import choice, integer, log_uniform, near_one
from tunebook.domain.space import Branch
from tunebook.search.bayesian.cube import Cube
from tunebook.search.quasirandom import halton_units

CUBE = Cube(
    Branch(
        axes={
            "lr": log_uniform(1e-4, 1),
            "layers": integer(1, 6),
            "norm": choice("batch", "layer", "none"),
            "momentum": near_one(0.9, 0.999),
            "nesterov": choice(True, False),
        }
    )
)


def test_points_and_configurations_are_one_to_one():
    points = CUBE.from_units(halton_units(5, 1, range(50)))
    configs = [CUBE.config(p) for p in points]
    assert CUBE.points(configs) == pytest.approx(points, abs=1e-9)
    assert all(axis.holds(c[n]) for c in configs for n, axis in CUBE.branch.axes.items())


def test_scales_lie_evenly():
    (row,) = CUBE.points(
        [{"lr": 0.01, "layers": 3, "norm": "layer", "momentum": 0.99, "nesterov": False}]
    )
    assert row[0] == pytest.approx(0.5) and row[5] == pytest.approx(0.5)
    assert list(row[2:5]) == [0, 1, 0] and row[6] == 1


def test_only_numbers_are_climbed():
    assert CUBE.smooth == (True, True, False, False, False, True, False)
    assert CUBE.width == 7


def test_whole_numbers_snap_to_their_cells():
    points = CUBE.from_units(halton_units(5, 1, range(3)))
    moved = points.copy()
    moved[:, 1] += 0.01
    moved[:, 0] = 1.7
    snapped = CUBE.snapped(moved)
    assert snapped[:, 1] == pytest.approx(points[:, 1])
    assert (snapped[:, 0] == 1).all()


def test_a_space_of_one_value_has_no_columns():
    assert Cube(Branch()).from_units(np.empty((2, 0))).shape == (2, 0)
