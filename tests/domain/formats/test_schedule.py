"""E5: schedules by their formulas, as other libraries draw them, and stretched as they should be."""

from __future__ import annotations

import json
import math

import optax
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies import examples, schedules
from tunebook.domain.errors import DesignError
from tunebook.domain.schedule import Schedule, Shape, schedule

STEPS = 200


def drawn(made: Schedule) -> list[float]:
    return [made.factor(step) for step in range(made.steps + 1)]


@pytest.mark.parametrize(("name", "final"), [("cosine", 0.1), ("linear", 0.0), ("constant", 0.0)])
def test_a_schedule_is_what_optax_draws(name, final):
    """Warm-up begins at 1 / (w + 1), so that no update has rate 0; the rest is theirs."""
    up = optax.linear_schedule(1 / 21, 1.0, 20)
    after = {
        "cosine": optax.cosine_decay_schedule(1.0, STEPS - 20, alpha=final),
        "linear": optax.linear_schedule(1.0, final, STEPS - 20),
        "constant": optax.constant_schedule(1.0),
    }[name]
    theirs = optax.join_schedules([up, after], [20])
    ours = drawn(schedule(name, STEPS, warmup_steps=20, final_factor=final))
    assert ours == pytest.approx([float(theirs(s)) for s in range(STEPS + 1)], abs=2e-6)


def test_wsd_is_flat_and_then_falls_over_its_last_fifth():
    factors = drawn(schedule("wsd", STEPS, warmup_steps=20))
    assert factors[20:161] == [1.0] * 141
    assert factors[160:] == pytest.approx([1 - k / 40 for k in range(41)])


def test_lambda_lr_takes_it_and_its_state_is_plain(tmp_path):
    made = schedule("cosine", 10, warmup_steps=2)
    weight = torch.nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=0.5)
    moving = torch.optim.lr_scheduler.LambdaLR(optimizer, made.factor)
    rates = []
    for _ in range(10):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        moving.step()
    assert rates == pytest.approx([0.5 * made.factor(s) for s in range(10)])
    torch.save(moving.state_dict(), tmp_path / "state")
    moving.load_state_dict(torch.load(tmp_path / "state", weights_only=True))


@settings(max_examples=examples(200), deadline=None)
@given(made=schedules(), share=st.floats(0, 1.2))
def test_a_factor_lies_between_nothing_and_all(made, share):
    assert 0 <= made.factor(int(share * made.steps)) <= 1
    assert made.warmup + made.decay <= made.steps
    if made.shape is not Shape.CONSTANT and made.decay:
        assert made.factor(made.steps) == pytest.approx(made.final_factor)


@settings(max_examples=examples(200), deadline=None)
@given(made=schedules(), times=st.floats(1, 20))
def test_stretching_keeps_steps_and_follows_shares(made, times):
    longer = made.stretched(int(made.steps * times))
    if made.warmup_share is None:
        assert longer.warmup == made.warmup
        # The first steps, for which warm-up is there, are trained as they were.
        first = range(min(made.warmup, 20))
        assert [longer.factor(s) for s in first] == [made.factor(s) for s in first]
    else:
        assert abs(longer.warmup - made.warmup_share * longer.steps) <= 1
    if made.decay_steps is not None or (made.shape is Shape.LINEAR and made.decay_share is None):
        assert longer.decay == made.decay
    elif made.shape is Shape.COSINE and made.decay_share is None:
        assert longer.decay == longer.steps - longer.warmup
    assert made.stretched(made.steps).decay == made.decay


def test_a_longer_linear_schedule_is_flat_first_and_a_longer_cosine_is_not():
    linear = schedule("linear", 100).stretched(300)
    assert drawn(linear)[:201] == [1.0] * 201
    assert linear.factor(250) == pytest.approx(0.5)
    assert schedule("cosine", 100).stretched(300).factor(150) == pytest.approx(0.5)
    assert schedule("linear", 100, decay_share=1.0).stretched(300).factor(150) == pytest.approx(
        0.5
    )


def test_a_shorter_training_cuts_a_decay_in_steps_but_not_warm_up():
    short = schedule("linear", 1000, warmup_steps=100).stretched(300)
    assert (short.warmup, short.decay) == (100, 200)
    with pytest.raises(DesignError, match="fit into training; 100 and 0 steps are more than 50"):
        schedule("linear", 1000, warmup_steps=100).stretched(50)


@settings(max_examples=examples(200), deadline=None)
@given(made=schedules())
def test_a_configuration_says_all_of_it(made):
    config = json.loads(json.dumps(dict(made.config())))
    assert schedule(config, made.steps) == made


def test_other_hyperparameters_are_let_be_and_a_constant_has_no_decay():
    made = schedule({"schedule": "constant", "learning_rate": 0.1, "decay_steps": 5}, 10)
    assert made == schedule("constant", 10)
    assert schedule({"learning_rate": 0.1}, 10).shape is Shape.CONSTANT


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"named": "cosin"}, 'Did you mean "cosine"'),
        ({"steps": 0}, "steps is a whole number of at least 1"),
        ({"warmup_steps": 60, "decay_steps": 50}, "60 and 50 steps are more than 100"),
        ({"warmup_steps": 5, "warmup_share": 0.1}, "a length is given once; warmup has"),
        ({"warmup_share": 1.5}, "warmup_share is a share, from 0 to 1; got 1.5"),
        ({"final_factor": math.nan}, "final_factor is a share"),
        ({"decay_steps": 0.5}, "decay_steps is a whole number"),
        ({"warmup_steps": -1}, "warmup_steps is a whole number of at least 0"),
    ],
)
def test_what_makes_no_schedule_is_told(asked, said):
    with pytest.raises(DesignError) as caught:
        schedule(**{"named": "linear", "steps": 100, **asked})
    assert said in str(caught.value)
    assert caught.value.next_step


def test_a_constant_schedule_has_no_decay():
    with pytest.raises(DesignError, match="does not decay"):
        Schedule(shape=Shape.CONSTANT, steps=10, decay_steps=3)
