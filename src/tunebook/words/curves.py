"""Curves: what every trial of a table reported of one metric, packed (C6 C11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tunebook.words.design import Objective, Reduce

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

    def of(self, i: int) -> tuple[Int[np.ndarray, "n"], Float[np.ndarray, "n"]]:
        """Steps and values of trial i; empty where it reported nothing."""
        a, b = self.offsets[i], self.offsets[i + 1]
        return self.steps[a:b], self.values[a:b]

    def take(self, rows: Int[np.ndarray, "chosen"]) -> Curves:
        """The curves of the chosen trials, in the order given."""
        return Curves.pack([self.of(int(i)) for i in rows])

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
    """One number for a curve: its best finite value, or its last.

    NaN where the curve is empty or ends in NaN or an infinity: that trial diverged, whatever
    it reached before.
    """
    if len(values) == 0 or not np.isfinite(values[-1]):
        return float("nan")
    if objective.reduce is Reduce.LAST:
        return float(values[-1])
    finite = values[np.isfinite(values)]
    return float(objective.sign * np.min(objective.sign * finite))
