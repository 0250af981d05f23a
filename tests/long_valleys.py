"""Trainings of which the length that suffices is known: gradient descent on quadratics.

With a rate r that decays linearly to 0 over T steps, a direction of curvature h shrinks by about
exp(-r h T / 2), so that what is left of each is known beforehand. `saturating` has no direction
flatter than its budget can clear; `endless` has ever flatter ones, so that more steps always pay.
"""

from __future__ import annotations

import numpy as np

FLOOR = 0.1
SATURATING = np.geomspace(1.0, 0.02, 6)
ENDLESS = np.geomspace(1.0, 1e-5, 24)

ASKED = {
    "max_train_steps": 256,
    "learning_rates": (0.01, 1.5),
    "least_improvement": 0.02,
    "fitted": 0.2,
    "trials": 6,
    "seeds": 4,
    "fixed": {"learning_rate": 0.1},
}


def descend(trial, curvatures: np.ndarray) -> None:
    """Linear decay over the trial's own length; a seed moves the start and the floor a little."""
    rng = np.random.default_rng(trial.seed)
    x = 1 + 0.05 * rng.standard_normal(len(curvatures))
    floor = FLOOR * (1 + 0.05 * rng.standard_normal())
    rate, steps = trial.config["learning_rate"], trial.max_train_steps
    noise = 0.02 * rng.standard_normal((steps, len(x)))
    for step in range(steps):
        x = x - rate * (1 - step / steps) * curvatures * (x + noise[step])
        if trial.evaluate_at(step):
            left = float((x**2).mean())
            trial.report(step, {"valid/loss": floor + left, "train/loss": left})


def saturating(trial) -> None:
    """Done soon."""
    descend(trial, SATURATING)


def endless(trial) -> None:
    """Never done."""
    descend(trial, ENDLESS)
