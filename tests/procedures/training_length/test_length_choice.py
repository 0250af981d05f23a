"""The shortest sufficient length, and what is left to gain."""

from __future__ import annotations

import numpy as np
import pytest

from tunebook.domain.finding import NotApplicable
from tunebook.procedures.training_length.length_choice import (
    Budget,
    LengthChoice,
    choose_length,
    gain_left,
    unimodal,
)

LENGTHS = (100, 200, 400, 800, 1600)


def made(curve, *, seeds=8, noise=0.002, shared=0.05, seed=0):
    """Losses by seed and length: the curve, what a seed adds everywhere, and noise."""
    rng = np.random.default_rng(seed)
    means = np.array([curve(n) for n in LENGTHS])
    own = shared * rng.standard_normal((seeds, 1))
    return means + own + noise * rng.standard_normal((seeds, len(LENGTHS)))


def chosen(losses, least=0.02, budget=1600):
    return choose_length(losses, LENGTHS, budget=budget, least=least, rng=np.random.default_rng(1))


def falls_until_200(steps):
    return 1 + 0.3 * 2 ** (-steps / 50)


def falls_for_ever(steps):
    return 1 - 0.1 * np.log2(steps / 100)


def test_a_plateau_is_told_and_where_it_is_good_enough():
    found = chosen(made(falls_until_200))
    assert isinstance(found, LengthChoice)
    assert found.says is Budget.SATURATED
    # The line between the means at 100 and 200, 0.075 and 0.019 above the floor, is at 0.02 there.
    assert 185 < found.shortest.low < 197 < found.shortest.high < 210
    assert found.seeds == 8


def test_what_still_falls_needs_the_whole_budget():
    found = chosen(made(falls_for_ever))
    assert found.says is Budget.COMPUTE_BOUND
    # A fifth of a doubling before the end.
    assert found.shortest.estimate == pytest.approx(1600 / 2**0.2, rel=0.03)
    assert found.best == 1600


def test_a_seed_is_common_to_all_lengths_and_drops_out():
    """With luck of its own at each length, the same spread leaves it open."""
    paired = chosen(made(falls_until_200))
    alone = chosen(made(falls_until_200, shared=0.0, noise=0.05))

    def width(found):
        return found.shortest.high - max(found.shortest.low, LENGTHS[0])

    assert width(alone) > 5 * width(paired)


def test_training_that_gets_worse_again_is_measured_from_its_best():
    found = chosen(made(lambda n: 1 + 0.1 * abs(np.log2(n / 400))), least=0.05)
    assert found.best == 400
    # A cubic rounds the kink off, and says so.
    assert found.shortest.low < 400 / 2**0.5 < found.shortest.high
    assert found.shortest.estimate == pytest.approx(400 / 2**0.5, rel=0.1)


def test_good_enough_from_the_first_length_on_is_said_so():
    found = chosen(made(lambda _: 1.0))
    assert found.shortest.low == 0
    assert found.shortest.estimate == pytest.approx(100)


def test_too_few_seeds_or_many_lost_ones_say_nothing():
    few = chosen(made(falls_until_200, seeds=3))
    assert isinstance(few, NotApplicable)
    losses = made(falls_until_200)
    losses[:2, 1] = np.inf
    lost = chosen(losses)
    assert isinstance(lost, NotApplicable)
    assert "6 of 8 seeds" in lost.reason


def test_one_lost_seed_counts_nowhere():
    losses = made(falls_until_200)
    losses[0, 3] = np.nan
    found = chosen(losses)
    assert isinstance(found, LengthChoice)
    assert found.seeds == 7


def test_a_plateau_is_averaged_and_not_searched_for_its_luckiest_point():
    fitted = unimodal(np.array([3.0, 1.0, 0.98, 1.02, 0.99, 1.01]))
    assert fitted[0] == 3
    assert fitted.min() == pytest.approx(0.99, abs=0.011)
    assert (np.diff(fitted[: fitted.argmin() + 1]) <= 0).all()


@pytest.mark.parametrize("doublings", [1, 3])
def test_what_is_left_shrinks_as_it_did(doublings):
    losses = made(lambda n: 1 + 10 / n, noise=0.0005)[:, 2:]
    left = gain_left(losses, doublings)
    true = 10 / 1600 - 10 / (1600 * 2**doublings)
    assert true < left < 3 * true


def test_steady_gains_go_on():
    losses = made(falls_for_ever, noise=1e-4)[:, 2:]
    assert gain_left(losses, 4) == pytest.approx(0.4, abs=0.01)
