"""Logistic regression by Newton's method, held back a little where classes can be parted (C3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

if TYPE_CHECKING:
    from jaxtyping import Bool, Float

RIDGE = 0.05
"""Penalty on the squared slope of a standardised column: keeps parted classes finite."""
STEPS = 40


def deviance(
    columns: Float[np.ndarray, "trials columns"], labels: Bool[np.ndarray, "trials"]
) -> tuple[float, Float[np.ndarray, "columns"]]:
    """Fit labels on columns, an intercept beside them.

    Args:
        columns: finite, none of them constant.
        labels: of two classes, both present.

    Returns:
        Minus twice the log likelihood, penalty included, and the slopes in the columns' units.
    """
    size = columns.std(axis=0)
    design = np.column_stack([np.ones(len(labels)), (columns - columns.mean(axis=0)) / size])
    penalty = np.full(design.shape[1], RIDGE)
    penalty[0] = 0.0
    slopes = np.zeros(design.shape[1])
    for _ in range(STEPS):
        chance = expit(design @ slopes)
        weight = np.maximum(chance * (1 - chance), 1e-9)
        gradient = design.T @ (labels - chance) - penalty * slopes
        step = np.linalg.solve((design.T * weight) @ design + np.diag(penalty), gradient)
        # A long step overshoots where the classes are nearly parted.
        slopes += step * min(1.0, 4.0 / max(float(np.abs(step).max()), 1e-12))
        if np.abs(step).max() < 1e-8:
            break
    place = design @ slopes
    fit = 2 * float(np.logaddexp(0, np.where(labels, -place, place)).sum())
    return fit + float((penalty * slopes**2).sum()), slopes[1:] / size
