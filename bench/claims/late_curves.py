"""Studies of curves that are known, for simulations of what is read off their ends.

Trials differ in the level that their curves fall to (a bowl over two hyperparameters, seed noise
0.05); curves fall to it as a shape says, with noise that may wander, be heavy-tailed, be evaluated at
irregular steps, or be cut off.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy.signal import lfilter
from surfaces import table

from tunebook.domain.table import Curves, TrialTable

STEPS = 1000
Shape = Callable[[np.ndarray], np.ndarray]


def wandering(
    rng: np.random.Generator,
    points: int | tuple[int, ...],
    correlation: float,
    *,
    heavy: bool = False,
) -> np.ndarray:
    """Noise of standard deviation 1: a first-order autoregression, or Student's t with 5."""
    noise = rng.standard_t(5, points) / np.sqrt(5 / 3) if heavy else rng.normal(size=points)
    noise[..., 1:] *= np.sqrt(1 - correlation**2)
    return lfilter([1.0], [1.0, -correlation], noise)


def falling(pace: float) -> Shape:
    """exp(-pace t), t from 0 to 1 over training."""
    return lambda t: np.exp(-pace * t)


def power(height: float, exponent: float) -> Shape:
    """height t^-exponent."""
    return lambda t: height * t**-exponent


def cosine(shape: Shape, height: float) -> Shape:
    """The course under a rate that falls to 0 as a cosine over the whole training.

    The fall follows the rate summed so far, half of a constant rate's at the end, so that a training
    twice as long gains shape(0.5) - shape(1). The noise of large steps adds `height` times the rate.
    """

    def course(t: np.ndarray) -> np.ndarray:
        summed = t / 2 + np.sin(np.pi * t) / (2 * np.pi)
        return shape(summed) + height * (1 + np.cos(np.pi * t)) / 2

    return course


def study(
    rng: np.random.Generator,
    trials: int,
    points: int,
    shape: Shape,
    *,
    noise: float = 0.02,
    wander: float = 0.0,
    heavy: bool = False,
    irregular: bool = False,
    cut_off: bool = False,
    spread: float = 1.0,
    schedule: str = "",
) -> TrialTable:
    """One study whose trials all train STEPS steps.

    Args:
        points: evaluations of each trial.
        shape: of the fall, on top of the level.
        noise: of one evaluation; `wander` is its correlation with the next.
        irregular: each trial is evaluated at steps of its own.
        cut_off: one trial in three loses up to a fifth of its end.
        spread: of the levels; 0 where all trials are equally good.
        schedule: that the configurations name, if any.
    """
    base = table(rng, trials, [0.5, 0.5])
    even = np.linspace(STEPS / points, STEPS, points).astype(int) - 1
    shaken = noise * wandering(rng, (trials, points), wander, heavy=heavy)
    rows = []
    for value, own in zip(base.value, shaken, strict=True):
        steps = even
        if irregular:
            steps = np.sort(rng.choice(STEPS - 1, points - 1, replace=False))
            steps = np.append(steps, STEPS - 1)
        losses = spread * value + shape((steps + 1) / STEPS) + own
        keep = points
        if cut_off and rng.random() < 1 / 3:
            keep = max(4, int(points * rng.uniform(0.8, 1.0)))
        rows.append((steps[:keep], losses[:keep]))
    best = np.array([v.min() for _, v in rows])
    named = {"schedule": schedule} if schedule else {}
    return replace(
        base,
        config=tuple({**c, **named} for c in base.config),
        curves={"loss": Curves.pack(rows)},
        value=best,
        max_train_steps=STEPS,
    )


def of_their_own(
    rng: np.random.Generator,
    trials: int,
    growth: float,
    *,
    tied: bool = True,
    until: int = 100,
    noise: float = 0.01,
) -> TrialTable:
    """A study over `epochs` from 20 to 100, each trial as long as it says.

    Args:
        growth: of the level per doubling of the length, up to `until` epochs.
        tied: the decay is tied to the length, so that each curve falls until its own end; else
            trials of all lengths share one curve.
    """
    base = table(rng, trials, [0.5, 0.5])
    lengths = rng.integers(20, 101, trials)
    rows = []
    for value, n in zip(base.value, lengths.tolist(), strict=True):
        t = np.arange(1, n + 1)
        fall = 2 * np.exp(-2.5 * t / n) if tied else 2 * np.exp(-t / 10)
        reached = np.log2(np.minimum(n if tied else t, until))
        rows.append((t - 1, value - growth * reached + fall + noise * rng.normal(size=n)))
    best = np.array([v.min() for _, v in rows])
    config = tuple({**c, "epochs": int(n)} for c, n in zip(base.config, lengths, strict=True))
    return replace(base, config=config, curves={"loss": Curves.pack(rows)}, value=best)
