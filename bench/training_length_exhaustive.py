"""The exhaustive search that the procedure training-length is held against (E1 E4).

Every length up to the budget, from a sixty-fourth of it (an eighth where training never ends), four
to a doubling, with every learning rate of a grid and the same seeds: the mean at each length's
best rate.
"""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from training_length_training import EVALUATIONS, advance, data, start

SEEDS = {"digits": 60, "teacher": 20, "text": 8}
RATES = tuple(np.geomspace(0.02, 0.25, 9))
PER_DOUBLING = {"digits": 4, "teacher": 4, "text": 1}
DOUBLINGS = {"digits": 6, "teacher": 3, "text": 6}


def search(name: str, budget: int, file: Path) -> dict[int, list[list[float]]]:
    """Losses by length, rate and seed; kept in a file, and gone on with from there."""
    found = json.loads(file.read_text()) if file.exists() else {}
    # Twice the budget at last: what forecasts are held against.
    per = PER_DOUBLING[name]
    for k in (*range(DOUBLINGS[name] * per, -1, -1), -per):
        length = round(budget / 2 ** (k / per))
        if str(length) not in found:
            found[str(length)] = [_best_of(name, length, rate) for rate in RATES]
            file.write_text(json.dumps(found))
            print(name, length, flush=True)
    return {int(n): rows for n, rows in found.items()}


def _best_of(name: str, steps: int, rate: float) -> list[float]:
    """The best held-out loss of each seed, as `training_length_training.train` would have it."""
    data(name)
    keys = [jax.random.split(jax.random.PRNGKey(10_000_000 + s)) for s in range(SEEDS[name])]
    made = [start(name, own) for _, own in keys]
    weights = jax.tree.map(lambda *parts: jnp.stack(parts), *made)
    velocity, key = jax.tree.map(jnp.zeros_like, weights), jnp.stack([k for k, _ in keys])
    ends = np.unique(np.linspace(0, steps, min(steps, EVALUATIONS) + 1).astype(int)).tolist()
    best = np.full(SEEDS[name], np.inf)
    for begin, end in itertools.pairwise(ends):
        weights, velocity, held_out, _ = _together(
            weights, velocity, key, begin, end, steps, rate, 1e-4, False, name=name
        )
        best = np.fmin(best, np.asarray(held_out))
    return best.tolist()


def _together(*given, name: str):
    return jax.vmap(
        lambda w, v, k, *same: advance(w, v, k, *same, name=name),
        in_axes=(0, 0, 0, *[None] * 6),
    )(*given)


def means(found: dict[int, list[list[float]]]) -> dict[int, tuple[float, float]]:
    """Mean loss at each length's best rate, and that rate."""
    told = {}
    for length, rows in sorted(found.items()):
        each = np.asarray(rows).mean(axis=1)
        best = int(np.nanargmin(each))
        told[length] = float(each[best]), float(RATES[best])
    return told


def shortest(found: dict[int, tuple[float, float]], least: float) -> float:
    """Steps that come within `least` of the best of all, between the lengths that were trained."""
    lengths, losses = list(found), [loss for loss, _ in found.values()]
    goal = min(losses) + least
    at = next(i for i, loss in enumerate(losses) if loss <= goal)
    if at == 0:
        return float(lengths[0])
    share = (losses[at - 1] - goal) / (losses[at - 1] - losses[at])
    return math.exp(
        math.log(lengths[at - 1]) + share * (math.log(lengths[at]) - math.log(lengths[at - 1]))
    )
