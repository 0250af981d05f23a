"""How much a value scatters, within cells and between levels: standard deviations (D2).

Model: a value is what its group is worth, plus a random effect of its level (a study that was
repeated, a split of the data), plus the noise of one training. Cells, levels: of any size.

Noise: pooled over cells, s^2 = squares / freedom. Its interval is that of chi-square, at fewer
degrees of freedom where residuals have heavy tails: f / (1 + g f / (2 N)), g the excess kurtosis
of the residuals, corrected for what fitting each cell's mean takes off (Box 1953; Shoemaker 2003).

Configurations differ in noise: one that diverges, or is stuck at chance, says nothing of those
that are compared. `like_the_best` leaves out a cell of which every value is worse than all of the
best cell's, and whose spread differs: in variance by an F test (1 % over all cells), and by a
factor of three in standard deviation once each cell's farthest value is dropped. All are required,
since one bad seed moves a variance, hardly ever all of a cell's values, and not the spread of the
others. The best cell is the one with the lowest mean.

Levels: of a group, Q(v) = sum of w (mean - weighted mean)^2 with w = 1 / (v + noise / count) is
chi-square at the true v. The estimate solves Q(v) = its degrees of freedom (Paule and Mandel 1982;
in a balanced table the estimate of an analysis of variance), zero where that asks for less. Ends
of the interval are those of a generalised pivotal quantity (Weerahandi 1993; Li and Li 2005): v at
a quantile of chi-square over the noise that its own chi-square allows. Nothing is drawn at random.

Assumes effects of levels that are about normal and independent. Coverage with other noise, few
levels and no effect at all: docs/claims/variance_sources.md.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from scipy import optimize, special

from tunebook.domain.finding import Interval
from tunebook.statistics.distributions import chi2_quantile

if TYPE_CHECKING:
    from jaxtyping import Float

QUANTILES = (np.arange(512) + 0.5) / 512
"""Of the noise's chi-square; twice as many move no end by a hundredth."""
UNLIKE = 0.01
"""Level at which a worse configuration's variance counts as another, over all configurations."""
FACTOR = 3.0
"""Between standard deviations, from which pooling them would hide both."""


class Origin(StrEnum):
    """Where a difference between two results may come from."""

    TRIAL = "trial"
    STUDY = "study"
    SPLIT = "data split"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One source of variance.

    Attributes:
        origin: which.
        deviation: standard deviation, 95 %; None where it was not measured.
        levels: seeds, studies or splits that it was read from; `groups` configurations, or
            scientific settings for studies.
        alone: smallest and largest of one configuration's own, where several were pooled.
        with_trial: the luck of one training is in it, since no seed was repeated.
        left_out: configurations that are worse than the best and whose noise is not like its own.
        rounds: earlier rounds whose reruns measured it, where this one has too few.
    """

    origin: Origin
    deviation: Interval | None = None
    levels: int = 0
    groups: int = 0
    with_trial: bool = False
    alone: tuple[float, float] = (0.0, 0.0)
    left_out: int = 0
    rounds: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """Variance of one training, pooled.

    Attributes:
        variance: of one value within its cell.
        freedom: degrees of freedom of the cells; `sure` those that heavy tails leave.
        cells, values: of two values or more.
        alone: smallest and largest standard deviation of a cell of three values or more; zeros
            where there are not two such.
    """

    variance: float
    freedom: int
    sure: float
    cells: int
    values: int
    alone: tuple[float, float] = (0.0, 0.0)

    def deviation(self, confidence: float = 0.95) -> Interval:
        """Standard deviation with its interval."""
        return _deviation(self.variance, self.sure, confidence)


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """Values of one level in one group: `group` is worth something, `label` scatters about it."""

    group: object
    label: object
    values: Float[np.ndarray, "values"]


def like_the_best(
    cells: Sequence[Float[np.ndarray, "values"]],
) -> list[Float[np.ndarray, "values"]]:
    """The cells of two values or more whose noise may be that of the best one; see the module.

    Args:
        cells: finite losses of one configuration each, lower is better.

    Returns:
        All of them where the best cell's values are all the same.
    """
    several = [np.asarray(c, float) for c in cells if len(c) > 1]
    if len(several) < 2:
        return several
    best = min(several, key=lambda c: float(c.mean()))
    if np.ptp(best) == 0:
        return several
    level = UNLIKE / (len(several) - 1)
    return [c for c in several if c is best or not _apart(best, c, level)]


def _apart(
    best: Float[np.ndarray, "values"], other: Float[np.ndarray, "values"], level: float
) -> bool:
    """Whether every value is worse than the best cell's, and the variance another."""
    if other.min() <= best.max():
        return False
    unit = float(np.ptp(other)) or 1.0
    ratio = float((other / unit).var(ddof=1) / (best / unit).var(ddof=1))
    free, free_best = len(other) - 1, len(best) - 1
    tails = (special.fdtr(free, free_best, ratio), special.fdtrc(free, free_best, ratio))
    least, most = sorted((_core_spread(best), _core_spread(other)))
    return bool(min(tails) < level / 2 and most >= FACTOR * least)


def _core_spread(cell: Float[np.ndarray, "values"]) -> float:
    """Standard deviation without the value that is farthest from the median."""
    if len(cell) < 3:
        return float(cell.std(ddof=1))
    farthest = int(np.argmax(np.abs(cell - np.median(cell))))
    return float(np.delete(cell, farthest).std(ddof=1))


