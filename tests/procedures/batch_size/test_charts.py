"""Pictures of throughput, budgets and the choice of batch size, from results made by hand (A3 A4 F3)."""

from __future__ import annotations

import numpy as np
import pytest

from tunebook.charts.render import to_png
from tunebook.domain.finding import Interval
from tunebook.procedures.batch_size.chart import draw_budgets, draw_choice
from tunebook.procedures.batch_size.cost_to_target import batch_choice
from tunebook.procedures.batch_size.equal_budgets import Budget, Kind
from tunebook.procedures.throughput.chart import draw_throughput
from tunebook.procedures.throughput.saturation import throughput


def times(step_s, off=0.02):
    return {b: Interval(s, s * (1 - off), s * (1 + off)) for b, s in step_s.items()}


def test_throughput_has_its_knee_the_doubling_and_the_end_of_memory():
    found = throughput(times({b: 1e-3 * max(1.0, b / 64) for b in (16, 32, 64, 128, 256)}))
    picture = draw_throughput(found, 512)
    assert picture.layer("knee").column("batch") == [64]
    assert picture.layer("ends").column("batch") == [512]
    rates = picture.layer("points").column("rate")
    assert rates == pytest.approx([16e3, 32e3, 64e3, 64e3, 64e3])
    # The line of perfect doubling ends where it would only stretch the picture.
    assert max(picture.layer("perfect").column("rate")) <= 2 * max(rates)
    assert "Memory ends at 512" in picture.alt
    assert to_png(picture, dark=True)[:4] == b"\x89PNG"


def test_a_knee_that_is_not_known_is_not_drawn():
    found = throughput(times({8: 1e-3, 16: 1.3e-3, 32: 2.5e-3}, off=0.3))
    picture = draw_throughput(found, None)
    assert picture.layer("knee").rows == ()
    assert "show where it stops" in str(picture.spec["title"]["subtitle"])


def test_an_interval_without_a_lower_end_stays_in_the_picture():
    step_s = times({8: 1e-3, 16: 1e-3})
    step_s[8] = Interval(1e-3, -1e-3, 3e-3)
    picture = draw_throughput(throughput(step_s), None)
    assert all(np.isfinite(picture.layer("intervals").column("high")))
    assert to_png(picture)[:4] == b"\x89PNG"


def budget(kind, amount, best):
    fresh = {b: (v, v + 0.02, float("nan")) for b, v in best.items()}
    return Budget(kind=kind, amount=amount, best=best, fresh=fresh, left_out=(), leaders=())


def test_budgets_stand_side_by_side_on_one_scale():
    both = (
        budget(Kind.STEPS, 100, {8: 0.5, 32: 0.4, 128: 0.3}),
        budget(Kind.EXAMPLES, 12_800, {8: 0.3, 32: 0.3, 128: 0.45}),
    )
    picture = draw_budgets(both, metric="valid/error", perfect_until=40.0)
    assert picture.layer("best steps").column("value") == [0.5, 0.4, 0.3]
    assert len(picture.layer("fresh examples").rows) == 6
    assert picture.layer("turn steps").column("batch") == [40.0]
    scales = [p["layer"][1]["encoding"]["y"]["scale"]["domain"] for p in picture.spec["concat"]]
    assert scales[0] == scales[1]
    assert "within 12,800 examples: 0.3 at 8" in picture.alt
    outside = draw_budgets(both, metric="valid/error", perfect_until=None)
    assert outside.layer("turn steps").rows == ()
    assert to_png(picture)[:4] == b"\x89PNG"


def test_the_sizes_that_may_be_the_least_are_marked():
    rng = np.random.default_rng(0)
    steps = {
        b: (4000 / b + 100) * np.exp(0.05 * rng.standard_normal(5)) for b in (8, 32, 128, 512)
    }
    choice = batch_choice(steps, times({8: 1e-3, 32: 1e-3, 128: 1e-3, 512: 4e-3}))
    picture = draw_choice(choice)
    assert picture.layer("least").column("batch") == list(choice.seconds.least) == [128]
    assert "The least may be at 128" in picture.alt
    assert to_png(picture)[:4] == b"\x89PNG"
