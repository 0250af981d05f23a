"""G2: with the settings that the catalogue states, the general optimizer takes the special's steps."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from integrations import digits
from tunebook.domain.optimizers.catalogue import OPTIMIZERS
from tunebook.domain.optimizers.spaces import optimizer_space
from tunebook.integrations.optax import optax_optimizer
from tunebook.integrations.torch import torch_optimizer

STEPS, RATE, HUGE = 120, 0.05, 1e9
GRADIENTS = np.random.default_rng(3).normal(size=(STEPS, 6)) * np.geomspace(0.01, 10, 6)


def taken(config, *, factor=lambda step: 1.0, **more) -> np.ndarray:
    """Where PyTorch's optimizer goes from 0 under these gradients, in double precision."""
    weight = torch.nn.Parameter(torch.zeros(6, dtype=torch.float64))
    optimizer = torch_optimizer([weight], config, **more)
    moving = torch.optim.lr_scheduler.LambdaLR(optimizer, factor)
    path = []
    for slope in GRADIENTS:
        weight.grad = torch.as_tensor(slope.copy())
        optimizer.step()
        moving.step()
        path.append(weight.detach().numpy().copy())
    return np.array(path)


def taken_by_optax(config) -> np.ndarray:
    """The steps, one by one, of optax's optimizer under these gradients."""
    import jax.numpy as jnp

    optimizer = optax_optimizer(config)
    state = optimizer.init(jnp.zeros(6))
    steps = []
    for slope in GRADIENTS:
        step, state = optimizer.update(jnp.asarray(slope, jnp.float32), state, jnp.zeros(6))
        steps.append(np.asarray(step))
    return np.array(steps)


@pytest.mark.parametrize("general", ["momentum", "nesterov"])
def test_without_momentum_it_is_sgd(general):
    sgd = taken({"optimizer": "sgd", "learning_rate": RATE})
    same = taken({"optimizer": general, "learning_rate": RATE, "momentum": 0.0})
    assert np.array_equal(same, sgd)
    assert not np.allclose(taken({"optimizer": general, "learning_rate": RATE}), sgd)


def test_adamw_without_decay_is_adam():
    adam = taken({"optimizer": "adam", "learning_rate": RATE})
    same = taken({"optimizer": "adamw", "learning_rate": RATE, "weight_decay": 0.0})
    assert np.array_equal(same, adam)


def test_rmsprop_with_a_large_epsilon_is_momentum():
    momentum = taken({"optimizer": "momentum", "learning_rate": RATE})
    config = {"learning_rate_over_epsilon": RATE, "epsilon": HUGE, "momentum": 0.9}
    assert taken({"optimizer": "rmsprop", **config}) == pytest.approx(momentum, rel=1e-6)


def test_adam_with_a_large_epsilon_is_momentum_but_for_its_first_steps():
    """But for its bias correction, 1 / (1 - beta1^t), which a schedule of the rate can make up."""
    corrected = taken(
        {"optimizer": "momentum", "learning_rate": RATE},
        factor=lambda step: 1 / (1 - 0.9 ** (step + 1)),
    )
    config = {"learning_rate_over_epsilon": RATE / 0.1, "epsilon": HUGE}
    assert taken({"optimizer": "adam", **config}) == pytest.approx(corrected, rel=1e-6)


def test_adam_is_not_momentum_where_epsilon_is_small():
    momentum = taken({"optimizer": "momentum", "learning_rate": RATE})
    adam = taken({"optimizer": "adam", "learning_rate": RATE})
    assert not np.allclose(adam[-1], momentum[-1], rtol=0.1)


def test_nadam_with_a_large_epsilon_takes_nesterovs_steps_once_it_has_begun():
    """Its two bias corrections differ by a step, so the first steps are no one's rate's."""
    config = {"learning_rate_over_epsilon": RATE / 0.1, "epsilon": 1e6}
    nesterov = taken_by_optax({"optimizer": "nesterov", "learning_rate": RATE})
    nadam = taken_by_optax({"optimizer": "nadam", **config})
    late = slice(100, None)  # 0.9^100 is 3e-5
    assert nadam[late] == pytest.approx(nesterov[late], rel=1e-3, abs=1e-4)
    assert not np.allclose(nadam[:3], nesterov[:3], rtol=0.1)
    in_torch = np.diff(taken({"optimizer": "nadam", **config}, momentum_decay=10.0), axis=0)
    ours = np.diff(taken({"optimizer": "nesterov", "learning_rate": RATE}), axis=0)
    assert in_torch[late] == pytest.approx(ours[late], rel=1e-3, abs=1e-4)


@pytest.mark.parametrize(("ratio", "epsilon"), [(10.0, 1e-4), (1.0, 1e4)])
def test_an_inclusive_space_trains_at_both_its_ends(ratio, epsilon):
    """As Adam does at the low end of epsilon, as momentum does at the high one."""
    space = optimizer_space("adam", trials=20, inclusive=True)
    config = {"learning_rate_over_epsilon": ratio, "epsilon": epsilon}
    assert all(space[name].holds(value) for name, value in config.items())
    assert digits.torch_error({"optimizer": "adam", **config}) < 0.12


def test_every_inclusion_of_the_catalogue_is_tested_here():
    stated = {(o.name, i.of) for o in OPTIMIZERS.values() for i in o.includes}
    assert stated == {
        ("momentum", "sgd"), ("nesterov", "sgd"), ("adamw", "adam"),
        ("rmsprop", "momentum"), ("adam", "momentum"), ("nadam", "nesterov"),
    }  # fmt: skip
