"""Networks that any optimizer of the catalogue trains, compiled by JAX once for each (G1).

The data and networks of `batch_size_training`. Hyperparameters are arguments of the compiled step,
not constants of it, so that a trial compiles nothing.
"""

from __future__ import annotations

import functools

import jax
import optax

from batch_size_training import EXAMPLES, _loss, data, logits, start
from tunebook.integrations.chosen import chosen, load

BATCH, EVALUATIONS = 128, 20
CALLED = {"epsilon": "eps", "rho": "decay", "beta1": "b1", "beta2": "b2"}
ALWAYS = {"nesterov": {"nesterov": True}, "rmsprop": {"eps_in_sqrt": False}}


def transformation(name: str, path: str, values: dict) -> optax.GradientTransformation:
    """What `optax_optimizer` builds, of values that JAX may trace."""
    named = {CALLED.get(n, n): v for n, v in values.items()}
    return load(path)(**named, **ALWAYS.get(name, {}))


@functools.partial(jax.jit, static_argnames=("name", "path"))
def begin(weights, values, *, name: str, path: str):
    """The optimizer's state for weights."""
    return transformation(name, path, values).init(weights)


@functools.partial(jax.jit, static_argnames=("workload", "name", "path", "steps"))
def advance(weights, state, key, values, *, workload: str, name: str, path: str, steps: int):
    """So many steps, then the error on held-out examples, and the last batch's loss."""
    x, y, held_x, held_y = data(workload)
    optimizer = transformation(name, path, values)

    def one(carry, key):
        weights, state = carry
        rows = jax.random.randint(key, (BATCH,), 0, EXAMPLES)
        loss, gradient = jax.value_and_grad(_loss)(weights, x[rows], y[rows])
        change, state = optimizer.update(gradient, state, weights)
        return (optax.apply_updates(weights, change), state), loss

    (weights, state), losses = jax.lax.scan(one, (weights, state), jax.random.split(key, steps))
    error = (logits(weights, held_x).argmax(1) != held_y).mean()
    return weights, state, error, losses[-1]


def run(config: dict, seed: int, steps: int, report) -> None:
    """Train, and tell the held-out error twenty times: report(step, metrics)."""
    entry, values = chosen(config, None, "optax", None)
    named = {"name": entry.name, "path": entry.frameworks["optax"]}
    data(config["workload"])  # made once, outside of what is compiled
    key, own = jax.random.split(jax.random.PRNGKey(seed))
    weights = start(config["workload"], own)
    state = begin(weights, values, **named)
    every = steps // EVALUATIONS
    for done in range(every, steps + 1, every):
        key, own = jax.random.split(key)
        weights, state, error, loss = advance(
            weights, state, own, values, workload=config["workload"], steps=every, **named
        )
        report(done - 1, {"valid/error": float(error), "train/loss": float(loss)})


def train(trial) -> None:
    """A trial of Tunebook's."""
    run(dict(trial.config), trial.seed, trial.max_train_steps, trial.report)


def best_error(config: dict, seed: int, steps: int) -> float:
    """The least held-out error of a training, for scripts; infinite where it diverged."""
    seen: list[float] = []
    run(config, seed, steps, lambda _, metrics: seen.append(metrics["valid/error"]))
    return min((e for e in seen if e == e), default=float("inf"))
