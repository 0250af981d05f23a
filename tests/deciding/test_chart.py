"""Reruns as data: every value, its side's mean, and where a change is worth adopting."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from tunebook.deciding import chart as reruns
from tunebook.domain.decision import Decision, Estimand, Side, Verdict
from tunebook.domain.design import Direction, Objective
from tunebook.domain.finding import Interval

ERROR = Objective("valid/error")


def _decision(*sides: Side) -> Decision:
    return Decision(
        number=2,
        round=3,
        verdict=Verdict.ADOPT,
        sentence="",
        config={},
        sides=sides,
        least_improvement=0.01,
        error_rate=0.05,
        max_train_steps=100,
        decided_at=0.0,
    )


ADAM = Side(
    name="optimizer=adam", config={}, reruns=("3.r0", "3.r1"), mean=Interval(0.2, 0.1, 0.3)
)
BASELINE = Side(
    name="baseline", config={}, reruns=("3.r2", "3.r3"), mean=Interval(0.4, -math.inf, math.inf)
)
VALUES = {"optimizer=adam": [0.19, 0.21], "baseline": [0.39, 0.41]}


def test_every_rerun_is_a_point_of_its_side():
    (picture,) = reruns.draw(_decision(ADAM, BASELINE), VALUES, objective=ERROR)
    points = picture.layer("reruns")
    assert points.column("trial") == ["3.r0", "3.r1", "3.r2", "3.r3"]
    assert points.column("value") == [0.19, 0.21, 0.39, 0.41]
    assert picture.layer("means").column("mean") == [0.2, 0.4]
    assert "mean 0.2 (0.1 to 0.3) of 2 reruns" in picture.alt and "adopt" in picture.alt


@pytest.mark.parametrize(
    ("direction", "target"), [(Direction.MINIMIZE, 0.39), (Direction.MAXIMIZE, 0.41)]
)
def test_the_line_is_the_baseline_and_the_least_improvement(direction, target):
    objective = Objective("valid/x", direction)
    (picture,) = reruns.draw(_decision(ADAM, BASELINE), VALUES, objective=objective)
    assert picture.layer("worth_adopting").column("value") == pytest.approx([target])


def test_an_unknown_bound_runs_to_the_end_of_the_axis():
    (picture,) = reruns.draw(_decision(ADAM, BASELINE), VALUES, objective=ERROR)
    interval = picture.layer("intervals").rows[1]
    assert interval["low"] is None and interval["high"] is None
    assert interval["low_x"] < 0.1 and interval["high_x"] > 0.41


def test_a_first_baseline_has_no_line_to_beat():
    (picture,) = reruns.draw(_decision(BASELINE), VALUES, objective=ERROR)
    assert "worth_adopting" not in picture.layers


def test_reruns_that_did_not_complete_are_no_points():
    values = {"optimizer=adam": [0.19, math.nan], "baseline": [0.4]}
    (picture,) = reruns.draw(_decision(ADAM, BASELINE), values, objective=ERROR)
    assert picture.layer("reruns").column("value") == [0.19, 0.4]


def test_without_any_rerun_there_is_no_picture():
    assert reruns.draw(_decision(ADAM, BASELINE), {}, objective=ERROR) == ()


def test_a_side_with_no_value_is_left_out():
    (picture,) = reruns.draw(_decision(ADAM, BASELINE), {"baseline": [0.4]}, objective=ERROR)
    assert picture.layer("means").column("side") == ["baseline"]


def test_a_chance_to_beat_has_no_mean_to_reach():
    decision = replace(_decision(ADAM, BASELINE), estimand=Estimand.BEATS)
    (picture,) = reruns.draw(decision, VALUES, objective=ERROR)
    assert "Worth adopting" not in picture.alt
    (by_mean,) = reruns.draw(_decision(ADAM, BASELINE), VALUES, objective=ERROR)
    assert "Worth adopting" in by_mean.alt
