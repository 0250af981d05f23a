"""Pictures of rates, first steps, warm-ups and norms, from results made by hand (H1 to H4)."""

from __future__ import annotations

import numpy as np
import pytest

from tunebook.charts.render import to_png
from tunebook.procedures.instability import chart as stability
from tunebook.procedures.instability.gradient_norms import RunNorms, read_norms
from tunebook.procedures.instability.stable_rates import read_rate
from tunebook.procedures.instability.training_stability import read_run

STEPS = np.arange(60)
GOOD = 2.0 * np.exp(-STEPS / 10) + 0.1
ENDS = np.where(STEPS < 5, GOOD, np.nan)


def reading(*curves: np.ndarray, rate: float = 0.1):
    runs = [
        read_run(f"3.{i}", STEPS, curve, fall=2.0, max_train_steps=60)
        for i, curve in enumerate(curves)
    ]
    return read_rate(rate, runs, setting="2 times the best")


@pytest.fixture
def norms():
    rng = np.random.default_rng(0)
    return read_norms(
        "train/grad_norm",
        [
            RunNorms(trial=f"3.{i}", steps=STEPS, norms=np.exp(rng.standard_normal(60)))
            for i in range(3)
        ],
    )


def test_seeds_that_fail_are_drawn_apart_and_marked():
    picture = stability.draw_rate(reading(GOOD, GOOD + 0.1, ENDS))
    assert set(picture.layer("trains").column("trial")) == {"3.0", "3.1"}
    assert set(picture.layer("fails").column("trial")) == {"3.2"}
    assert picture.layer("ends").column("trial") == ["3.2"]
    assert "1 of 3 seeds fail (1 diverging)" in picture.alt


def test_a_loss_beyond_the_picture_stays_at_its_top():
    burst = GOOD.copy()
    burst[20:40] = 1e6
    picture = stability.draw_rate(reading(GOOD, burst))
    top = picture.spec["layer"][0]["encoding"]["y"]["scale"]["domain"][1]
    assert max(picture.layer("fails").column("loss")) == pytest.approx(top)


def test_norms_are_drawn_over_steps_and_counted(norms):
    over, often = stability.draw_norms(norms)
    assert len(over.layer("norms").rows) == 180
    assert sum(often.layer("bars").column("count")) == 180
    threshold = norms.threshold.estimate
    assert over.layer("threshold").column("norm") == [pytest.approx(threshold)]
    assert often.layer("threshold").column("norm") == [pytest.approx(threshold)]


def test_warm_ups_show_which_train():
    tries = [(10.0, 4, reading(*[ENDS] * 5)), (10.0, 40, reading(*[GOOD] * 5))]
    picture = stability.draw_warmups(tries, metric="train/loss")
    assert picture.layer("fails").column("steps") == [4]
    assert picture.layer("trains").column("steps") == [40]
    assert picture.layer("counts").column("failed") == [5, 0]


def test_names_are_unique_and_all_render_in_both_themes(norms):
    look = reading(GOOD, ENDS)
    drawn = [
        *map(stability.draw_rate, [reading(GOOD, rate=0.05), reading(ENDS)]),
        stability.draw_rate(look, first_steps=True),
        *stability.draw_norms(norms),
        stability.draw_warmups([(10.0, 4, look)], metric="train/loss"),
    ]
    assert len({p.name for p in drawn}) == len(drawn) == 6
    for picture in drawn:
        assert to_png(picture).startswith(b"\x89PNG")
        assert to_png(picture, dark=True).startswith(b"\x89PNG")


def test_a_rate_at_which_every_seed_ends_at_once_is_drawn():
    picture = stability.draw_rate(reading(np.full(60, np.nan), np.full(60, np.inf)))
    assert len(picture.layer("ends").rows) == 2
    assert to_png(picture).startswith(b"\x89PNG")
