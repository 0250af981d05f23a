"""The cut of an axis, or the value of a choice, that tells failures best, and its chance (C3).

Null: failing does not depend on any varied hyperparameter. Estimator: for each axis the cut, and
for each choice the value, that separates failures best, by the likelihood ratio of the two shares
(Wilks' G). The chance of as large a ratio comes from random relabelling of the trials, over all
axes and choices of a study at once, so that having searched is accounted for. Error rate: the
level that is asked for, exact up to the number of relabellings. Beyond LARGE trials relabelling
is done on as many of them, since the law of the largest ratio hardly depends on their number.

Power: `power` says in what share of studies a dependence that matters would have been seen: nine
of ten failures in one half of one axis.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tunebook.statistics.distributions import binomial_masses, binomial_tail

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int

RELABELLINGS = 999
LARGE = 2000
MOST_CUTS = 64
"""Cuts tried on one axis while relabelling; the one that is named is looked for among all."""
AT_ONCE = 2_000_000
"""Labels held in memory at once."""
CONCENTRATED = 0.9
"""Of the failures in one half of an axis: the smallest dependence that matters."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BestCut:
    """The cut that tells failures best.

    Attributes:
        column: which of the columns.
        inside: the trials on its failing side.
        side: "high" or "low".
        middle: between the two values that the cut lies between.
        p_value: chance of as good a cut where failing depends on no column.
        critical: the ratio that a cut must exceed at the level that was asked for.
    """

    column: int
    inside: Bool[np.ndarray, "trials"]
    side: str
    middle: float
    p_value: float
    critical: float


def best_cut(
    columns: Float[np.ndarray, "trials columns"],
    upward: Bool[np.ndarray, "columns"],
    failed: Bool[np.ndarray, "trials"],
    level: float,
    rng: np.random.Generator,
) -> BestCut:
    """Search all columns for the cut that tells failures best.

    Args:
        columns: places on axes, and 0 or 1 for having a value of a choice.
        upward: columns in which high values alone can be the failing side.
        failed: which trials.
        level: error rate, for the critical value.
        rng: for the relabelling.
    """
    ratios = _largest(columns, upward, failed[None, :], MOST_CUTS)[0]
    column = int(ratios[0].argmax())
    relabellings = RELABELLINGS if level * RELABELLINGS >= 5 else 5 * RELABELLINGS
    null = np.sort(_null(columns, upward, failed, relabellings, rng))[::-1]
    p_value = (1 + int((null >= ratios[0, column]).sum())) / (relabellings + 1)
    rank = max(math.floor(level * (relabellings + 1)), 1) - 1
    inside, side, middle = exact_cut(columns[:, column], failed, upward=bool(upward[column]))
    return BestCut(
        column=column,
        inside=inside,
        side=side,
        middle=middle,
        p_value=p_value,
        critical=float(null[rank]),
    )


def exact_cut(
    places: Float[np.ndarray, "trials"],
    failed: Bool[np.ndarray, "trials"],
    *,
    upward: bool = False,
) -> tuple[Bool[np.ndarray, "trials"], str, float]:
    """The best of all cuts of one column: the trials inside, its side, and its middle."""
    column, ways = places[:, None], np.array([upward])
    _, cut, low_side = _largest(column, ways, failed[None, :], len(places))
    order = np.argsort(places, kind="stable")
    c = int(cut[0, 0])
    inside = np.zeros(len(places), dtype=bool)
    inside[order[:c] if low_side[0, 0] else order[c:]] = True
    middle = float(places[order[c - 1]] + places[order[c]]) / 2
    return inside, "low" if low_side[0, 0] else "high", middle


def power(trials: int, failures: int, critical: float) -> float:
    """Share of studies in which a dependence that matters would have exceeded `critical`."""
    half = trials // 2
    inside = np.arange(max(0, failures - (trials - half)), min(failures, half) + 1)
    if not len(inside):
        return 0.0
    terms = _terms(trials)
    found = _ratio(terms, inside, np.full(len(inside), half), failures, trials) > critical
    chances = binomial_masses(inside, failures, CONCENTRATED)
    # Failures that find no place in the half lie beyond it.
    chances[-1] += binomial_tail(inside[-1], failures, CONCENTRATED)
    return float(chances[found & (2 * inside > failures)].sum() / chances.sum())


