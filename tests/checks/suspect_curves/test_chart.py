"""Suspicious curves as data; no picture where all is well."""

from __future__ import annotations

import json

import numpy as np
from curve_shapes import Shape, study

from tunebook.charts.render import to_svg
from tunebook.checks.suspect_curves import chart as picture_of
from tunebook.checks.suspect_curves import check as suspect_curves

GOOD = {"valid/error": Shape(), "train/loss": Shape(pace=5, noise=0.01)}


def drawn(**shapes):
    made = study(np.random.default_rng(0), 30, 100, {**GOOD, **shapes})
    return picture_of.draw(suspect_curves.check(made))


def test_all_well_is_no_picture():
    assert drawn() == ()


def test_a_period_is_drawn_point_by_point():
    (picture,) = drawn(**{"valid/error": Shape(period=5, swing=0.1)})
    first = picture.layer("first").column("step")
    assert set(np.diff(first)) == {10} and first[-1] == 999
    assert "every 5" in picture.alt and picture.title == "valid/error repeats itself"
    assert len(set(picture.layer("others").column("trial"))) == 7
    json.dumps(picture.full(), allow_nan=False)
    to_svg(picture)


def test_a_rising_training_loss_is_drawn_whole():
    (picture,) = drawn(**{"train/loss": Shape(pace=20, rise=0.5, noise=0.01)})
    steps = picture.layer("first").column("step")
    assert steps[0] < 20 and steps[-1] == 999
    assert "train/loss gets worse in training: 3 trials" in picture.alt
