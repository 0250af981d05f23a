"""Overfitting as data: the best trial apart, its training twin dashed, best points marked."""

from __future__ import annotations

import json

import numpy as np
import pytest
from curve_shapes import Shape, study

from tunebook.charts.render import to_svg
from tunebook.checks.overfitting import chart as picture_of
from tunebook.checks.overfitting import check as overfitting

FALLS = Shape(pace=3, noise=0.01)


def drawn(training="train/error", shape=FALLS, **more):
    shapes = {"valid/error": Shape(pace=20, rise=0.3), training: shape}
    made = study(np.random.default_rng(0), 40, 50, shapes, training_objective=training, **more)
    return picture_of.draw(overfitting.check(made))


def test_the_best_trial_stands_out_and_is_marked_where_best():
    (picture,) = drawn()
    assert len(set(picture.layer("best").column("trial"))) == 1
    assert len(set(picture.layer("others").column("trial"))) == 3
    (best,) = picture.layer("best_best_points").rows
    assert best["value"] == min(picture.layer("best").column("value")) or best["step"] > 0
    assert len(picture.layer("training").rows) == 50
    assert "4 of these 4 trials overfit" in picture.alt


def test_a_training_metric_of_another_kind_has_its_own_axis():
    (picture,) = drawn("train/loss")
    assert picture.spec["resolve"] == {"scale": {"y": "independent"}}
    assert picture.layer("training").rows


def test_a_training_loss_near_zero_does_not_flatten_the_rest():
    (picture,) = drawn(shape=Shape(fall=1.0, pace=200, noise=0.0))
    shown = picture.layer("training").column("shown")
    assert min(shown) >= min(picture.layer("best").column("value")) / 20


def test_few_studies_are_drawn_and_every_row_is_json():
    pictures = drawn(studies=8)
    assert len(pictures) == 4
    for picture in pictures:
        json.dumps(picture.full(), allow_nan=False)
        assert sum(len(rows) for rows in picture.rows.values()) < 1000
    to_svg(pictures[0])


@pytest.mark.parametrize("dark", [False, True])
def test_it_renders(dark):
    (picture,) = drawn()
    assert "<svg" in to_svg(picture, dark=dark)
