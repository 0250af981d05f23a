"""What C1 read of each side of each axis (C1)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tunebook.domain.space import Axis
from tunebook.domain.trial import Value

if TYPE_CHECKING:
    from jaxtyping import Bool
    from jaxtyping import Float as F

SIGN = 0.25
"""Chance that an edge is no better below which it may be: no alarm yet, and no pass."""
NEAR = 0.25
"""The playbook's "near a boundary", as a share of the axis' length."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SideReading:
    """One side of one axis.

    Attributes:
        side: low or high.
        p_value: the chance that the edge is no better than the inside.
        alarm: the range is cut off there.
        passes: the edge would gain nothing that matters.
        best_at: where the best trials are, from 0 at the low end to 1.
        proposed: the new bound, None where nothing is proposed.
        final: the end can't be widened, such as a dropout of 0, and needs no judgement.
        unexplained: of the trials next to it how many failed without a stated cause, and how
            many there are, where these are most of them; else None.
    """

    side: str
    p_value: float
    alarm: bool
    best_at: float
    proposed: float | None
    final: bool = False
    unexplained: tuple[int, int] | None = None
    passes: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AxisReading:
    """One hyperparameter in one study; arrays have one entry a trial of the study.

    `sign` turns the objective's values to losses; `carried` is True of trials of earlier rounds.
    """

    study: str
    hyperparameter: str
    subject: str
    axis: Axis
    trials: tuple[str, ...]
    values: tuple[Value, ...]
    units: F[np.ndarray, "trials"]
    objective_values: F[np.ndarray, "trials"]
    infeasible: Bool[np.ndarray, "trials"]
    best: Bool[np.ndarray, "trials"]
    sides: tuple[SideReading, ...]
    sign: int = 1
    carried: tuple[bool, ...] = ()

    @property
    def open_sides(self) -> tuple[SideReading, ...]:
        """Sides that could be widened; only these ask for evidence."""
        return tuple(s for s in self.sides if not s.final)
