"""Curves: what every trial of a table reported of one metric, packed (C6 C11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tunebook.domain.design import Objective, Reduce

if TYPE_CHECKING:
    from jaxtyping import Float, Int
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True, eq=False)
class Curves:
    """The curves of one metric for every trial of a table, packed.

    Attributes:
        offsets: trial i's points are `[offsets[i]:offsets[i + 1]]`; one longer than trials.
        steps: training steps, rising within a trial.
        values: in the metric's units; NaN and infinities as they were reported.
    """

    offsets: Int[np.ndarray, "trials+1"]
    steps: Int[np.ndarray, "points"]
    values: Float[np.ndarray, "points"]

    @property
    def sizes(self) -> Int[np.ndarray, "trials"]:
        """Points of each trial."""
        return np.diff(self.offsets)

    def of(self, i: int) -> tuple[Int[np.ndarray, "n"], Float[np.ndarray, "n"]]:
        """Steps and values of trial i; empty where it reported nothing."""
        a, b = self.offsets[i], self.offsets[i + 1]
        return self.steps[a:b], self.values[a:b]

    def finite(self, i: int) -> tuple[Int[np.ndarray, "n"], Float[np.ndarray, "n"]]:
        """The same, finite values alone."""
        steps, values = self.of(i)
        finite = np.isfinite(values)
        return steps[finite], values[finite]

    def take(self, rows: Int[np.ndarray, "chosen"]) -> Curves:
        """The curves of the chosen trials, in the order given."""
        lengths = np.diff(self.offsets)[rows]
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        # Of each point taken: where its trial begins here, and how far into its trial it is.
        place = np.arange(offsets[-1]) + np.repeat(self.offsets[rows] - offsets[:-1], lengths)
        return Curves(offsets, self.steps[place], self.values[place])

    @staticmethod
    def pack(curves: Sequence[tuple[ArrayLike, ArrayLike]]) -> Curves:
        """Pack one (steps, values) pair a trial."""
        steps = [np.asarray(s, dtype=np.int64) for s, _ in curves]
        values = [np.asarray(v, dtype=np.float64) for _, v in curves]
        lengths = [len(s) for s in steps]
        return Curves(
            np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
            np.concatenate(steps) if steps else np.empty(0, np.int64),
            np.concatenate(values) if values else np.empty(0, np.float64),
        )


def reduce_curve(values: Float[np.ndarray, "points"], objective: Objective) -> float:
    """One number for a curve: its best finite value, its last, or the mean of its last ones.

    NaN where the curve is empty or ends in NaN or an infinity: that trial diverged, whatever
    it reached before. The mean is over the finite ones of the last values, or all of a curve
    that is shorter.
    """
    if len(values) == 0 or not np.isfinite(values[-1]):
        return float("nan")
    if objective.reduce is Reduce.LAST:
        return float(values[-1])
    if objective.reduce is Reduce.MEAN_LAST:
        last = values[-objective.over :]
        last = last[np.isfinite(last)]
        return float(np.sum(last / len(last)))  # the sum of huge values would overflow
    finite = values[np.isfinite(values)]
    return float(objective.sign * np.min(objective.sign * finite))


def reduce_curves(curves: Curves, objective: Objective) -> Float[np.ndarray, "trials"]:
    """`reduce_curve` of every trial, in one pass over the points."""
    offsets, values = curves.offsets, curves.values
    there = np.flatnonzero(np.diff(offsets))
    found = np.full(len(offsets) - 1, np.nan)
    if len(there) == 0:
        return found
    ends = offsets[there + 1] - 1
    sound = np.isfinite(values[ends])
    if objective.reduce is Reduce.LAST:
        found[there[sound]] = values[ends[sound]]
    elif objective.reduce is Reduce.MEAN_LAST:
        for i in there[sound]:
            found[i] = reduce_curve(curves.of(int(i))[1], objective)
    else:
        losses = np.where(np.isfinite(values), objective.sign * values, np.inf)
        # Trials without points have no segment of their own, so segments of the others touch.
        best = objective.sign * np.minimum.reduceat(losses, offsets[there])
        found[there[sound]] = best[sound]
    return found
