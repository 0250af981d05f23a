"""What training still longer would bring, from the results at growing lengths (E5).

Model: loss = level of the seed + b (T / longest)^-c, b > 0, as of neural scaling laws (Hestness et
al. 2017; Kaplan et al. 2020) with a floor of its own for each seed. Least squares for every c of a
grid; the interval of a gain holds all gains that some c allows within the F limit for gain and
shape together. Where means stray from the best such law by more than seeds explain (F test of lack
of fit, at 1 %), the error is that of the means about the law, and intervals are wide. Where gains
grow from one doubling to the next, which no such law does, none is told (one-sided t over seeds,
at 5 %): something new sets in, and only longer training can show how far it goes. Assumes normal
noise, equal at all lengths, beyond what is common to a seed; and that training goes on by the same
law: of a workload that is compute-bound, not of one that has levelled out. Measured:
docs/claims/length_choice.md; where the assumption fails, docs/training_length.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from tunebook.domain.finding import Interval, NotApplicable
from tunebook.statistics.curves.shape_fits import ShapeFit, fit_shapes

if TYPE_CHECKING:
    from jaxtyping import Float

POWERS = np.geomspace(0.002, 4.0, 240)
"""The lowest is a logarithm: as much with every doubling."""
FINER = 200
FEWEST_LENGTHS = 4
LAST = 5
"""Lengths that are fitted: of more, the longest, where training has left its beginnings behind."""
MISFIT = 0.01
GROWS = 0.05
FEWEST_FREEDOM = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthLaw:
    """A power law through results at growing lengths.

    Attributes:
        lengths: that it was fitted to.
        power: c, of the best fit.
        height: b, what the longest length's loss lies above the floor.
        mean: of the fit at each length.
        forecast: gain of training longer, by how many times as long.
        strays: means lie off the law by more than seeds explain.
    """

    lengths: tuple[int, ...]
    power: float
    height: float
    mean: tuple[float, ...]
    forecast: dict[float, Interval]
    strays: bool


def length_law(
    losses: Float[np.ndarray, "seeds lengths"],
    lengths: Sequence[int],
    *,
    times: Sequence[float] = (2.0, 4.0),
    confidence: float = 0.95,
) -> LengthLaw | NotApplicable:
    """Fit the law, and forecast.

    Args:
        losses: of each seed at each length, finite; lower is better.
        lengths: in steps, rising.
        times: multiples of the longest length.
    """
    y, used = losses[:, -LAST:], tuple(lengths)[-LAST:]
    n, k = y.shape
    if k < FEWEST_LENGTHS or n < 2:
        return _silent(f"{k} lengths with {n} seeds", f"{FEWEST_LENGTHS} lengths, 2 seeds")
    if _gains_grow(y, used):
        return _silent(
            "gains grow from one doubling to the next, as of something that only sets in",
            "a training of that length",
        )
    own = y - y.mean(axis=1, keepdims=True)
    near = fit_shapes(own, _shapes(used, POWERS), least_height=0.0).best
    around = POWERS[max(near - 2, 0)], POWERS[min(near + 2, len(POWERS) - 1)]
    # Where seeds hardly differ, powers between those of the grid fit visibly better than they do.
    powers = np.concatenate([POWERS, np.geomspace(*around, FINER)])
    fit = fit_shapes(own, _shapes(used, powers), least_height=0.0)
    error, best = fit.error, fit.best
    pure = float(((own - own.mean(axis=0)) ** 2).sum())
    least, freedom = float(error[best]), n * (k - 1) - 2
    strays = _strays(least - pure, pure, n, k)
    if strays:
        # The law is then an approximation: how far the means lie off it is its error.
        least, freedom, error = least - pure, k - 3, error - pure
    if freedom < FEWEST_FREEDOM:
        return _silent(
            "results at these lengths bend otherwise than a power law does, by more than seeds "
            "explain",
            f"{k + FEWEST_FREEDOM - freedom} lengths",
        )
    limit = 1 + 2 * float(stats.f.ppf(confidence, 2, freedom)) / freedom
    room = least * limit - error
    fitted = y.mean() + fit.height[best] * fit.shapes[best]
    return LengthLaw(
        lengths=used, power=float(powers[best]), height=float(fit.height[best]),
        mean=tuple(float(v) for v in fitted), strays=strays,
        forecast={m: _forecast(fit, powers, room, m, confidence) for m in times},
    )  # fmt: skip


def _shapes(
    lengths: Sequence[int], powers: Float[np.ndarray, "powers"]
) -> Float[np.ndarray, "powers lengths"]:
    return np.asarray((np.asarray(lengths, float) / lengths[-1]) ** -powers[:, None])


def _forecast(
    fit: ShapeFit,
    powers: Float[np.ndarray, "powers"],
    room: Float[np.ndarray, "powers"],
    times: float,
    confidence: float,
) -> Interval:
    """Gain of training so many times as long; `room` is what a power's error has to spare."""
    beyond = 1 - times**-powers
    return Interval(
        float(fit.height[fit.best] * beyond[fit.best]), *fit.gains(beyond, room), confidence
    )


def _gains_grow(y: Float[np.ndarray, "seeds lengths"], lengths: Sequence[int]) -> bool:
    """Whether losses fall faster and faster on the logarithm of the length."""
    t = np.log2(np.asarray(lengths, dtype=float) / lengths[-1])
    bends = np.polynomial.polynomial.polyfit(t, y.T, 2)[2]
    spread = float(bends.std(ddof=1))
    if spread == 0:
        return bool(bends[0] < 0)
    score = float(bends.mean()) / spread * math.sqrt(len(bends))
    return float(stats.t.cdf(score, len(bends) - 1)) < GROWS


def _strays(lack: float, pure: float, seeds: int, lengths: int) -> bool:
    """Whether means lie off the law by more than the seeds' own differences explain."""
    free, left = lengths - 3, (seeds - 1) * (lengths - 1)
    if pure <= 0:
        return lack > 0 and not math.isclose(lack, 0, abs_tol=1e-20)
    return float(stats.f.sf((lack / free) / (pure / left), free, left)) < MISFIT


def _silent(reason: str, needs: str) -> NotApplicable:
    return NotApplicable(check="E5", reason=reason, needs=needs)
