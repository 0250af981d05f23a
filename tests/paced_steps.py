"""A training whose steps take a known time: alike up to a batch of 32, then by its size.

It really trains, a line by gradient descent; what a device would do in parallel is slept.
"""

from __future__ import annotations

import time

import numpy as np

STEP_S, FULL_FROM, EVALUATION_S = 2e-3, 32, 4e-3

ASKED = {
    "smallest": 8,
    "largest": 128,
    "longer": 0,
    "trial_s": 0.02,
    "max_train_steps": 240,
    "fixed": {"batch_size": 8, "learning_rate": 0.1},
}


def train(trial) -> None:
    """Descend, report where asked, and be as slow as is said above."""
    rng = np.random.default_rng(trial.seed)
    batch, weight = trial.config["batch_size"], 0.0
    for step in range(trial.max_train_steps):
        x = rng.standard_normal(batch)
        weight -= trial.config["learning_rate"] * float(np.mean(x * x * (weight - 1.0)))
        time.sleep(STEP_S * max(1.0, batch / FULL_FROM))
        if trial.evaluate_at(step):
            time.sleep(EVALUATION_S)
            trial.report(step, {"valid/loss": (weight - 1.0) ** 2})
