"""Two real workloads whose steps to a target are counted, compiled by JAX (A3 F1 F2).

`teacher`: 60,000 examples labelled by a random network, learned by a wider one. `text`: the next
character of the documentation strings of Python's own standard library, from the eight before
it. Plain SGD or momentum by `momentum`. Training ends where the target is reached: steps to it
are all that is asked.
"""

from __future__ import annotations

import functools
import pkgutil
import sys
from collections.abc import Iterator
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

EXAMPLES, HELD_OUT = 60_000, 5_000
CONTEXT, LETTERS = 8, 64
TARGETS = {"teacher": 0.30, "text": 0.57}


@functools.cache
def data(name: str) -> tuple[jax.Array, ...]:
    """Training and held-out inputs and labels."""
    x, y = (_teacher if name == "teacher" else text)()
    arrays = (x[:EXAMPLES], y[:EXAMPLES], x[EXAMPLES:], y[EXAMPLES:])
    return tuple(jnp.asarray(a) for a in arrays)


def _teacher() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((EXAMPLES + HELD_OUT, 32)).astype(np.float32)
    first, second = (
        rng.standard_normal((32, 24)) / 32**0.5,
        rng.standard_normal((24, 10)) / 24**0.5,
    )
    return x, (np.tanh(2 * x @ first) @ second).argmax(1).astype(np.int32)


def text() -> tuple[np.ndarray, np.ndarray]:
    letters = "\n abcdefghijklmnopqrstuvwxyz.,:;()'\"-_=<>[]0123456789/*+#`"[: LETTERS - 1]
    known = {c: n + 1 for n, c in enumerate(letters)}
    text: list[int] = []
    folder = Path(pkgutil.__file__).parent
    for name in sorted(sys.stdlib_module_names):
        file = folder / f"{name}.py"
        if file.is_file():
            text += [known.get(c, 0) for c in file.read_text("utf-8", "replace").lower()]
    every = np.lib.stride_tricks.sliding_window_view(np.asarray(text), CONTEXT + 1)
    chosen = np.random.default_rng(1).choice(len(every), EXAMPLES + HELD_OUT, replace=False)
    windows = every[chosen]
    return windows[:, :-1].astype(np.int32), windows[:, -1].astype(np.int32)


def start(name: str, key: jax.Array) -> tuple[jax.Array, ...]:
    """Weights of a network of one hidden layer; for text, of an embedding before it."""
    a, b, c = jax.random.split(key, 3)
    inputs, hidden, outputs = (32, 128, 10) if name == "teacher" else (CONTEXT * 12, 96, LETTERS)
    net = (
        jax.random.normal(a, (inputs, hidden)) * (2 / inputs) ** 0.5,
        jnp.zeros(hidden),
        jax.random.normal(b, (hidden, outputs)) * hidden**-0.5,
        jnp.zeros(outputs),
    )
    return net if name == "teacher" else (*net, 0.3 * jax.random.normal(c, (LETTERS, 12)))


def logits(weights: tuple[jax.Array, ...], x: jax.Array) -> jax.Array:
    """The network."""
    if len(weights) == 5:
        x = weights[4][x].reshape(x.shape[0], -1)
    return jax.nn.relu(x @ weights[0] + weights[1]) @ weights[2] + weights[3]


def _loss(weights: tuple[jax.Array, ...], x: jax.Array, y: jax.Array) -> jax.Array:
    scores = jax.nn.log_softmax(logits(weights, x))
    return -scores[jnp.arange(y.shape[0]), y].mean()


@functools.partial(jax.jit, static_argnames=("name", "batch", "steps"))
def advance(weights, velocity, key, rate, momentum, *, name: str, batch: int, steps: int):
    """So many steps, then the error on held-out examples, and the last batch's loss."""
    x, y, held_x, held_y = data(name)

    def one(carry, key):
        weights, velocity = carry
        rows = jax.random.randint(key, (batch,), 0, EXAMPLES)
        loss, gradient = jax.value_and_grad(_loss)(weights, x[rows], y[rows])
        velocity = jax.tree.map(lambda v, g: momentum * v + g, velocity, gradient)
        return (jax.tree.map(lambda w, v: w - rate * v, weights, velocity), velocity), loss

    (weights, velocity), losses = jax.lax.scan(
        one, (weights, velocity), jax.random.split(key, steps)
    )
    error = (logits(weights, held_x).argmax(1) != held_y).mean()
    return weights, velocity, error, losses[-1]


def squared_norms(name: str, rate: float, batches: tuple[int, int], count: int) -> list[list]:
    """Squared norms of gradients over two batch sizes, at weights half of the way to the target.

    Args:
        rate: learning rate at batch size 128 that gets there.
        count: gradients of each size.
    """
    x, y, _, _ = data(name)
    key = jax.random.PRNGKey(0)
    weights, error = start(name, key), 1.0
    velocity = jax.tree.map(jnp.zeros_like, weights)
    while error > (TARGETS[name] + 0.9) / 2:
        key, own = jax.random.split(key)
        weights, velocity, error, _ = advance(
            weights, velocity, own, rate, 0.0, name=name, batch=128, steps=20
        )

    @functools.partial(jax.jit, static_argnames="batch")
    def norm(key, *, batch: int):
        rows = jax.random.randint(key, (batch,), 0, EXAMPLES)
        gradient = jax.grad(_loss)(weights, x[rows], y[rows])
        return sum(jnp.sum(part**2) for part in jax.tree.leaves(gradient))

    return [
        [float(norm(k, batch=b)) for k in jax.random.split(jax.random.fold_in(key, b), count)]
        for b in batches
    ]


def train(trial) -> None:
    """Until the target is reached, or the steps are over."""
    target, ends = trial.config["target"], evenly(trial.max_train_steps)
    for step, error, loss in run(trial.config, trial.seed, ends, target):
        trial.report(step, {"valid/error": error, "train/loss": loss})


def timed(trial) -> None:
    """All steps, whatever is reached, evaluated where it is asked for: for step times."""
    ends = [s + 1 for s in range(trial.max_train_steps) if trial.evaluate_at(s)]
    for step, error, loss in run(trial.config, trial.seed, ends, 0.0):
        trial.report(step, {"valid/error": error, "train/loss": loss})


def steps_to_target(config, seed: int, max_steps: int) -> float:
    """Steps until the target is reached; infinite where it is not. For scripts without a tuner."""
    for step, error, _ in run(config, seed, evenly(max_steps), config["target"]):
        if error <= config["target"]:
            return step + 1
    return float("inf")


def evenly(steps: int) -> list[int]:
    """After which steps to evaluate: two hundred times, and at the end."""
    every = max(1, steps // 200)
    return [*range(every, steps, every), steps]


def run(config, seed: int, ends: list[int], target: float) -> Iterator[tuple[int, float, float]]:
    """Step, held-out error and loss at each evaluation, up to the target."""
    name, batch = config["workload"], config["batch_size"]
    data(name)  # made once, outside of what is compiled
    key = jax.random.PRNGKey(seed)
    key, own = jax.random.split(key)
    weights = start(name, own)
    velocity = jax.tree.map(jnp.zeros_like, weights)
    done = 0
    for end in ends:
        key, own = jax.random.split(key)
        weights, velocity, error, loss = advance(
            weights, velocity, own, config["learning_rate"], config["momentum"],
            name=name, batch=batch, steps=end - done,
        )  # fmt: skip
        done = end
        yield done - 1, float(error), float(loss)
        if float(error) <= target or not np.isfinite(float(loss)):
            return
