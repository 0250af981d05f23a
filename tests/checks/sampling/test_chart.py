"""Tuning curves as data, drawn from what the check itself returns."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tunebook.charts import budget_curves
from tunebook.charts.theme import DARK, LIGHT
from tunebook.checks.charts import without_repeats
from tunebook.checks.sampling import chart as sampling
from tunebook.checks.sampling.check import BudgetBox, SamplingResult, StudySampling
from tunebook.checks.training_length import chart as curves
from tunebook.domain.design import Objective
from tunebook.domain.finding import Interval


def _study(name: str = "", trials: int = 16) -> StudySampling:
    budgets = np.arange(1, trials + 1)
    median = 0.1 + 0.1 / budgets
    return StudySampling(
        study=name,
        trials=trials,
        budgets=budgets,
        median=median,
        low=np.where(budgets > trials - 3, np.nan, median - 0.05),
        high=np.where(budgets < 3, np.nan, median + 0.05),
        boxes=tuple(
            BudgetBox(budget=n, q05=0.1, q25=0.12, q50=0.15, q75=0.18, q95=0.2) for n in (1, 4, 16)
        ),
        best=0.1,
        expected_gain=Interval(0.01, 0.0, 0.03),
        good_region=4,
    )


def _draw(*studies: StudySampling, order: tuple[str, ...] = ()):
    return sampling.draw(
        SamplingResult(
            objective=Objective("valid/error"), studies=studies, findings=(), order=order
        )
    )


def test_the_median_is_drawn_over_its_band():
    curve, _boxes = _draw(_study())
    median = curve.layer("median")
    assert median.column("budget") == list(range(1, 17))
    assert median.column("median")[0] == pytest.approx(0.2)
    assert curve.layers == ("band", "median")
    assert "best of 16 trials is 0.1" in curve.alt
    assert "gain about 0.01 (0 to 0.03)" in curve.alt


def test_an_open_band_runs_off_the_axis():
    curve, _ = _draw(_study())
    low, high = curve.spec["layer"][1]["encoding"]["y"]["scale"]["domain"]
    band = curve.layer("band")
    assert band.column("high_shown")[:2] == [high, high]
    assert band.column("low_shown")[-3:] == [low, low, low]
    assert band.column("low")[-1] is None


def test_a_median_that_is_not_known_is_a_gap():
    study = _study()
    median = study.median.copy()
    median[0] = np.nan
    curve, _ = _draw(dataclasses.replace(study, median=median))
    assert curve.layer("median").column("median_shown")[0] is None


def test_the_best_there_is_can_not_be_taken_for_a_series():
    """A dash means a series; the level of the best is a triangle at the end of the axis."""
    names = ("optimizer=adam", "optimizer=nesterov")
    several = [
        dataclasses.replace(_study(name), distance=Interval(0.01, 0.0, 0.02)) for name in names
    ]
    for studies in (several, several[:1]):
        curve, *_ = _draw(*studies)
        level = curve.layer("best there is")
        assert level.column("budget") == [16] * len(studies)
        assert level.column("best") == pytest.approx([0.09] * len(studies))
        (drawn,) = [la for la in curve.spec["layer"] if la["name"] == "best there is"]
        assert drawn["mark"]["type"] == "point" and "strokeDash" not in drawn["encoding"]
        assert "triangle" in " ".join(curve.spec["title"]["subtitle"])


def test_boxes_are_the_second_picture():
    curve, boxes = _draw(_study())
    assert without_repeats([curve, boxes]) == [curve]
    assert boxes.layer("boxes").column("budget") == [1, 4, 16]
    assert boxes.layer("medians").column("q50") == [0.15] * 3
    assert "16 trials: median 0.15, from 0.1 to 0.2" in boxes.alt


def test_few_studies_share_a_picture_many_do_not():
    two = _draw(_study("optimizer=adam"), _study("optimizer=nesterov"))
    assert [p.name for p in two] == [
        "sampling-curve",
        "sampling-budgets-optimizer-adam",
        "sampling-budgets-optimizer-nesterov",
    ]
    assert set(two[0].layer("median").column("study")) == {"optimizer=adam", "optimizer=nesterov"}
    six = _draw(*(_study(f"optimizer={i}") for i in range(6)))
    assert sum("curve" in p.name for p in six) == 6
    assert len({p.name for p in six}) == len(six)


def test_many_trials_are_thinned_from_first_to_last():
    curve, _ = _draw(_study(trials=3000))
    budgets = curve.layer("median").column("budget")
    assert len(budgets) <= budget_curves.WIDEST
    assert (budgets[0], budgets[-1]) == (1, 3000)


def test_one_trial_has_no_tuning_curve():
    assert _draw(_study(trials=1)) == ()


def test_a_series_keeps_its_look_when_another_is_missing():
    order = ("optimizer=sgd", "optimizer=adam", "optimizer=nesterov")
    curve, *_ = _draw(_study("optimizer=adam"), _study("optimizer=nesterov"), order=order)
    stroke = curve.spec["layer"][1]["encoding"]["stroke"]
    assert stroke["scale"]["domain"] == list(order)
    assert stroke["legend"]["values"] == ["optimizer=adam", "optimizer=nesterov"]


def test_two_curves_and_their_budgets_share_colours_with_training_curves(curve, length_result):
    order = ("optimizer=nesterov", "optimizer=adam")
    tuning, *_ = _draw(*map(_study, order), order=order)
    length = dataclasses.replace(
        length_result(
            [
                curve("1.1", [0.5, 0.3], study=order[1], highlighted=True),
                curve("1.2", [0.5, 0.4], study=order[0], highlighted=True),
            ]
        ),
        order=order,
    )
    training, *studies = curves.draw(length)
    assert "the best trial of each study" in training.title
    looks = [
        {
            channel: layer["encoding"][channel]["scale"]
            for layer in picture.spec["layer"]
            for channel in ("stroke", "strokeDash")
            if channel in layer["encoding"]
        }
        for picture in (tuning, training)
    ]
    assert looks[0] == looks[1] and set(looks[0]) == {"stroke", "strokeDash"}
    assert [p.title.rpartition(" ")[2] for p in studies] == list(order)


def test_no_series_has_the_colour_of_the_best():
    assert all(inks.accent not in inks.category for inks in (LIGHT, DARK))
    assert all(inks.infeasible not in inks.category for inks in (LIGHT, DARK))
