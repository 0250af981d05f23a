"""One noisy curve near its end: does it still fall, and since when has it been level? (C6 C7)"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import stdtrit

from tunebook.domain.finding import Interval

if TYPE_CHECKING:
    from jaxtyping import Float, Int

FEWEST_POINTS = 8
"""Evaluations below which a curve's end has no slope that can be told from noise."""
WINDOW_POINTS = 20
"""Evaluations in the last fifth below which the last two fifths are read: with 8, at 50
evaluations, 57 of 100 studies that still fell were missed (bench/claims/training_length.py)."""
FLATTER = 0.5
"""Of the slope over the whole window: an end that clearly falls more slowly speaks for itself. In
the last two fifths exp(-5 t) keeps 0.56; exp(-7 t), with 1.5 % of its fall left to lose, 0.43."""
NEGLIGIBLE = 1e-3
"""Of a curve's whole improvement: as good as level, with or without noise. A judgement."""
SATURATED_BEFORE = 0.6
"""Of training. A judgement: 40 % of the compute would be saved; the playbook gives no figure."""


def noise_of(losses: Float[np.ndarray, "points"]) -> float:
    """Standard deviation from one evaluation to the next, over the second half of a curve.

    From the median absolute difference, so that a spike does not count; from all differences
    where more than half of them are zero, as in an accuracy that is counted in examples.
    """
    steps = np.diff(losses[len(losses) // 2 :])
    if len(steps) < 2:
        return 0.0
    middle = float(np.median(np.abs(steps - np.median(steps))))
    return (1.4826 * middle if middle else float(np.std(steps))) / math.sqrt(2)


def noise_about_trend(losses: Float[np.ndarray, "points"]) -> float:
    """The same off second differences, for a curve that still falls steeply at its end."""
    bends = np.diff(losses[len(losses) // 2 :], n=2)
    return 1.4826 * float(np.median(np.abs(bends))) / math.sqrt(6) if len(bends) else 0.0


def late_gain(
    steps: Int[np.ndarray, "points"], losses: Float[np.ndarray, "points"], length: int
) -> Interval:
    """Improvement per tenth of training near the end, with its 95 % Student interval.

    Least squares over the last fifth; over the last two fifths, or the last five evaluations,
    where the fifth holds fewer than WINDOW_POINTS. Assumes noise that is independent between
    evaluations; where 20 or more are in the window, the error is widened by the lag-one
    correlation of what is left (a first-order autoregression). Where the later half of the window
    clearly falls at less than half of that rate, it is read alone: a learning rate that is cut
    in steps leaves a level end behind.

    Args:
        steps: rising.
        losses: lower is better, finite.
        length: steps of the whole training.

    Returns:
        In the units of the losses, better is positive; unbounded with too few evaluations.
    """
    if len(steps) < FEWEST_POINTS:
        return Interval(0.0, -math.inf, math.inf)
    window = steps >= 0.8 * length
    if int(window.sum()) < WINDOW_POINTS:
        window = (steps >= 0.6 * length) | (np.arange(len(steps)) >= len(steps) - 5)
    x, y = steps[window] / length, losses[window]
    whole, later = _fall(x, y), x >= (x[0] + x[-1]) / 2
    if int(later.sum()) >= 4:
        end = _fall(x[later], y[later])
        # A fall that lies before the window's middle, as where the learning rate was cut.
        if end.high < FLATTER * whole.estimate:
            return end
    return whole


def _fall(x: Float[np.ndarray, "window"], losses: Float[np.ndarray, "window"]) -> Interval:
    """Fall of the losses over a tenth, by least squares; x is in lengths of the training."""
    unit = float(np.abs(losses).max()) or 1.0
    y = losses / unit
    n = len(x)
    away = x - x.mean()
    width = float(away @ away)
    slope = float(away @ y) / width
    left = y - y.mean() - slope * away
    error = math.sqrt(float(left @ left) / (n - 2) / width)
    if n >= 20 and error > 0:
        correlation = float(left[1:] @ left[:-1]) / float(left @ left)
        correlation = min(max(correlation, 0.0), 0.9)
        error *= math.sqrt((1 + correlation) / (1 - correlation))
    reach = float(stdtrit(n - 2, 0.975)) * error
    tenth = unit / 10
    return Interval(-slope * tenth, (-slope - reach) * tenth, (-slope + reach) * tenth)


def saturated_at(
    steps: Int[np.ndarray, "points"], losses: Float[np.ndarray, "points"], length: int
) -> int | None:
    """The step from which a curve is as good as its best, where that is long before the end.

    The first step at which the best so far is within twice the noise of the best, provided that
    the mean of the rest of the curve does not go on falling by more (one-sided t, 5 %).

    Args:
        steps, losses, length: as in `late_gain`.

    Returns:
        The step, or None where it is not before SATURATED_BEFORE of training.
    """
    if len(steps) < FEWEST_POINTS:
        return None
    tolerance = max(2 * noise_of(losses), NEGLIGIBLE * float(losses[0] - losses.min()))
    first = int(np.argmax(np.minimum.accumulate(losses) <= losses.min() + tolerance))
    if steps[first] + 1 >= SATURATED_BEFORE * length:
        return None
    rest = losses[first + 1 :]
    before, after = rest[: len(rest) // 2], rest[len(rest) // 2 :]
    if len(before) >= 3:
        fall = float(before.mean() - after.mean())
        error = math.sqrt(before.var(ddof=1) / len(before) + after.var(ddof=1) / len(after))
        if fall - float(stdtrit(len(rest) - 2, 0.95)) * error > tolerance / 4:
            return None
    return int(steps[first])
