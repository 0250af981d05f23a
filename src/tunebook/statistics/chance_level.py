"""Trials that end at chance: where it is given, else a pile of nearly equal values (C1, C3).

Claim: "a share of the trials end at about this value, as guessing would". Null: objectives are
draws of a smooth law. Estimator: the fullest window of values, as wide as NARROW of the distance
from there to the good trials, against what chance brings to windows of a law whose peak is
DENSER times as high as the mean of the range (scan statistic; bound of Naus 1965), level ALPHA
over the table. It must hold LEAST of the trials, lie on the worse side, and be fuller by DENSER
than the grain of the objective explains: an accuracy counted on few examples has ties anywhere.
Chance is then put at the better edge of the piles, so that DeBERTa's three constant answers are
all at chance. False alarms and finds: docs/claims/feasibility.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln

from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Cause, Status

if TYPE_CHECKING:
    from jaxtyping import Bool, Float

ALPHA = 0.01
LEAST = 0.08
"""Of the complete trials: fewer at chance are no matter."""
NARROW = 0.02
"""Width of the window, of the distance to the good trials."""
DENSER = 2.5
STEEP = 0.25
"""Of a pile, as many at most lie beside it within three widths, on its better side."""
GOOD = 0.02
"""Share of the trials that the distance is measured to: one lucky trial sets no scale."""
TIED = 0.2
"""Share of ties among the other trials from which an objective is taken to be counted."""
FEWEST = 8
HUGE = 1e150
"""Losses beyond are taken to be this: their differences would have no number."""
BESIDE = 5
"""Widths of the window within which other piles are looked for."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ChanceLevel:
    """Complete trials at chance.

    Attributes:
        given: True where the table says what chance is.
        chance: in the objective's units; a trial that is no better is at chance.
        stuck: complete trials at chance.
        in_piles: how many of these lie in piles of nearly equal values; the rest ended worse.
    """

    given: bool
    chance: float
    stuck: Bool[np.ndarray, "trials"]
    in_piles: int


def chance_level(table: TrialTable) -> ChanceLevel | None:
    """The complete trials that ended at chance, where chance is given or shows by itself."""
    losses = np.where(table.complete, table.losses, np.nan)
    if table.chance is not None:
        stuck = losses >= table.objective.sign * table.chance
        return ChanceLevel(given=True, chance=table.chance, stuck=stuck, in_piles=int(stuck.sum()))
    ordered = np.sort(np.clip(losses[np.isfinite(losses)], -HUGE, HUGE))
    found = _piles(ordered)
    if found is None:
        return None
    edge, in_piles = found
    edge = _rounded(edge, ordered)
    stuck = losses >= edge
    return ChanceLevel(
        given=False, chance=table.objective.sign * edge, stuck=stuck, in_piles=in_piles
    )


def failed_at_chance(table: TrialTable, stuck: Bool[np.ndarray, "trials"]) -> TrialTable:
    """The table with complete trials at chance as what they are."""
    if not stuck.any():
        return table
    fates = zip(stuck, table.status, table.cause, strict=True)
    status, cause = zip(
        *((Status.INFEASIBLE, Cause.CHANCE) if s else (own, why) for s, own, why in fates),
        strict=True,
    )
    return replace(table, status=status, cause=cause, value=np.where(stuck, np.nan, table.value))


def _piles(ordered: Float[np.ndarray, "trials"]) -> tuple[float, int] | None:
    """Better edge of the piles of nearly equal losses, and how many lie in them."""
    n = len(ordered)
    if n < FEWEST or ordered[-1] == ordered[0]:
        return None
    good = ordered[max(math.ceil(GOOD * n), 2) - 1]
    with np.errstate(over="ignore"):
        distance = ordered - good
        wide = NARROW * distance
        ends = np.searchsorted(ordered, ordered + wide, side="right")
    sizes = np.where(distance > 0, ends - np.arange(n), 0)
    main = int(sizes.argmax())
    end, size = int(ends[main]), int(sizes[main])
    if size < LEAST * n or n - end > 2 * size:
        return None
    # Piles of other constant answers lie at its side: chance is the best of them.
    side = np.arange(int(np.searchsorted(ordered, ordered[main] - BESIDE * wide[main])), main)
    least = max(DENSER * NARROW * n, LEAST * n / 2, 3)
    beside = side[(sizes[side] >= least) & (ends[side] <= main)]
    edge = int(beside[0]) if len(beside) else main
    # A pile ends at once towards better losses; a law with a long good side thins out slowly.
    flank = edge - int(np.searchsorted(ordered, ordered[edge] - 3 * wide[edge]))
    if edge < 1 or flank + 2 > STEEP * sizes[edge]:
        return None
    width = _width(np.r_[ordered[:edge], ordered[end:]], float(distance[main]))
    if not _is_dense(n, size, min(DENSER * width, 1.0)):
        return None
    return float(ordered[edge]), end - edge


def _width(rest: Float[np.ndarray, "others"], distance: float) -> float:
    """Of the window, as a share of the distance: two grains, where losses are counted."""
    gaps = np.diff(rest)
    if not len(gaps) or (gaps == 0).mean() <= TIED or not (gaps > 0).any():
        return NARROW
    return max(NARROW, 2 * float(gaps[gaps > 0].min()) / distance)


def _is_dense(n: int, size: int, expected: float) -> bool:
    """Whether a window holds more trials than a smooth law would put into any of its kind.

    Args:
        n, size: trials, and those in the window.
        expected: share that the law puts into a window at its peak.
    """
    if size <= DENSER * expected * n:
        return False
    ways = gammaln(n + 1) - gammaln(size + 1) - gammaln(n - size + 1) + math.log(size)
    return bool(ways + (size - 1) * math.log(expected) < math.log(ALPHA))


def _rounded(edge: float, ordered: Float[np.ndarray, "trials"]) -> float:
    """The edge as people write it: a little to the better side, past no trial that is better."""
    better = ordered[ordered < edge]
    if not len(better) or edge == 0:
        return edge
    for digits in range(2, 7):
        grain = 10.0 ** (math.floor(math.log10(abs(edge))) - digits + 1)
        rounded = math.floor(edge / grain + 1e-9) * grain
        if better[-1] < rounded <= edge:
            return float(f"{rounded:.{digits}g}")
    return edge
