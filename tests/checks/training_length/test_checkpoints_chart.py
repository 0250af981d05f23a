"""Where best checkpoints fall, as bars: few trials and many, the good ones in front (E3)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tunebook.charts.render import to_svg
from tunebook.checks.training_length import checkpoints_chart as plot
from tunebook.statistics.curves.trial_curves import best_checkpoints


@pytest.fixture
def result(curve, length_result):
    def make(trials: int, points: int = 20):
        rng = np.random.default_rng(0)
        curves = [
            replace(curve(f"1.{i}", list(rng.random(points))), good=i % 10 == 0)
            for i in range(trials)
        ]
        return replace(length_result(curves), checkpoints=best_checkpoints(curves))

    return make


@pytest.mark.parametrize("trials", [3, 1000])
def test_every_trial_is_in_one_bar(result, trials):
    (picture,) = plot.draw(result(trials))
    assert sum(picture.layer("all").column("count")) == trials
    assert sum(picture.layer("best").column("count")) == len(range(0, trials, 10))
    assert all(0 <= a < b <= 1 for a, b in _sides(picture))
    assert "in the first tenth" in picture.alt and f"{trials} trials" in picture.alt
    assert "<svg" in to_svg(picture)


def _sides(picture):
    bars = picture.layer("all")
    return list(zip(bars.column("from"), bars.column("to"), strict=True))


def test_the_ends_that_the_playbook_names_are_shaded(result):
    (picture,) = plot.draw(result(30))
    ends = picture.layer("ends")
    assert ends.column("from") == [0.0, 0.75] and ends.column("to") == [0.1, 1.0]


def test_bars_say_where_curves_were_best(curve, length_result):
    early = curve("1.0", [0.5, 0.1, *[0.6] * 18])
    late = curve("1.1", [*[0.6] * 19, 0.1])
    coarse = curve("1.2", [0.5, 0.1])
    found = best_checkpoints([early, late, coarse])
    (picture,) = plot.draw(replace(length_result([early, late]), checkpoints=found))
    assert picture.layer("all").column("share") == ["5 to 10 %", "95 to 100 %"]
    assert found.left_out == 1 and found.trials == 2


def test_without_readable_curves_there_is_no_picture(curve, length_result):
    assert plot.draw(length_result([curve("1.0", [0.5])])) == ()
