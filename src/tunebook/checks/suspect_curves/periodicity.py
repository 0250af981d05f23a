"""Is a curve periodic beyond its noise? A peak of its spectrum against its neighbours (C8).

The last three quarters of a curve, as differences from one evaluation to the next: trends and
drops (a learning rate that is cut) become level stretches and lone spikes, and spikes are cut off
at four times the median. The periodogram of the differences, divided by the response of
differencing, is that of the curve, at whole numbers of cycles and halfway between. Each ordinate
is held against the mean of its neighbours, but for those beside it, into which a cycle leaks:
where there is no period it is F with 2 and 2 k degrees of freedom, whatever the spectrum's shape,
as long as it is smooth there: noise that wanders needs no model. The smallest of these p-values
pays for all frequencies (Bonferroni).

At least four cycles must lie in what is read, and the cycle must hold a tenth of the variance that
is left: less is no concern. Source: Fisher 1929 (the largest ordinate), Thomson 1982 (F tests
against a local background). Measured: docs/claims/suspect_curves.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from tunebook.statistics.curves.block_means import Points

if TYPE_CHECKING:
    from jaxtyping import Float, Int

FEWEST_POINTS = 32
"""Evaluations below which no period is looked for."""
MOST_POINTS = 2048
CYCLES = 4
BESIDE = (6, 10)
"""Ordinates on either side that make the background: a sixth of all, at least and at most."""
SPIKE = 4.0
SHARE = 0.1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Periods:
    """The strongest cycle of each curve; NaN where it has too few points.

    Attributes:
        p_value: that there is none.
        period: of the strongest one, in evaluations.
        swing: its height from the middle, in the metric's units.
    """

    p_value: Float[np.ndarray, "rows"]
    period: Float[np.ndarray, "rows"]
    swing: Float[np.ndarray, "rows"]


def periods_of(points: Points) -> Periods:
    """The strongest cycle of each curve, curves of one length at a time."""
    rows = len(points.count)
    p_value, period, swing = (np.full(rows, np.nan) for _ in range(3))
    first = np.cumsum(points.count) - points.count
    for count in np.unique(points.count[points.count >= FEWEST_POINTS]):
        own = np.flatnonzero(points.count == count)
        begin = max(int(count) // 4, int(count) - MOST_POINTS)
        values = points.loss[first[own][:, None] + np.arange(begin, int(count))]
        p_value[own], period[own], swing[own] = _strongest(values)
    return Periods(p_value=p_value, period=period, swing=swing)


def _strongest(
    values: Float[np.ndarray, "rows n"],
) -> tuple[Float[np.ndarray, "rows"], Float[np.ndarray, "rows"], Float[np.ndarray, "rows"]]:
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        steps = np.diff(values, axis=1)
        if steps.shape[1] % 2 == 0:
            steps = steps[:, 1:]  # an odd number has no ordinate with one degree of freedom
        steps = steps - np.median(steps, axis=1, keepdims=True)
        width = SPIKE * 1.4826 * np.median(np.abs(steps), axis=1, keepdims=True)
        steps = np.clip(steps, -width, width)
        n = steps.shape[1]
        steps = steps - steps.mean(axis=1, keepdims=True)
        spectrum = np.abs(np.fft.rfft(steps, 2 * n, axis=1)) ** 2 / n
        whole = _peaks(spectrum[:, 2 : n + 1 : 2], np.arange(1, n // 2 + 1) / n)
        half = _peaks(spectrum[:, 3:n:2], (np.arange(1, (n - 1) // 2) + 0.5) / n)
        chance, period, swing = (
            np.where(whole[0] <= half[0], a, b) for a, b in zip(whole, half, strict=True)
        )
        frequencies = spectrum.shape[1] - 2 * CYCLES
    return np.minimum(1.0, frequencies * chance), period, swing * 2 / np.sqrt(n)


def _peaks(
    power: Float[np.ndarray, "rows k"], frequency: Float[np.ndarray, "k"]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each curve the ordinate that stands out most: its chance, its period, its root."""
    power = power / (4 * np.sin(np.pi * frequency) ** 2)
    background, many = _background(power)
    ratio = power / background
    allowed = np.arange(1, len(frequency) + 1) >= CYCLES
    share = power / power[:, allowed].sum(axis=1, keepdims=True)
    chance = np.where(np.isfinite(ratio), special.fdtrc(2, 2 * many, ratio), 1.0)
    chance = np.where(allowed & (share >= SHARE), chance, 1.0)
    peak = np.argmin(chance, axis=1)
    at = (np.arange(len(power)), peak)
    swing = np.sqrt(np.maximum(power[at] - background[at], 0.0))
    return chance[at], 1 / frequency[peak], swing


def _background(
    power: Float[np.ndarray, "rows k"],
) -> tuple[Float[np.ndarray, "rows k"], Int[np.ndarray, "k"]]:
    """Mean of the ordinates around each, and of how many; at the ends, of the nearest ones."""
    k = power.shape[1]
    beside = min(max(k // 6, BESIDE[0]), BESIDE[1])
    place = np.arange(k)
    begin = np.clip(place - beside - 1, 0, max(k - 2 * beside - 3, 0))
    end = np.minimum(begin + 2 * beside + 3, k)
    near, far = np.maximum(place - 1, begin), np.minimum(place + 2, end)
    total = np.concatenate([np.zeros((len(power), 1)), np.cumsum(power, axis=1)], axis=1)
    many = (end - begin) - (far - near)
    around = (total[:, end] - total[:, begin]) - (total[:, far] - total[:, near])
    # Noise that wanders falls off with frequency: hold a peak against what is left of it, too.
    lower = np.maximum(place - beside - 1, 0)
    left = (total[:, near] - total[:, np.minimum(lower, near)]) / np.maximum(near - lower, 1)
    left = np.where(near - lower >= 2, left, 0.0)
    return np.asarray(np.maximum(np.maximum(around, 0.0) / many, left)), many


def common_period(
    p_value: Float[np.ndarray, "rows"], period: Float[np.ndarray, "rows"], level: float
) -> tuple[float, Int[np.ndarray, "shown"]] | None:
    """A period that most curves share.

    Twice the median of p-values is one itself, however the curves depend on each other (Rueger
    1978): trials that are evaluated on the same shuffled sets share their noise.

    Returns:
        The period in evaluations and the rows that have it; None where there is none.
    """
    readable = np.flatnonzero(np.isfinite(p_value))
    if not len(readable) or 2 * float(np.median(p_value[readable])) > level:
        return None
    sure = readable[p_value[readable] <= level]
    middle = float(np.median(period[sure]))
    alike = sure[np.abs(period[sure] / middle - 1) <= SHARE]
    return (middle, alike) if 2 * len(alike) > len(readable) else None
