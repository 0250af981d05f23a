"""Training curves as data: the best apart, the rest as a band, every trial linked."""

from __future__ import annotations

import numpy as np
import pytest

from tunebook.checks.training_length import chart as curves
from tunebook.checks.training_length.chart_rows import POINTS


@pytest.fixture
def study(curve, length_result):
    def make(**more):
        best = curve("1.0", [0.5, 0.3, 0.2], highlighted=True, **more)
        return length_result(
            [best, curve("1.1", [0.9, 0.8, 0.7]), curve("1.2", [0.8, 0.6, 0.65])],
            training_metric="train/loss",
        )

    return make


def test_the_best_trial_stands_out(study):
    (picture,) = curves.draw(study())
    best = picture.layer("highlighted")
    assert set(best.column("trial")) == {"1.0"}
    assert best.column("step") == [100, 200, 300]
    assert best.column("value") == [0.5, 0.3, 0.2]
    assert "The best trial, 1.0, reaches 0.2 at step 300 of 300" in picture.alt


def test_the_others_are_a_band(study):
    (picture,) = curves.draw(study())
    band = picture.layer("band")
    assert band.column("q50") == pytest.approx([0.85, 0.7, 0.675])
    assert len(picture.layer("pointed").rows) == 0  # until a trial is pointed at
    assert {row["trial"] for row in picture.rows["curves"]} == {"1.1", "1.2"}


def test_every_trial_can_be_pointed_at_where_it_was_best(study):
    (picture,) = curves.draw(study())
    assert picture.layer("target").column("trial") == ["1.0", "1.1", "1.2"]
    assert picture.layer("best_steps").column("step") == [300, 300, 200]


def test_training_loss_has_an_axis_of_its_own(study):
    (picture,) = curves.draw(study(training=[5.0, 3.0, 1.0]))
    assert picture.layer("training").column("value") == [5.0, 3.0, 1.0]
    assert picture.spec["resolve"] == {"scale": {"y": "independent"}}
    (_main, right) = picture.spec["layer"]
    assert right["name"] == "training"
    assert right["encoding"]["y"]["axis"]["orient"] == "right"
    assert "target" in picture.layers and picture.spec["params"][0]["views"] == ["target"]


def test_training_error_shares_the_axis_of_validation_error(curve, length_result):
    best = curve("1.0", [0.5, 0.3], highlighted=True, training=[0.4, 0.1])
    (picture,) = curves.draw(length_result([best], training_metric="train/error"))
    assert "resolve" not in picture.spec
    assert picture.layer("training").column("value") == [0.4, 0.1]


def test_several_studies_have_a_first_picture_together(curve, length_result):
    result = length_result(
        [
            curve("1.0", [0.5, 0.3], study="optimizer=adam", highlighted=True),
            curve("1.2", [0.6, 0.5], study="optimizer=adam"),
            curve("1.1", [0.5, 0.4], study="optimizer=nesterov", highlighted=True),
            curve("1.3", [0.6, 0.5], study="optimizer=nesterov"),
        ]
    )
    together, adam, nesterov = curves.draw(result)
    assert set(together.layer("highlighted").column("study")) == {
        "optimizer=adam",
        "optimizer=nesterov",
    }
    assert adam.title == "Training curves of valid/error with optimizer=adam"
    assert (together.trial, adam.trial, nesterov.trial) == ("", "1.0", "1.1")
    assert set(nesterov.layer("highlighted").column("trial")) == {"1.1"}
    assert len({p.name for p in (together, adam, nesterov)}) == 3


def test_a_nan_breaks_the_line_and_stays_out_of_the_json(curve, length_result):
    broken = curve("1.0", [0.5, np.nan, 0.3], highlighted=True)
    (picture,) = curves.draw(length_result([broken]))
    assert picture.layer("highlighted").column("shown") == [0.5, None, 0.3]


def test_a_long_curve_is_thinned_and_keeps_its_ends(curve, length_result):
    long = curve("1.0", list(np.linspace(1, 0.1, 5000)), highlighted=True)
    (picture,) = curves.draw(length_result([long]))
    steps = picture.layer("highlighted").column("step")
    assert len(steps) == POINTS
    assert (steps[0], steps[-1]) == (100, 500_000)


def test_losses_over_decades_get_a_log_axis(curve, length_result):
    (picture,) = curves.draw(length_result([curve("1.0", [3.0, 0.5, 0.01], highlighted=True)]))
    highlighted = next(x for x in picture.spec["layer"] if x["name"] == "highlighted")
    assert highlighted["encoding"]["y"]["scale"]["type"] == "log"


def test_many_trials_do_not_push_the_start_of_the_best_curve_off_the_axis(curve, length_result):
    falling = list(0.28 + np.exp(-np.arange(60) / 20))
    best = curve("1.0", falling, highlighted=True)
    others = [curve(f"1.{i}", [v + i * 1e-4 for v in falling]) for i in range(1, 400)]
    (picture,) = curves.draw(length_result([best, *others]))
    drawn = picture.layer("highlighted")
    assert drawn.column("shown") == pytest.approx(drawn.column("value"))
