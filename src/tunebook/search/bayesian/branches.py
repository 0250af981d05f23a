"""Branches against one another, in the objective's own units: which is asked, which is best (B7).

Each branch has models of its own, of losses warped and scaled for themselves alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from tunebook.search.bayesian.models import Models

if TYPE_CHECKING:
    from jaxtyping import Float

QUANTILES = 400


def gain(
    models: Models,
    point: Float[np.ndarray, "d"],
    pending: Float[np.ndarray, "k d"],
    best_loss: float,
) -> float:
    """Log of the expected improvement of a branch's point over the best of all branches.

    By evenly spread quantiles of the response there. Points of which no quantile improves rank
    below all others, by how far their best one is off.

    Args:
        models: of the branch, with a response.
        point: the branch's best by its own acquisition.
        pending: points of the branch under way.
        best_loss: lowest loss of all branches.
    """
    assert models.response is not None
    response = models.response.with_pending(pending) if len(pending) else models.response
    mean, spread = response.at(point[None, :])
    levels = ndtri((np.arange(QUANTILES) + 0.5) / QUANTILES)
    losses = response.losses(mean + spread * levels)
    better = float(np.maximum(best_loss - losses, 0).mean())
    if better == 0:
        return -1e6 - float(losses.min() - best_loss) / response.unit
    chance = (
        1.0 if models.feasibility is None else float(models.feasibility.chance(point[None])[0])
    )
    return float(np.log(better * max(chance, 1e-12)))


def held_for_best(
    models: Models, points: Float[np.ndarray, "n d"], losses: Float[np.ndarray, "n"]
) -> tuple[int, float]:
    """Which tried point has the lowest mean response, and that mean as a loss.

    Args:
        points, losses: of ended trials, NaN where infeasible; at least one is finite.
    """
    if models.response is None:
        i = int(np.nanargmin(losses))
        return i, float(losses[i])
    mean, _ = models.response.at(points)
    i = int(np.argmin(np.where(np.isfinite(losses), mean, np.inf)))
    return i, float(models.response.losses(mean[[i]])[0])
