"""What late noise hides: the numbers that are put into words and drawn (C5)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tunebook.domain.design import Objective
from tunebook.domain.finding import Finding, Interval

if TYPE_CHECKING:
    from jaxtyping import Float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LateReading:
    """One good trial: its objective, and its last evaluations around where their trend ends."""

    trial: str
    study: str
    value: float
    around: Float[np.ndarray, "points"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class VarianceResult:
    """Noise late in training and what it hides.

    Attributes:
        objective: which metric decides, and how a curve is read.
        noise: standard deviation of one evaluation; `correlation` to the next one.
        evaluations: level ones among which a reading chose or averaged, the middle good trial's.
        reading: standard deviation of one reading of the objective.
        flatters: by how much the best of the evaluations does, on average.
        resolution: the difference from which on two readings are distinguishable.
        resolution_at_the_end: its lower end there, where the noise may have fallen.
        good_range, value_range: of the trials compared, and of the best results of the scientific
            values, not a number where there are not two.
        seeds: standard deviation between seeds of one configuration; None where not repeated.
        within: trials whose value is no further than the resolution from the best one's.
        late_share: of training that was read, the middle good trial's.
        good_trials: whose noise was read; `compared`: best trials of the best one's study, whose
            range is compared; `compared_study` is its name where there are several.
        settles: True where the noise falls within the late part, so that its half was read.
        readings: the best SHOWN of the good trials, best first.
    """

    objective: Objective
    noise: Interval
    correlation: float
    evaluations: int
    reading: float
    flatters: float
    resolution: Interval
    good_range: float
    value_range: float
    seeds: Interval | None
    within: tuple[str, ...]
    good_trials: int
    compared: int
    unsteady: tuple[str, ...]
    readings: tuple[LateReading, ...]
    findings: tuple[Finding, ...]
    order: tuple[str, ...] = ()
    late_share: float = 0.25
    settles: bool = False
    compared_study: str = ""
    resolution_at_the_end: float = math.inf
