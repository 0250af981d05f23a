"""Stochastic gradient descent on a quadratic of two curvatures, its expected loss exactly.

The model in which Zhang et al. 2019 find the three regimes of batch sizes: noise of the gradient
falls as one over the batch size, so that a larger batch allows a larger rate, up to what the
sharper curvature allows.
"""

from __future__ import annotations

import math

CURVATURES = (1.0, 0.02)
NOISE = 20.0
TARGET = 0.1
FASTEST = math.log(1 / TARGET) / (2 * 1.9 * min(CURVATURES))

ASKED = {
    "batch_sizes": (1, 4, 16, 64, 256, 1024, 4096),
    "target": TARGET,
    "learning_rates": (1e-4, 1.9),
    "trials": 12,
    "seeds": 3,
    "least_steps": 400,
    "max_train_steps": 60_000,
    "fixed": {"batch_size": 1, "learning_rate": 0.01},
}

SHORT = {
    **ASKED,
    "batch_sizes": (4, 16, 64, 256),
    "trials": 10,
    "max_train_steps": 10_000,
}


def train(trial) -> None:
    """Report the expected loss, and end where the target is reached."""
    rate, batch = trial.config["learning_rate"], trial.config["batch_size"]
    # Fresh seeds differ by a little, as the luck of a run does.
    luck = 1.0 + 0.02 * ((trial.seed * 2654435761 % 1000) / 500 - 1)
    every = max(1, trial.max_train_steps // 100)
    for step in range(every - 1, trial.max_train_steps, every):
        loss = sum(_mode(rate, h, batch, step + 1) for h in CURVATURES) / len(CURVATURES)
        trial.report(step, {"valid/loss": min(1e9, luck * loss)})
        if luck * loss <= TARGET:
            return


def _mode(rate: float, curvature: float, batch: int, steps: int) -> float:
    shrink = (1 - rate * curvature) ** 2
    left = shrink**steps if shrink < 1 else 1e9
    level = rate * NOISE / batch / (2 - rate * curvature) if shrink < 1 else 1e9
    return left + level * (1 - min(1.0, left))
