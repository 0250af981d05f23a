"""The shortest training that is as good as the best, and whether the whole budget pays (E1 E4).

Each length was trained with the same new seeds, so that a seed's luck is common to all and
drops out of differences. Estimator: the mean over seeds at each length, made to fall and then, if
it must, to rise (unimodal least squares: a plateau is averaged, not searched for its luckiest
point), is followed on the logarithm of the length until it is within the least improvement of its
lowest point. Interval: Bayesian bootstrap over seeds (Rubin 1981), widened on the logarithm by
Student's factor, and by what a line between the lengths would change: how the objective runs
between them was not measured. It does not hold the luck of tuning: another search at each length
may find better rates, or worse ones. Assumes that one seed means the same at every length, and
that the objective falls smoothly between neighbouring lengths. Measured:
docs/claims/length_choice.md (with four seeds intervals hold the truth a little less often than
they should); on real training, tuning and all, docs/training_length.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from scipy import interpolate, optimize, stats

from tunebook.domain.finding import Interval, NotApplicable

if TYPE_CHECKING:
    from jaxtyping import Float

FEWEST_SEEDS = 4
DRAWS = 400
FINE = 800
RESOLUTION = 1.25
"""Lengths within this factor of each other count as one: the budget is needed where the shortest
sufficient length lies within it of the whole."""


class Budget(StrEnum):
    """What a workload does with more steps."""

    COMPUTE_BOUND = "compute-bound"
    SATURATED = "saturated"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthChoice:
    """What lengths, measured with the same seeds, say.

    Attributes:
        lengths: in steps, rising.
        fitted: mean loss at each, lower is better, falling and then rising.
        seeds: that all of them have.
        best: the shortest length at the lowest of `fitted`.
        shortest: steps that come within the least improvement of it; `low` is 0 where the
            shortest measured length does already.
        says: whether the whole budget pays.
    """

    lengths: tuple[int, ...]
    fitted: tuple[float, ...]
    seeds: int
    best: int
    shortest: Interval
    says: Budget

    @property
    def at_shortest(self) -> bool:
        """Whether the shortest measured length is as good as the best already."""
        return self.shortest.estimate <= self.lengths[0] * (1 + 1e-9)


def choose_length(
    losses: Float[np.ndarray, "seeds lengths"],
    lengths: Sequence[int],
    *,
    budget: int,
    least: float,
    rng: np.random.Generator,
    confidence: float = 0.95,
) -> LengthChoice | NotApplicable:
    """The shortest length within `least` of the best.

    Args:
        losses: of each seed at each length; lower is better. A seed that is not finite at some
            length counts at none.
        lengths: in steps, rising.
        budget: the longest training that is allowed.
        least: improvement that is worth having, in the units of the losses, above 0.
        rng: of the bootstrap.

    Returns:
        NotApplicable with too few lengths or seeds, or where many seeds were lost.
    """
    whole = losses[np.isfinite(losses).all(axis=1)]
    n = len(whole)
    if len(lengths) < 2 or n < FEWEST_SEEDS or n < 0.8 * len(losses):
        return NotApplicable(
            check="E4",
            reason=f"{len(lengths)} lengths, {n} of {len(losses)} seeds with a result at each",
            needs=f"two lengths, {FEWEST_SEEDS} seeds, and no more than a fifth of them lost",
        )
    x = np.log(np.asarray(lengths, dtype=float))
    fitted = unimodal(whole.mean(axis=0))
    at = float(_reached(x, fitted[None], least)[0])
    bend = abs(at - float(_reached(x, fitted[None], least, straight=True)[0]))
    weights = rng.dirichlet(np.ones(n), DRAWS)
    drawn = _reached(x, np.array([unimodal(row) for row in weights @ whole]), least)
    shortest = _interval(at, drawn, bend, x[0], n, confidence)
    return LengthChoice(
        lengths=tuple(lengths),
        fitted=tuple(float(v) for v in fitted),
        seeds=n,
        best=int(lengths[int(np.argmin(fitted))]),
        shortest=shortest,
        says=_says(shortest, budget),
    )


def gain_left(
    losses: Float[np.ndarray, "seeds lengths"], doublings: float, *, confidence: float = 0.95
) -> float:
    """The most that further doublings of the length would still bring, at this confidence.

    The last doubling's gain at the high end of its paired Student interval, shrinking from one
    doubling to the next as it did over the last two, or not at all where that can't be told.
    Assumes that gains per doubling do not grow again; where they do (a late second fall), only
    the longer training itself can show it.

    Args:
        losses: of each seed at three lengths, each twice the one before; lower is better.
        doublings: that are left.
    """
    last, before = losses[:, 1] - losses[:, 2], losses[:, 0] - losses[:, 1]
    most = max(_bound(last, confidence), 0.0)
    sure = -_bound(-before, confidence)
    shrinks = min(most / sure, 1.0) if sure > 0 else 1.0
    whole, part = int(doublings), doublings - int(doublings)
    return most * (sum(shrinks**k for k in range(1, whole + 1)) + part * shrinks ** (whole + 1))


def _bound(gains: Float[np.ndarray, "seeds"], confidence: float) -> float:
    error = float(gains.std(ddof=1)) / math.sqrt(len(gains))
    return float(gains.mean()) + float(stats.t.ppf(confidence, len(gains) - 1)) * error


def unimodal(means: Float[np.ndarray, "lengths"]) -> Float[np.ndarray, "lengths"]:
    """The nearest values, by least squares, that fall and then rise."""
    best, error = means, math.inf
    for turn in range(len(means)):
        down = optimize.isotonic_regression(means[: turn + 1], increasing=False).x
        up = optimize.isotonic_regression(means[turn + 1 :]).x if turn + 1 < len(means) else []
        made = np.concatenate([down, up])
        off = float(((made - means) ** 2).sum())
        # Of equally good turns the last: a plateau belongs to the part that falls.
        if off <= error + 1e-12 * float(np.ptp(means)) ** 2:
            best, error = made, off
    return best


def _reached(
    x: Float[np.ndarray, "lengths"],
    fitted: Float[np.ndarray, "curves lengths"],
    least: float,
    *,
    straight: bool = False,
) -> Float[np.ndarray, "curves"]:
    """Where each curve is first within `least` of its lowest point, on the axis of `x`.

    Between lengths it is a monotone cubic (Fritsch and Butland 1984): a line lies above a curve
    that flattens, and would ask for up to a seventh more.
    """
    fine = np.linspace(x[0], x[-1], FINE)
    if straight:
        curves = interpolate.make_interp_spline(x, fitted, k=1, axis=1)(fine)
    else:
        curves = interpolate.PchipInterpolator(x, fitted, axis=1)(fine)
    goals = fitted.min(axis=1, keepdims=True) + least
    first = (curves <= goals).argmax(axis=1)
    before = np.maximum(first - 1, 0)
    rows = np.arange(len(fitted))
    above, below = curves[rows, before], curves[rows, first]
    share = (above - goals[:, 0]) / np.maximum(above - below, 1e-300)
    found = fine[before] + np.clip(share, 0, 1) * (fine[1] - fine[0])
    return np.asarray(np.where(first == 0, x[0], found))


def _interval(
    at: float,
    drawn: Float[np.ndarray, "draws"],
    bend: float,
    shortest: float,
    seeds: int,
    confidence: float,
) -> Interval:
    tail = (1 - confidence) / 2
    low, high = np.quantile(drawn, [tail, 1 - tail])
    factor = float(stats.t.ppf(1 - tail, seeds - 1) / stats.norm.ppf(1 - tail))
    wider = [
        at + factor * (min(low, at) - at) - bend,
        at + factor * (max(high, at) - at) + bend,
    ]
    begins = wider[0] <= shortest + 1e-9
    return Interval(
        math.exp(at), 0.0 if begins else math.exp(wider[0]), math.exp(wider[1]), confidence
    )


def _says(shortest: Interval, budget: int) -> Budget:
    edge = budget / RESOLUTION
    if shortest.low > edge:
        return Budget.COMPUTE_BOUND
    return Budget.SATURATED if shortest.high < edge else Budget.OPEN
