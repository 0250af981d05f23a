"""What more steps would probably bring, read off the good trials' mean curve (C6 E4).

The last three quarters of the mean of the good trials' curves are fitted by level + height *
shape, for every shape of two families: powers t^-b (0.05, nearly a logarithm, to 5) and
exponentials exp(-k t) (k from 1/4, nearly a line, to 40 a length of training). The interval of
the gain is the profile-likelihood one: all gains that some shape allows within the F limit of
the best fit, at the limit for gain and shape together, since the one-parameter limit covers 91
to 95 %. Where curves are short or noisy, many shapes fit and the interval is wide, as it should
be. The estimate is the mean of these gains, weighted by likelihood, so that it lies in its
interval; all three end at what the metric has left (`metric_bounds`), which cuts off nothing true.
The error is widened by the lag-one correlation of what is left, as of a first-order
autoregression.

Assumes that training goes on as it went: no decay of the learning rate that a longer training
would stretch, no overfitting to come. Coverage on power laws and exponentials, with white and
with wandering noise: docs/claims/training_length.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from tunebook.domain.finding import Interval
from tunebook.statistics.curves.shape_fits import fit_shapes
from tunebook.statistics.distributions import f_quantile

if TYPE_CHECKING:
    from jaxtyping import Float, Int

FIRST = 0.25
"""Of training: what lies before it is warm-up and the first fall, of another shape."""
FEWEST = 8
"""Evaluations in the rest below which no shape is fitted."""
AT_MOST = 400
"""Evaluations that are fitted: of more, neighbours are averaged."""
FURTHEST = 2.0
"""Times the length, beyond which steps and length are no counts of the same thing."""
POWERS = np.geomspace(0.05, 5.0, 120)
RATES = np.geomspace(0.25, 40.0, 240)
"""So dense that at 200 evaluations and a noise of 1 % some shape fits as well as the truth."""


def mean_curve(
    curves: Sequence[tuple[Int[np.ndarray, "points"], Float[np.ndarray, "points"]]],
) -> tuple[Float[np.ndarray, "grid"], Float[np.ndarray, "grid"]]:
    """Mean of curves at common steps: their own where they share them, else the sparsest one's.

    Args:
        curves: steps and finite losses of each.
    """
    steps, losses = min(curves, key=lambda c: len(c[0]))
    if all(np.array_equal(s, steps) for s, _ in curves):
        return steps.astype(float), np.mean([v for _, v in curves], axis=0)
    first, last = max(s[0] for s, _ in curves), min(s[-1] for s, _ in curves)
    grid = steps[(steps >= first) & (steps <= last)]
    if not len(grid):
        return steps[:0].astype(float), losses[:0]
    return grid.astype(float), np.mean([np.interp(grid, s, v) for s, v in curves], axis=0)


def gain_of_more(
    steps: Float[np.ndarray, "points"],
    losses: Float[np.ndarray, "points"],
    length: int,
    times: float,
    least: float = -math.inf,
) -> Interval:
    """Gain of training `times` as long, in the units of the losses; better is positive.

    Args:
        steps: rising.
        losses: lower is better, finite.
        length: steps of the whole training.
        times: above 1.
        least: the lowest loss that can be; no gain goes below it.

    Returns:
        With its 95 % interval; unbounded with too few evaluations, or beyond twice the length.
    """
    t = (steps + 1) / max(length, 1)
    t, y = _averaged(t[t >= FIRST], losses[t >= FIRST])
    if len(t) < FEWEST or t[-1] > FURTHEST:
        return Interval(0.0, -math.inf, math.inf)
    ends, away = _shapes(np.array([1.0, times])), y - y.mean()
    beyond, fit = ends[:, 0] - ends[:, 1], fit_shapes(away[None], _shapes(t))
    error, best = fit.error, fit.best
    left = away - fit.height[best] * fit.shapes[best]
    floor = max(float(error[best]), 1e-24 * float(away @ away), 1e-300)
    count = _independent(left)
    freedom = max(count - 3, 1.0)
    # For two parameters: the gain, and the shape that it is read with.
    limit = 2 * float(f_quantile(0.95, 2, freedom)) / freedom
    # Where a shape fits worse than the limit allows, no gain is compatible with it.
    room = floor * (1 + limit) - error
    low, high = fit.gains(beyond, room)
    likely = np.exp(-0.5 * count * np.log(np.maximum(error, floor) / floor))
    likely = np.where(room >= 0, likely, 0.0)
    estimate = float((likely * fit.height * beyond).sum() / likely.sum())
    # The last value itself and the fitted one: a gain is read off beside the value.
    room_left = max(min(float(y[-1] - left[-1]), float(losses[-1])) - least, 0.0)
    return Interval(min(estimate, room_left), min(low, room_left), min(high, room_left))


def _shapes(t: Float[np.ndarray, "points"]) -> Float[np.ndarray, "shapes points"]:
    """Every shape of the two families, at shares of the length."""
    return np.concatenate([t ** -POWERS[:, None], np.exp(-RATES[:, None] * (t - FIRST))])


def _averaged(
    t: Float[np.ndarray, "points"], y: Float[np.ndarray, "points"]
) -> tuple[Float[np.ndarray, "fewer"], Float[np.ndarray, "fewer"]]:
    if len(t) <= AT_MOST:
        return t, y
    edges = np.linspace(0, len(t), AT_MOST + 1).astype(int)
    counts = np.diff(edges)
    return np.add.reduceat(t, edges[:-1]) / counts, np.add.reduceat(y, edges[:-1]) / counts


def _independent(left: Float[np.ndarray, "points"]) -> float:
    """How many independent evaluations these are worth, at a first-order autoregression."""
    power = float(left @ left)
    n = len(left)
    if power <= 0:
        return float(n)
    # The fit takes three parameters' worth of slow wandering out; about 4 / n of bias (Kendall).
    lag = float(left[1:] @ left[:-1]) / power
    lag = min(max(lag + (1 + 4 * max(lag, 0.0)) / n, 0.0), 0.95)
    return n * (1 - lag) / (1 + lag)
