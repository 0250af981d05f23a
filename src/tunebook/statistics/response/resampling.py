"""The best of a study, and how far it would fall elsewhere in a study done again (C9).

The plain bootstrap repeats the same best trial and so takes its spread for smaller than it is, at
any number of draws (Dodge et al. 2019, Tang et al. 2020; the general rule is that the bootstrap
fails for an extreme and subsets of m << n do not: Politis and Romano 1994). Here the subsets are
of a third of the trials, whose best spreads more than that of all, and every sum over subsets is
exact, from ranks, so that nothing is drawn at random.

A third was chosen by simulation on bowls of 1 to 4 axes: with a half, values that are alike are
told apart in up to 13 % of rounds, with a third in up to 4 %, with a quarter in up to 2 %, at the
price of half of the power at 16 trials. docs/claims/isolation.md measures the choice.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from jaxtyping import Float

SHARE = 1 / 3
"""Of the trials, in each subset whose best is looked at."""
UNLUCKY = 0.1
"""Share of the subsets, the worst ones, that all count as the best of them."""


def mean_best(worst: Float[np.ndarray, "n"], budget: int) -> float:
    """Mean, over all subsets of `budget` trials, of the best of each.

    Args:
        worst: losses, lower is better; infinite where infeasible.
        budget: size of the subsets; all of them, where it is more than there are.

    Returns:
        The mean over subsets with a feasible trial; NaN where no trial is feasible.
    """
    values, chances = _best_of(worst, budget)
    return float((values * chances).sum()) if len(values) else math.nan


def spread_of_best(worst: Float[np.ndarray, "n"], share: float = SHARE) -> float:
    """Standard deviation of the best of a share of the trials, over all subsets of that size.

    The one subset in ten that did worst counts as the best of those: a study that misses the good
    region altogether is rare, and would else set the spread. No less than half of the width of the
    middle 68 %, nor than half of the distance between neighbouring distinct values near the best,
    since an objective that is counted in examples knows no finer grain. At the usual share, no
    less than the distance from the best to the next, either: a best that stands alone is one that
    a study done again may well not meet (found on DeBERTa's search cut in two by lot, where a best
    far ahead was told from the other half in 5 of 40 splits; bench/claims/isolation_splits.py).

    Args:
        worst: losses, lower is better; infinite where infeasible.
        share: of the trials, in each subset (two at least).

    Returns:
        The spread, in the units of the losses; infinite with fewer than two feasible trials.
    """
    distinct = np.unique(worst[np.isfinite(worst)])
    if int(np.isfinite(worst).sum()) < 2:
        return math.inf
    values, chances = _best_of(worst, max(2, int(len(worst) * share)))
    below = np.cumsum(chances)
    low, high, bad = (
        float(values[min(int(np.searchsorted(below, q)), len(values) - 1)])
        for q in (0.16, 0.84, 1 - UNLUCKY)
    )
    values = np.minimum(values, bad)
    mean = float((values * chances).sum())
    deviation = math.sqrt(float((chances * (values - mean) ** 2).sum()))
    grain = float(np.diff(distinct[:4]).mean()) / 2 if len(distinct) > 3 else 0.0
    alone = float(distinct[1] - distinct[0]) if len(distinct) > 1 else 0.0
    return max(deviation, (high - low) / 2, grain, alone if share == SHARE else 0.0)


def trials_to_resolve(
    worst: Float[np.ndarray, "n"], wanted: float, *, most: float = 8.0
) -> int | None:
    """About how many trials bring the spread of the best down by the factor `wanted`.

    Assumes that the spread goes on falling with the trials as it does from a sixth of them to a
    third: as a power that depends on the number of hyperparameters that matter and on the noise.

    Args:
        worst: losses, infinite where infeasible.
        wanted: factor on the spread, between 0 and 1.
        most: no answer beyond so many times the trials that there are.

    Returns:
        The number of trials, or None where it is beyond reach.
    """
    third, sixth = spread_of_best(worst), spread_of_best(worst, SHARE / 2)
    if not (math.isfinite(third) and math.isfinite(sixth) and 0 < third < sixth):
        return None
    if not wanted > 0:
        return None
    # Doubling the trials divides the spread by sixth / third; in logarithms, which don't overflow.
    doublings = max(0.0, -math.log2(wanted)) / math.log2(sixth / third)
    return math.ceil(len(worst) * 2**doublings) if doublings <= math.log2(most) else None


def _best_of(
    worst: Float[np.ndarray, "n"], m: int
) -> tuple[Float[np.ndarray, "k"], Float[np.ndarray, "k"]]:
    """The feasible values that the best of m may take, ascending, and the chance of each."""
    n = len(worst)
    m = min(m, n)
    # The k-th of all (from 0) is the best of a subset with chance C(n-1-k, m-1) / C(n, m).
    k = np.arange(n - m)
    chances = np.concatenate([[1.0], np.cumprod((n - k - m) / (n - 1 - k))]) * m / n
    values = np.sort(worst)[: len(chances)]
    feasible = np.isfinite(values)
    total = float(chances[feasible].sum())
    return values[feasible], chances[feasible] / total if total else chances[feasible]
