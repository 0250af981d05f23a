"""Late variance as data: diamonds by rank, dots around them, the band of what can't be told."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tunebook.charts.render import to_svg
from tunebook.checks.late_noise import chart as variance
from tunebook.checks.late_noise.check import LateReading, VarianceResult
from tunebook.domain.design import Direction, Objective
from tunebook.domain.finding import Interval


def result(values, *, direction=Direction.MINIMIZE):
    rng = np.random.default_rng(0)
    return VarianceResult(
        objective=Objective("valid/error", direction),
        noise=Interval(0.01, 0.008, 0.013),
        correlation=0.0,
        evaluations=10,
        reading=0.006,
        flatters=0.015,
        resolution=Interval(0.016, 0.013, 0.02),
        good_range=0.05,
        value_range=float("nan"),
        seeds=None,
        within=("1.0",),
        good_trials=len(values),
        compared=len(values),
        unsteady=(),
        readings=tuple(
            LateReading(trial=f"1.{i}", study="", value=v, around=v + 0.01 * rng.normal(size=40))
            for i, v in enumerate(values)
        ),
        findings=(),
    )


@pytest.mark.parametrize("direction", list(Direction))
def test_trials_stand_by_rank_among_their_last_evaluations(direction):
    values = [0.1, 0.12, 0.15]
    if direction is Direction.MAXIMIZE:
        values = values[::-1]
    (picture,) = variance.draw(result(values, direction=direction))
    assert picture.layer("readings").column("value") == values
    assert picture.layer("readings").column("rank") == [1, 2, 3]
    assert len(picture.layer("evaluations").rows) == 3 * variance.DOTS
    (band,) = picture.layer("resolution").rows
    far = -0.016 if direction is Direction.MAXIMIZE else 0.016
    assert (band["from"], band["to"]) == pytest.approx((values[0], values[0] + far))
    assert "0.016" in picture.alt and "3 trials" in picture.alt
    assert '["1.0", "1.1", "1.2"]' in json.dumps(picture.spec).replace('\\"', '"')
    assert "<svg" in to_svg(picture)


def test_an_explosion_stays_at_the_edge():
    exploded = result([0.1, 0.12, 0.15, 0.16, 0.17, 0.18])
    exploded.readings[3].around[-1] = 1e18
    (picture,) = variance.draw(exploded)
    assert max(picture.layer("evaluations").column("shown")) < 1


def test_without_trials_there_is_no_picture():
    assert variance.draw(result([])) == ()
