"""Training curves that are known: noisy, wandering, irregular in step, cut off, with holes.

Every curve is a mean that is given, plus noise whose law is given; a study is as many of them as
it has trials, each with a height and a pace of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from surfaces import table

from tunebook.domain.design import Objective
from tunebook.domain.table import Curves, TrialTable
from tunebook.domain.trial import Cause, Status

STEPS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What a metric's curve looks like over training, t from 0 to 1.

    Attributes:
        fall: height of what is gained over training.
        pace: how fast it falls, as exp(-pace t).
        rise: added at the end, from `turn` on, as a straight line.
        turn: where the rise begins.
        jump: at 40 % and 70 % of training the mean falls by this: a learning rate cut in steps.
        period: evaluations in a cycle; 0 for none.
        swing: height of the cycle.
        noise: standard deviation of one evaluation.
        wander: correlation of the noise from one evaluation to the next.
        quieter: the noise's share that is left at the end, falling as a straight line.
        tails: degrees of freedom of Student noise; 0 for normal noise.
        shared: share of the noise's variance that all trials have in common.
        grain: values are rounded to multiples of this; 0 for none.
    """

    fall: float = 1.0
    pace: float = 8.0
    rise: float = 0.0
    turn: float = 0.3
    jump: float = 0.0
    period: float = 0.0
    swing: float = 0.0
    noise: float = 0.02
    wander: float = 0.0
    quieter: float = 1.0
    tails: float = 0.0
    shared: float = 0.0
    grain: float = 0.0


def noise_of(rng: np.random.Generator, shape: Shape, trials: int, points: int) -> np.ndarray:
    """Noise of `trials` curves, of standard deviation `shape.noise` at their start."""

    def drawn(rows: int) -> np.ndarray:
        raw = rng.normal(size=(rows, points))
        if shape.tails:
            raw = rng.standard_t(shape.tails, size=(rows, points))
            raw /= np.sqrt(shape.tails / (shape.tails - 2)) if shape.tails > 2 else 1.0
        for i in range(1, points):
            fresh = np.sqrt(1 - shape.wander**2) * raw[:, i]
            raw[:, i] = shape.wander * raw[:, i - 1] + fresh
        return raw

    own = drawn(trials)
    if shape.shared:
        own = np.sqrt(1 - shape.shared) * own + np.sqrt(shape.shared) * drawn(1)
    return shape.noise * np.linspace(1, shape.quieter, points) * own


def values_of(
    rng: np.random.Generator, shape: Shape, trials: int, points: int, spread: float = 0.3
) -> np.ndarray:
    """Values of `trials` curves at `points` evenly spaced evaluations."""
    t = np.arange(1, points + 1) / points
    height = 0.1 + spread * rng.random((trials, 1))
    pace = shape.pace * rng.uniform(0.7, 1.4, (trials, 1))
    mean = height + shape.fall * np.exp(-pace * t)
    mean = mean + shape.rise * np.maximum(t - shape.turn, 0) / (1 - shape.turn)
    mean = mean + shape.jump * ((t < 0.4).astype(float) + (t < 0.7))
    if shape.period:
        mean = mean + shape.swing * np.sin(2 * np.pi * np.arange(points) / shape.period)
    values = mean + noise_of(rng, shape, trials, points)
    return np.round(values / shape.grain) * shape.grain if shape.grain else values


def study(
    rng: np.random.Generator,
    trials: int,
    points: int,
    shapes: Mapping[str, Shape],
    *,
    objective: str = "valid/error",
    training_objective: str = "train/loss",
    irregular: bool = False,
    cut: float = 0.0,
    holes: float = 0.0,
    missing: float = 0.0,
    failing: float = 0.0,
    studies: int = 1,
) -> TrialTable:
    """A round whose curves are known.

    Args:
        shapes: by metric; lower is better in all of them.
        irregular: evaluations stand at random steps, other ones in each trial.
        cut: share of the trials that stop between a quarter and all of training.
        holes: share of the evaluations that are NaN.
        missing: share of the trials that lack one of the metrics.
        failing: share of the trials that diverged, with a curve that ends early.
        studies: that the trials are dealt to.
    """
    base = table(rng, trials, [0.5, 0.5])
    steps = np.linspace(STEPS / points, STEPS, points).astype(int) - 1
    kept = [steps for _ in range(trials)]
    if irregular:
        wide = np.arange(STEPS) if 2 * points <= STEPS else np.arange(4 * points)
        kept = [np.sort(rng.choice(wide, points, replace=False)) for _ in range(trials)]
    ends = np.where(rng.random(trials) < cut, rng.uniform(0.25, 1, trials), 1.0)
    failed = rng.random(trials) < failing
    ends = np.where(failed, rng.uniform(0.1, 0.6, trials), ends)
    curves = {}
    for metric, shape in shapes.items():
        values = values_of(rng, shape, trials, points)
        values[rng.random(values.shape) < holes] = np.nan
        absent = rng.random(trials) < (missing if metric != objective else 0.0)
        rows = []
        for i in range(trials):
            n = 0 if absent[i] else max(2, int(ends[i] * points))
            rows.append((kept[i][:n], values[i, :n]))
        curves[metric] = Curves.pack(rows)
    own = [curves[objective].of(i)[1] for i in range(trials)]
    best = [float(np.nanmin(v)) if np.isfinite(v).any() else np.nan for v in own]
    failed = failed | ~np.isfinite(best)
    names = tuple(f"s{i % studies}" if studies > 1 else "" for i in range(trials))
    return replace(
        base,
        objective=Objective(objective),
        study=names,
        branches=dict.fromkeys(names, base.branches[""]),
        status=tuple(Status.INFEASIBLE if f else Status.COMPLETE for f in failed),
        cause=tuple(Cause.DIVERGED if f else None for f in failed),
        value=np.where(failed, np.nan, best),
        curves=curves,
        training_objective=training_objective if training_objective in shapes else "",
        max_train_steps=STEPS,
    )