def _null(
    columns: Float[np.ndarray, "trials columns"],
    upward: Bool[np.ndarray, "columns"],
    failed: Bool[np.ndarray, "trials"],
    relabellings: int,
    rng: np.random.Generator,
) -> Float[np.ndarray, "relabellings"]:
    """Largest ratios where labels are dealt out at random."""
    n, k = len(failed), int(failed.sum())
    if n > LARGE:
        columns = columns[rng.choice(n, LARGE, replace=False)]
        n, k = LARGE, min(max(round(k * LARGE / n), 1), LARGE - 1)
    labels = np.arange(n) < k
    at_once = max(1, AT_ONCE // n)
    found = []
    for start in range(0, relabellings, at_once):
        rows = min(at_once, relabellings - start)
        dealt = rng.permuted(np.broadcast_to(labels, (rows, n)), axis=1)
        found.append(_largest(columns, upward, dealt, MOST_CUTS)[0].max(axis=1))
    return np.concatenate(found)


def _largest(
    columns: Float[np.ndarray, "trials columns"],
    upward: Bool[np.ndarray, "columns"],
    labels: Bool[np.ndarray, "rows trials"],
    most_cuts: int,
) -> tuple[
    Float[np.ndarray, "rows columns"],
    Int[np.ndarray, "rows columns"],
    Bool[np.ndarray, "rows columns"],
]:
    """By row of labels and column: the largest ratio, where it cuts, and if it fails below it."""
    rows, n = labels.shape
    failures, terms = int(labels[0].sum()), _terms(n)
    shape = (rows, columns.shape[1])
    ratios, cut, below = np.full(shape, -1.0), np.ones(shape, np.int64), np.zeros(shape, bool)
    for place in range(columns.shape[1]):
        order = np.argsort(columns[:, place], kind="stable")
        # Trials of one value stay together: a cut lies between two values.
        cuts = 1 + np.flatnonzero(np.diff(columns[order, place]) > 0)
        if len(cuts) > most_cuts:
            cuts = cuts[np.linspace(0, len(cuts) - 1, most_cuts).round().astype(int)]
        if not len(cuts):
            continue
        parts = np.add.reduceat(labels[:, order], np.r_[0, cuts], axis=1, dtype=np.int64)
        counts = np.cumsum(parts, axis=1)[:, :-1]
        ratio = _ratio(terms, counts, cuts, failures, n)
        low = counts * n > cuts * failures
        if upward[place]:
            ratio = np.where(low, -1.0, ratio)
        best = ratio.argmax(axis=1)[:, None]
        ratios[:, place] = np.take_along_axis(ratio, best, axis=1)[:, 0]
        cut[:, place] = cuts[best[:, 0]]
        below[:, place] = np.take_along_axis(low, best, axis=1)[:, 0]
    return ratios, cut, below


def _terms(n: int) -> Float[np.ndarray, "n"]:
    """x log x of 0 to n: a table is quicker than as many logarithms."""
    x = np.arange(n + 1, dtype=float)
    return np.asarray(x * np.log(np.maximum(x, 1)))


def _ratio(
    terms: Float[np.ndarray, "n"],
    counts: Int[np.ndarray, "..."],
    cuts: Int[np.ndarray, "cuts"],
    failures: int,
    n: int,
) -> Float[np.ndarray, "..."]:
    """Half of Wilks' G: log likelihood of two shares against that of one."""
    inside = terms[counts] + terms[cuts - counts] - terms[cuts]
    rest = terms[failures - counts] + terms[n - cuts - failures + counts] - terms[n - cuts]
    return np.asarray(inside + rest - terms[failures] - terms[n - failures] + terms[n])
