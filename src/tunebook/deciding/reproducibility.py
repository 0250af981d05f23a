"""Does a rerun of the same seeds give what was recorded? (D5)

Assumption: a seed's replayed value differs from the recorded one by a shift that all seeds share,
plus noise of the replay (parallel sums, other hardware) that is roughly normal and independent
from seed to seed. Estimator: the mean of the paired differences with its interval by Student's t.
Claim "not reproduced": the shift is not zero, said falsely in at most ALPHA of replays. A replay
in which no seed moved by more than NEGLIGIBLE of the seeds' own standard deviation reproduces
within seed noise, whatever the shift: no decision could tell. Fates must agree: a seed that
diverged on one side alone is no noise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from tunebook.domain.finding import Interval
from tunebook.statistics.distributions import t_above

ALPHA = 0.05
NEGLIGIBLE = 0.1
"""Of the seeds' standard deviation: moves the standard error of a mean of 100 seeds no further
than itself."""
FEWEST = 3
"""Seeds that differ below which no test of the shift is made."""


class Reproduced(StrEnum):
    """What a replay says of its record."""

    EXACTLY = "exactly"
    WITHIN_NOISE = "within seed noise"
    NOT = "not reproduced"
    UNCLEAR = "too few seeds to tell"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedPair:
    """One seed, recorded and replayed; None where the trial was infeasible."""

    trial: str
    seed: int
    recorded: float | None
    replayed: float | None

    @property
    def difference(self) -> float | None:
        """Replayed less recorded; None where either has no value."""
        if self.recorded is None or self.replayed is None:
            return None
        return self.replayed - self.recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """The verdict on a replay.

    Attributes:
        reproduced: which of the four.
        shift: mean of the differences with its 95 % interval, in the metric's units; None where
            no seed has both values.
        noise: standard deviation of the recorded values over seeds; NaN under two.
        other_fates: seeds that were infeasible on one side alone.
    """

    reproduced: Reproduced
    shift: Interval | None
    noise: float
    other_fates: int


def compare(pairs: Sequence[SeedPair]) -> Replayed:
    """Judge replayed seeds against recorded ones."""
    both = [p for p in pairs if p.difference is not None]
    fates = sum((p.recorded is None) != (p.replayed is None) for p in pairs)
    recorded = np.array([p.recorded for p in pairs if p.recorded is not None], np.float64)
    noise = float(np.std(recorded, ddof=1)) if len(recorded) > 1 else math.nan
    differences = np.array([p.difference for p in both], np.float64)
    shift = _shift(differences) if len(differences) else None
    return Replayed(
        reproduced=_verdict(differences, noise, shift, fates, len(pairs)),
        shift=shift,
        noise=noise,
        other_fates=fates,
    )


def _verdict(
    differences: np.ndarray, noise: float, shift: Interval | None, fates: int, pairs: int
) -> Reproduced:
    if fates:
        return Reproduced.NOT
    if not pairs:
        return Reproduced.UNCLEAR
    if shift is None or not differences.any():
        return Reproduced.EXACTLY
    if float(np.max(np.abs(differences))) <= NEGLIGIBLE * noise:
        return Reproduced.WITHIN_NOISE
    if len(differences) < FEWEST:
        return Reproduced.UNCLEAR
    return Reproduced.WITHIN_NOISE if shift.low <= 0 <= shift.high else Reproduced.NOT


def _shift(differences: np.ndarray) -> Interval:
    mean, n = float(differences.mean()), len(differences)
    if n < 2:
        return Interval(mean, -math.inf, math.inf)
    half = float(t_above(ALPHA / 2, n - 1) * differences.std(ddof=1) / math.sqrt(n))
    return Interval(mean, mean - half, mean + half)
