"""Handwritten digits, and a small network for them in each framework; trained, and its error."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

STEPS, BATCH, HIDDEN = 300, 128, 32


def data() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """1,297 training and 500 validation images of 8 by 8 pixels from scikit-learn."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(x))
    x, y = (x[order] / 16 - 0.3).astype("float32"), y[order].astype("int32")
    return x[500:], y[500:], x[:500], y[:500]


def batches(steps: int, size: int = BATCH) -> np.ndarray:
    """The rows of each step."""
    return np.random.default_rng(1).integers(0, 1297, (steps, size))


def torch_error(config: Mapping[str, object], *, steps: int = STEPS, schedule=None) -> float:
    """Validation error after training by `torch_optimizer`."""
    import torch

    from tunebook.integrations.torch import torch_optimizer

    torch.manual_seed(0)
    x, y, x_valid, y_valid = map(torch.as_tensor, data())
    model = torch.nn.Sequential(
        torch.nn.Linear(64, HIDDEN), torch.nn.ReLU(),
        torch.nn.Linear(HIDDEN, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, 10),
    )  # fmt: skip
    optimizer = torch_optimizer(model, config)
    moving = schedule and torch.optim.lr_scheduler.LambdaLR(optimizer, schedule.factor)
    for rows in batches(steps):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x[rows]), y[rows].long()).backward()
        optimizer.step()
        if moving:
            moving.step()
    if hasattr(optimizer, "eval"):
        optimizer.eval()
    with torch.no_grad():
        return float((model(x_valid).argmax(1) != y_valid).float().mean())


def optax_error(config: Mapping[str, object], *, steps: int = STEPS, schedule=None) -> float:
    """Validation error after training by `optax_optimizer`, the step compiled."""
    import jax
    import jax.numpy as jnp
    import optax

    from tunebook.integrations.optax import optax_optimizer

    x, y, x_valid, y_valid = data()
    keys = jax.random.split(jax.random.key(0), 3)
    sizes = [(64, HIDDEN), (HIDDEN, HIDDEN), (HIDDEN, 10)]
    weights = [
        {"w": jax.random.normal(k, s) * (2 / s[0]) ** 0.5, "b": jnp.zeros(s[1])}
        for k, s in zip(keys, sizes, strict=True)
    ]

    def logits(weights, x):
        for layer in weights[:-1]:
            x = jax.nn.relu(x @ layer["w"] + layer["b"])
        return x @ weights[-1]["w"] + weights[-1]["b"]

    def loss(weights, x, y):
        return optax.softmax_cross_entropy_with_integer_labels(logits(weights, x), y).mean()

    optimizer = optax_optimizer(config, schedule=schedule)

    @jax.jit
    def advance(carry, rows):
        weights, state = carry
        slope = jax.grad(loss)(weights, jnp.asarray(x)[rows], jnp.asarray(y)[rows])
        change, state = optimizer.update(slope, state, weights)
        return (optax.apply_updates(weights, change), state), None

    (weights, state), _ = jax.lax.scan(
        advance, (weights, optimizer.init(weights)), jnp.asarray(batches(steps))
    )
    if config["optimizer"] == "schedule_free_adamw":
        weights = optax.contrib.schedule_free_eval_params(state, weights)
    return float((logits(weights, x_valid).argmax(-1) != y_valid).mean())


def keras_error(config: Mapping[str, object], *, epochs: int = 12, schedule=None) -> float:
    """Validation error after training by `keras_optimizer`."""
    import keras

    from tunebook.integrations.keras import keras_optimizer

    keras.utils.set_random_seed(0)
    x, y, x_valid, y_valid = data()
    model = keras.Sequential(
        [
            keras.layers.Dense(HIDDEN, activation="relu"),
            keras.layers.Dense(HIDDEN, activation="relu"),
            keras.layers.Dense(10, name="head"),
        ]
    )
    more = {"exclude_layers": ["head"]} if config["optimizer"] == "muon" else {}
    model.compile(
        optimizer=keras_optimizer(config, schedule=schedule, **more),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    model.fit(x, y, batch_size=64, epochs=epochs, verbose=0)
    return 1 - model.evaluate(x_valid, y_valid, batch_size=500, verbose=0)[1]
