"""D2 D3: seeds in two groups, made and published."""

from __future__ import annotations

import numpy as np
import optimizer_pairs as published

from tunebook.deciding.fragile_seeds import fragile, fragile_text
from tunebook.domain.decision import Verdict
from tunebook.domain.design import Direction, Objective

LOSS, ACCURACY = Objective("loss"), Objective("accuracy", Direction.MAXIMIZE)


def test_the_worse_group_is_the_bad_one_whichever_way_is_better():
    values = [0.1, 0.11, 0.9, 0.12, 0.1, 0.91, 0.11, 0.1]
    found = fragile(values, LOSS)
    assert (found.bad, found.seeds) == (2, 8)
    assert found.share.low < 0.25 < found.share.high
    assert found.bad_mean > 0.9 > found.good_mean
    assert fragile(values, ACCURACY).bad == 6
    assert "2 of 8 new seeds end near 0.905 in loss" in fragile_text("best", found, "loss")


def test_one_group_is_not_fragile(fresh_rng):
    seen = sum(fragile(fresh_rng.normal(size=10), LOSS) is not None for _ in range(500))
    assert seen <= 10
    assert fragile([0.1, 0.9, 0.1, 0.9], LOSS) is None, "too few to tell"


def test_a_published_optimizer_with_bad_seeds_is_not_adopted_against_a_sound_one(shared_data):
    found, _ = published.reruns(shared_data, "mnist_vae")
    asked = published.PROBLEMS["mnist_vae"]
    assert fragile(found["sgd"], asked).bad == 4
    against_adam, _ = published.decided(found["sgd"], found["adam"], asked)
    assert against_adam.verdict is Verdict.KEEP
    against_momentum, took = published.decided(found["sgd"], found["momentum"], asked)
    assert (against_momentum.verdict, took) == (Verdict.ADOPT, 6), "on the mean, fixed before"


def test_optimizers_too_close_to_call_stay_so(shared_data):
    found, best = published.reruns(shared_data, "fmnist_2c2d")
    asked = published.PROBLEMS["fmnist_2c2d"]
    assert best == "adam", "a lucky seed wins the grid"
    for a in found:
        for b in found:
            if a != b:
                judged, _ = published.decided(found[a], found[b], asked)
                assert judged.verdict is not Verdict.ADOPT
    assert np.isfinite([*found["adam"]]).all()
