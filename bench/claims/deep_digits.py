"""Networks on scikit-learn's digits that train in a tenth of a second, stable ones and not.

`unstable`: twelve hidden layers of 48, no normalisation, weights 1.5 times too large. `stable`:
four residual layers of 48, each with a normalised branch. Both with momentum-free or plain
SGD and batches of 32 of 1,200 digits; 597 others validate. One compiled loop of JAX between
evaluations.
"""

from __future__ import annotations

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from sklearn.datasets import load_digits

import tunebook as tb

WIDTH = 48
BATCH = 32
TRAINED = 1200


@functools.cache
def digits() -> tuple[np.ndarray, ...]:
    """Images and labels, to train on and to validate with."""
    images, labels = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(labels))
    images, labels = (images[order] / 16 - 0.5).astype(np.float32), labels[order]
    a, b = slice(TRAINED), slice(TRAINED, None)
    return images[a], labels[a], images[b], labels[b]


def begun(key: jax.Array, depth: int, gain: float) -> list[tuple[jax.Array, jax.Array]]:
    """Weights and biases as they begin: He's scale, times `gain` in the hidden layers."""
    sizes = [64, *[WIDTH] * (depth + 1), 10]
    scales = [2 / 64, *[gain**2 * 2 / WIDTH] * depth, 1 / WIDTH]
    return [
        (np.sqrt(s) * jax.random.normal(k, (a, b)), jnp.zeros(b))
        for k, a, b, s in zip(
            jax.random.split(key, depth + 2), sizes[:-1], sizes[1:], scales, strict=True
        )
    ]


def normalised(h: jax.Array) -> jax.Array:
    """Each example's features with mean 0 and variance 1."""
    return (h - h.mean(-1, keepdims=True)) / jnp.sqrt(h.var(-1, keepdims=True) + 1e-5)


def logits(weights: Any, images: jax.Array, residual: bool) -> jax.Array:
    """The network: plain layers, or residual ones with the normalisation last in the branch."""
    h = jax.nn.relu(images @ weights[0][0] + weights[0][1])
    for w, b in weights[1:-1]:
        branch = jax.nn.relu(h @ w + b)
        h = h + normalised(branch) / np.sqrt(len(weights)) if residual else branch
    if residual:
        h = normalised(h) / np.sqrt(WIDTH)
    return h @ weights[-1][0] + weights[-1][1]


def loss(weights: Any, images: jax.Array, labels: jax.Array, residual: bool) -> jax.Array:
    """Mean cross-entropy."""
    log_p = jax.nn.log_softmax(logits(weights, images, residual))
    return -jnp.mean(jnp.take_along_axis(log_p, labels[:, None], 1))


@functools.partial(jax.jit, static_argnames=("residual",))
def steps(state, key, first, count, rate, warmup, clip, momentum, residual):
    """`count` steps from step `first` on; the loss and gradient norm of the last one."""
    images, labels, _, _ = map(jnp.asarray, digits())

    def step(i, carried):
        weights, speed, _, _ = carried
        rows = jax.random.randint(jax.random.fold_in(key, i), (BATCH,), 0, TRAINED)
        value, gradient = jax.value_and_grad(loss)(weights, images[rows], labels[rows], residual)
        norm = tb.gradient_norm(gradient)
        scale = jnp.where(clip > 0, jnp.minimum(1.0, clip / (norm + 1e-12)), 1.0)
        now = rate * jnp.minimum(1.0, (i + 1) / jnp.maximum(warmup, 1))
        speed = jax.tree.map(lambda v, g: momentum * v + scale * g, speed, gradient)
        weights = jax.tree.map(lambda w, v: w - now * v, weights, speed)
        return weights, speed, value, norm

    return jax.lax.fori_loop(first, first + count, step, (*state, 0.0, 0.0))


@functools.partial(jax.jit, static_argnames=("residual",))
def error(weights, residual):
    """Share of the validation digits that are wrong."""
    _, _, images, labels = map(jnp.asarray, digits())
    return jnp.mean(jnp.argmax(logits(weights, images, residual), 1) != labels)


def train(trial: tb.Trial, *, residual: bool, depth: int, gain: float, momentum: float) -> None:
    """Train one network, and report at every evaluation."""
    key = jax.random.PRNGKey(trial.seed)
    weights = begun(jax.random.fold_in(key, 1), depth, gain)
    state = (weights, jax.tree.map(jnp.zeros_like, weights))
    config, done = trial.config, 0
    rate, warmup, clip = (config[n] for n in ("learning_rate", "warmup_steps", "clip_norm"))
    for step in range(trial.max_train_steps):
        if not trial.evaluate_at(step):
            continue
        *state, value, norm = steps(
            tuple(state), key, done, step + 1 - done, rate, warmup, clip, momentum, residual
        )
        done = step + 1
        trial.report(
            step,
            {
                "train/loss": float(value),
                "train/grad_norm": float(norm),
                "valid/error": float(error(state[0], residual)),
            },
        )
        if not np.isfinite(float(value)):
            return  # nothing comes of it any more


def unstable(trial: tb.Trial) -> None:
    """Deep, without normalisation, badly initialised."""
    train(trial, residual=False, depth=12, gain=1.5, momentum=0.0)


def stable(trial: tb.Trial) -> None:
    """Residual and normalised."""
    train(trial, residual=True, depth=4, gain=1.0, momentum=0.9)
