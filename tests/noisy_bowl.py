"""Momentum, Nesterov, SGD and Adam on a quadratic of 20 curvatures, with noise in its gradients.

Small enough that a comparison of optimizers trains hundreds of times in a second or two, and real:
every step is taken, from a start and with noise that the seed gives.
"""

from __future__ import annotations

import numpy as np

from tunebook.integrations.chosen import chosen

CURVATURES = np.geomspace(0.01, 1.0, 20)
NOISE = 0.05

SHORT = {
    "optimizers": ("momentum", "adam"),
    "trials": 16,
    "seeds": 5,
    "max_train_steps": 100,
    "fixed": {"optimizer": "momentum", "width": 20},
}
"""Arguments of the procedure optimizers."""


def train(trial) -> None:
    """Report the loss without noise, ten times."""
    optimizer, values = chosen(dict(trial.config), None, "optax", None)
    rng = np.random.default_rng(trial.seed)
    weights = rng.standard_normal(len(CURVATURES))
    step_of = _adam if optimizer.name == "adam" else _momentum
    state = np.zeros((2, len(weights)))
    every = max(1, trial.max_train_steps // 10)
    for step in range(trial.max_train_steps):
        gradient = CURVATURES * weights + NOISE * rng.standard_normal(len(weights))
        weights = weights - step_of(optimizer.name, values, state, gradient, step + 1)
        if (step + 1) % every == 0:
            loss = float(0.5 * (CURVATURES * weights**2).sum())
            trial.report(step, {"valid/loss": min(loss, 1e9)})


def _momentum(name, values, state, gradient, _step):
    momentum = values.get("momentum", 0.0)
    state[0] = momentum * state[0] + gradient
    ahead = gradient + momentum * state[0] if name == "nesterov" else state[0]
    return values["learning_rate"] * np.clip(ahead, -1e9, 1e9)


def _adam(_name, values, state, gradient, step):
    one, two = values["beta1"], values["beta2"]
    state[0] = one * state[0] + (1 - one) * gradient
    state[1] = two * state[1] + (1 - two) * gradient**2
    mean, square = state[0] / (1 - one**step), state[1] / (1 - two**step)
    return values["learning_rate"] * mean / (np.sqrt(square) + values["epsilon"])
