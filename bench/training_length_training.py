"""Real training for the study of training length, compiled by JAX (E1 E3 E4 E5).

`digits`: scikit-learn's 1,797 digits, 1,000 of them for training: a small network is done with
them soon. `teacher`: 60,000 examples labelled by a random network, which a wider one goes on
learning from for as long as anybody waits. `text`: the next character of Python's standard library
from the eight before it, coded one by one. Momentum 0.9; a cosine to zero over the trial's own
length, or a constant rate where `schedule` says so; `weight_decay` is decoupled.
"""

from __future__ import annotations

import functools
import itertools

import jax
import jax.numpy as jnp
import numpy as np
from sklearn.datasets import load_digits

BATCH = 32
HIDDEN = {"digits": 32, "teacher": 64, "text": 64}
OUTPUTS = {"digits": 10, "teacher": 10, "text": 64}
EVALUATIONS = 50


@functools.cache
def data(name: str) -> tuple[jax.Array, ...]:
    """Training and held-out inputs and labels."""
    made = {"digits": _digits, "teacher": _teacher, "text": _coded_text}[name]
    return tuple(jnp.asarray(a) for a in made())


def _digits() -> tuple[np.ndarray, ...]:
    x, y = load_digits(return_X_y=True)
    order = np.random.default_rng(0).permutation(len(y))
    x, y = (x[order] / 8 - 1).astype(np.float32), y[order].astype(np.int32)
    return x[:1000], y[:1000], x[1000:], y[1000:]


def _teacher() -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((61_500, 32)).astype(np.float32)
    first = rng.standard_normal((32, 24)) / 32**0.5
    second = rng.standard_normal((24, 10)) / 24**0.5
    y = (np.tanh(2 * x @ first) @ second).argmax(1).astype(np.int32)
    return x[:60_000], y[:60_000], x[60_000:], y[60_000:]


def _coded_text() -> tuple[np.ndarray, ...]:
    from batch_size_training import EXAMPLES, LETTERS, text

    x, y = text()
    x = x + LETTERS * np.arange(x.shape[1], dtype=np.int32)  # a row of the first weights each
    return x[:EXAMPLES], y[:EXAMPLES], x[EXAMPLES:][:1500], y[EXAMPLES:][:1500]


def start(name: str, key: jax.Array) -> tuple[jax.Array, ...]:
    """Weights of a network of one hidden layer."""
    a, b = jax.random.split(key)
    inputs = data(name)[0].shape[1] * (OUTPUTS[name] if name == "text" else 1)
    hidden = HIDDEN[name]
    return (
        jax.random.normal(a, (inputs, hidden)) * (2 / inputs) ** 0.5,
        jnp.zeros(hidden),
        jax.random.normal(b, (hidden, OUTPUTS[name])) * hidden**-0.5,
        jnp.zeros(OUTPUTS[name]),
    )


def _loss(weights: tuple[jax.Array, ...], x: jax.Array, y: jax.Array) -> jax.Array:
    coded = jnp.issubdtype(x.dtype, jnp.integer)
    first = weights[0][x].sum(axis=1) if coded else x @ weights[0]
    hidden = jax.nn.relu(first + weights[1])
    scores = jax.nn.log_softmax(hidden @ weights[2] + weights[3])
    return -scores[jnp.arange(y.shape[0]), y].mean()


@functools.partial(jax.jit, static_argnames="name")
def advance(weights, velocity, key, begin, end, steps, rate, decay, constant, *, name: str):
    """From one step to another of `steps`, then the held-out and the training loss."""
    x, y, held_x, held_y = data(name)

    def one(step, carry):
        weights, velocity = carry
        rows = jax.random.randint(jax.random.fold_in(key, step), (BATCH,), 0, x.shape[0])
        gradient = jax.grad(_loss)(weights, x[rows], y[rows])
        cosine = 0.5 * (1 + jnp.cos(jnp.pi * step / steps))
        now = rate * jnp.where(constant, 1.0, cosine)
        velocity = jax.tree.map(lambda v, g: 0.9 * v + g, velocity, gradient)
        weights = jax.tree.map(lambda w, v: w - now * (v + decay * w), weights, velocity)
        return weights, velocity

    weights, velocity = jax.lax.fori_loop(begin, end, one, (weights, velocity))
    return weights, velocity, _loss(weights, held_x, held_y), _loss(weights, x[:1000], y[:1000])


def losses_of(name: str, seed: int, steps: int, rate: float, decay: float, *, constant: bool):
    """Step, held-out loss and training loss at each evaluation, as they come."""
    key, own = jax.random.split(jax.random.PRNGKey(seed))
    weights = start(name, own)
    velocity = jax.tree.map(jnp.zeros_like, weights)
    ends = np.unique(np.linspace(0, steps, min(steps, EVALUATIONS) + 1).astype(int)).tolist()
    for begin, end in itertools.pairwise(ends):
        weights, velocity, held_out, training = advance(
            weights, velocity, key, begin, end, steps, rate, decay, constant, name=name
        )
        yield end - 1, float(held_out), float(training)


def train(trial) -> None:
    """One trial: the configuration's workload, learning rate, weight decay and schedule."""
    config = trial.config
    for step, held_out, training in losses_of(
        config["workload"], trial.seed, trial.max_train_steps, config["learning_rate"],
        config["weight_decay"], constant=config["schedule"] == "constant",
    ):  # fmt: skip
        trial.report(step, {"valid/loss": held_out, "train/loss": training})
        if not np.isfinite(training):
            return
