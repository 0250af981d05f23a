"""What is believed of a branch: its response, and the chance that a configuration works (B7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tunebook.search.bayesian.feasibility import Feasibility, fit_feasibility
from tunebook.search.bayesian.response import Response, fit

if TYPE_CHECKING:
    from jaxtyping import Float

COLD_ROUNDS, WARM_ROUNDS = 40, 15
"""Of L-BFGS for a first fit, and for one that starts at the fit of fewer trials."""


@dataclass(frozen=True, slots=True)
class Models:
    """What is believed of a branch.

    Attributes:
        response: of the loss; None before two trials are complete.
        feasibility: the chance of working; None while every trial works.
    """

    response: Response | None = None
    feasibility: Feasibility | None = None


def fitted(
    points: Float[np.ndarray, "trials d"],
    losses: Float[np.ndarray, "trials"],
    before: Models | None = None,
) -> Models:
    """Models of the loss and of the chance of working.

    Args:
        points: of ended trials, in the columns of a `Cube`.
        losses: lower is better; NaN where the trial was infeasible.
        before: models of fewer trials of the same branch: fits start there.
    """
    works = np.isfinite(losses)
    before = before or Models()
    response = feasibility = None
    if works.sum() >= 2:
        old = before.response
        response = fit(
            points[works],
            losses[works],
            start=old.theta if old else None,
            rounds=WARM_ROUNDS if old else COLD_ROUNDS,
        )
    if not works.all():
        start = before.feasibility.theta if before.feasibility else None
        feasibility = fit_feasibility(points, works, start=start)
    return Models(response, feasibility)