def noise_within(cells: Sequence[Float[np.ndarray, "values"]]) -> Noise | None:
    """The noise of values around the means of their cells; None where no cell has two.

    Args:
        cells: finite values that differ by noise alone.
    """
    several = [np.asarray(c, float) for c in cells if len(c) > 1]
    if not several:
        return None
    sizes = np.array([len(c) for c in several], float)
    left = np.concatenate([c - c.mean() if np.ptp(c) > 0 else np.zeros(len(c)) for c in several])
    found = noise_of(
        left,
        int((sizes - 1).sum()),
        float((sizes * kept_of(sizes)).sum()),
        float((sizes * (1 - 1 / sizes) ** 2).sum()),
    )
    return replace(found, cells=len(several), alone=_extremes(several))


def noise_of(left: Float[np.ndarray, "values"], freedom: int, kept: float, shrunk: float) -> Noise:
    """The noise behind residuals.

    Args:
        left: residuals.
        freedom: of their squares.
        kept: over all of them, what is left of a value's fourth cumulant; `shrunk` of its squared
            variance.
    """
    total, scale = len(left), float(np.abs(left).max())
    if scale == 0:
        return Noise(variance=0.0, freedom=freedom, sure=freedom, cells=1, values=total)
    left = left / scale
    variance = float((left**2).sum()) / freedom
    excess = max(0.0, (float((left**4).sum()) - 3 * variance**2 * shrunk) / kept / variance**2)
    return Noise(
        variance=variance * scale**2,
        freedom=freedom,
        sure=max(1.0, freedom / (1 + excess * freedom / (2 * total))),
        cells=1,
        values=total,
    )


def kept_of(sizes: Float[np.ndarray, "cells"]) -> Float[np.ndarray, "cells"]:
    """Of a value's fourth cumulant, what is left in its residual from a mean of so many."""
    return np.asarray(((sizes - 1) ** 4 + sizes - 1) / sizes**4)


def _extremes(cells: Sequence[Float[np.ndarray, "values"]]) -> tuple[float, float]:
    each = [float(c.std(ddof=1)) for c in cells if len(c) > 2]
    return (min(each), max(each)) if len(each) > 1 else (0.0, 0.0)


def between_levels(levels: Sequence[Level], noise: Noise, confidence: float = 0.95) -> Interval:
    """Standard deviation of the effect of a level, apart from the noise of its values.

    Where several groups share labels, what the labels do may be common to them: the interval is
    then as wide as that of one group with so many labels.

    Args:
        levels: two labels or more in a group; a group of one says nothing.
        noise: of one value.
    """
    groups = _groups(levels)
    freedom = sum(len(g) - 1 for g in groups)
    if freedom == 0:
        raise ValueError("between levels there is nothing to see with one level a group")
    sure = min(freedom, len({x.label for g in groups for x in g}) - 1)
    means = [np.array([x.values.mean() for x in g]) for g in groups]
    counts = [np.array([len(x.values) for x in g], float) for g in groups]
    # In units of the levels' own spread, so that a search for a root knows its scale.
    scale = math.sqrt(sum(float(((m - m.mean()) ** 2).sum()) for m in means) / freedom)
    if scale == 0:
        return Interval(0.0, 0.0, 0.0, confidence)
    means = [(m - m.mean()) / scale for m in means]

    def squares(v: float, of: Float[np.ndarray, "k"]) -> Float[np.ndarray, "k"]:
        total = np.zeros(len(of))
        for m, n in zip(means, counts, strict=True):
            w = 1 / np.maximum(v + of[:, None] / n, 1e-300)
            at = (w * m).sum(1) / w.sum(1)
            total += (w * (m - at[:, None]) ** 2).sum(1)
        return total * (sure / freedom)

    known = noise.variance / scale**2
    drawn = known * noise.sure / chi2_quantile(QUANTILES, noise.sure)

    def below(v: float) -> float:
        """Chance that the pivotal variance is at most v."""
        return float(special.chdtrc(sure, squares(v, drawn)).mean())

    tail = (1 - confidence) / 2
    estimate = _crossing(lambda v: sure - float(squares(v, np.array([known]))[0]))
    low = _crossing(lambda v: below(v) - tail)
    high = _crossing(lambda v: below(v) - (1 - tail))
    # Levels that lie nearer together than their noise alone would have them: no more than is seen.
    high = max(high, estimate, 0.0) or 1.0
    return Interval(
        scale * math.sqrt(estimate), scale * math.sqrt(low), scale * math.sqrt(high), confidence
    )


def spread_of_levels(levels: Sequence[Level], confidence: float = 0.95) -> Interval:
    """Standard deviation of the means of levels, the noise of their values included."""
    groups = _groups(levels)
    freedom = sum(len(g) - 1 for g in groups)
    sure = min(freedom, len({x.label for g in groups for x in g}) - 1)
    means = [np.array([x.values.mean() for x in g]) for g in groups]
    squares = sum(float(((m - m.mean()) ** 2).sum()) for m in means)
    return _deviation(squares / freedom, sure, confidence)


def _deviation(variance: float, freedom: float, confidence: float) -> Interval:
    """The root of a variance with the interval of chi-square."""
    tail = (1 - confidence) / 2
    low, high = chi2_quantile([tail, 1 - tail], freedom) / freedom
    ends = (math.sqrt(variance / high), math.sqrt(variance / low))
    return Interval(math.sqrt(variance), *ends, confidence)


def _groups(levels: Sequence[Level]) -> list[list[Level]]:
    """Levels by their group, where it has two or more."""
    found: dict[object, list[Level]] = {}
    for level in levels:
        if len(level.values):
            found.setdefault(level.group, []).append(level)
    return [g for g in found.values() if len(g) > 1]


def _crossing(rising: Callable[[float], float]) -> float:
    """Where a rising function of a variance is zero; 0 where it begins above."""
    if rising(0.0) >= 0:
        return 0.0
    high = 1.0
    while rising(high) < 0:
        high *= 4
    return float(optimize.brentq(rising, 0.0, high, xtol=1e-9, rtol=1e-9))
