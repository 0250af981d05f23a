"""Train a small network on handwritten digits: the workload of the demo.

JAX and optax on the CPU. All steps between two evaluations are one compiled loop, and the
hyperparameters are arguments of it, so that a worker compiles once for each optimizer.
"""

from __future__ import annotations

import os

# One thread a trial: sums are then added in one order, whatever the number of workers.
os.environ.setdefault("JAX_PLATFORMS", "cpu")
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

from functools import cache, partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import tunebook as tb

WIDTH = 128
BATCH = 32
TRAINING_EXAMPLES = 600
CHANCE = 0.89
"""Always guessing one digit errs on 0.898 of the images; 0.89 leaves room for luck."""


@cache
def digits() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """600 training and 1,197 validation images of 8 x 8 pixels, scaled to unit range."""
    images, labels = load_digits(return_X_y=True)
    x, x_valid, y, y_valid = train_test_split(
        images / 16.0, labels, train_size=TRAINING_EXAMPLES, random_state=0, stratify=labels
    )
    return x.astype(np.float32), y, x_valid.astype(np.float32), y_valid


def initial(key: jax.Array) -> list[tuple[jax.Array, jax.Array]]:
    """Two hidden layers, He initialisation."""
    sizes = (64, WIDTH, WIDTH, 10)
    keys = jax.random.split(key, len(sizes) - 1)
    return [
        (jax.random.normal(k, (a, b)) * jnp.sqrt(2.0 / a), jnp.zeros(b))
        for k, a, b in zip(keys, sizes[:-1], sizes[1:], strict=True)
    ]


def logits(weights: list[tuple[jax.Array, jax.Array]], x: jax.Array) -> jax.Array:
    """The network."""
    for w, b in weights[:-1]:
        x = jax.nn.relu(x @ w + b)
    w, b = weights[-1]
    return x @ w + b


def loss(weights: list[tuple[jax.Array, jax.Array]], x: jax.Array, y: jax.Array) -> jax.Array:
    """Mean cross-entropy, in nats."""
    return optax.softmax_cross_entropy_with_integer_labels(logits(weights, x), y).mean()


def optimizer(name: str, rates: dict[str, jax.Array]) -> optax.GradientTransformation:
    """The optimizer of that name, with its own hyperparameters."""
    if name == "nesterov":
        return optax.sgd(rates["learning_rate"], momentum=rates["momentum"], nesterov=True)
    return optax.adam(rates["learning_rate"], b1=rates["beta1"])


@partial(jax.jit, static_argnames=("name", "steps"))
def advance(
    name: str,
    rates: dict[str, jax.Array],
    state: Any,
    key: jax.Array,
    first: jax.Array,
    steps: int,
) -> tuple[Any, jax.Array]:
    """Take `steps` training steps from step `first`; returns the state and the mean loss."""
    x, y, _, _ = digits()

    def one(state: Any, step: jax.Array) -> tuple[Any, jax.Array]:
        weights, memory = state
        rows = jax.random.randint(jax.random.fold_in(key, step), (BATCH,), 0, len(x))
        value, slope = jax.value_and_grad(loss)(
            weights, jnp.asarray(x)[rows], jnp.asarray(y)[rows]
        )
        change, memory = optimizer(name, rates).update(slope, memory, weights)
        return (optax.apply_updates(weights, change), memory), value

    state, losses = lax.scan(one, state, first + jnp.arange(steps))
    return state, losses.mean()


@jax.jit
def valid_error(weights: list[tuple[jax.Array, jax.Array]]) -> jax.Array:
    """Share of the validation images that are misread."""
    _, _, x, y = digits()
    return (logits(weights, x).argmax(-1) != y).mean()


def train(trial: tb.Trial) -> None:
    """Train once, as the trial's configuration says."""
    name = trial.config["optimizer"]
    own = ("learning_rate", "momentum" if name == "nesterov" else "beta1")
    rates = {key: jnp.asarray(trial.config[key], jnp.float32) for key in own}
    weights_key, data_key = jax.random.split(jax.random.key(trial.seed))
    weights = initial(weights_key)
    state = (weights, optimizer(name, rates).init(weights))
    done = 0
    for step in range(trial.max_train_steps):
        if trial.evaluate_at(step):
            state, mean_loss = advance(
                name, rates, state, data_key, jnp.asarray(done), step + 1 - done
            )
            done = step + 1
            trial.report(
                step,
                {"train/loss": float(mean_loss), "valid/error": float(valid_error(state[0]))},
            )


def sizes() -> dict[str, int]:
    """Numbers that the README quotes."""
    x, _, x_valid, _ = digits()
    weights = initial(jax.random.key(0))
    return {
        "training": len(x),
        "validation": len(x_valid),
        "weights": sum(int(np.size(leaf)) for leaf in jax.tree.leaves(weights)),
    }
