"""Responses under other lengths and noises that the trials allow as well (B7).

Few trials leave the lengths open. The likeliest ones alone may say with certainty that nothing
better lies elsewhere; a mean over several rarely does (Snoek et al. 2012, arXiv 1206.2944).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from tunebook.search.bayes_response import Response, bounds, chosen, cost, settled

if TYPE_CHECKING:
    from jaxtyping import Float

FEWEST = 4
"""Trials before lengths are fitted at all."""
STEP = 1e-3
LEAST_CURVATURE = 0.1
"""Directions that neither data nor prior hold are drawn no wider than this allows."""
SHRUNK = (1.0, 0.5, 0.25)
SLACK = 3.0
"""A draw's penalised log likelihood lies at most half a parameter and this below the highest."""


def drawn(response: Response, count: int) -> tuple[Response, ...]:
    """Responses to the same trials, with lengths and noise from Laplace's approximation.

    The warp stays, so that expected improvements have one unit. A draw that the likelihood
    refuses, where it is no parabola, is pulled towards the likeliest.

    Args:
        response: the likeliest.
        count: how many; the same trials give the same ones.
    """
    theta = response.theta
    n, d = response.points.shape
    if n < FEWEST:
        return ()
    rows = chosen(response.standard)
    known = response.points[rows], response.standard[rows]
    lowest, _ = cost(theta, *known)
    values, vectors = np.linalg.eigh(_curvature(theta, *known))
    root = vectors / np.sqrt(np.maximum(values, LEAST_CURVATURE))
    low, high = np.transpose(bounds(d))
    rng = np.random.default_rng(n)
    found = []
    for _ in range(count):
        step = np.r_[root @ rng.normal(size=d + 1), 0.0]
        for part in SHRUNK:
            moved = np.clip(theta + part * step, low, high)
            if cost(moved, *known)[0] - lowest < 0.5 * (d + 1) + SLACK:
                break
        else:
            continue
        found.append(
            settled(response.points, response.standard, moved, response.middle, response.unit)
        )
    return tuple(found)


def _curvature(
    theta: Float[np.ndarray, "p"], points: Float[np.ndarray, "n d"], z: Float[np.ndarray, "n"]
) -> Float[np.ndarray, "q q"]:
    """Second derivatives of the penalised cost by log lengths and log noise, from its slopes."""
    steps = STEP * np.eye(len(theta))[:-1]
    rows = [
        (cost(theta + step, points, z)[1] - cost(theta - step, points, z)[1])[:-1] / (2 * STEP)
        for step in steps
    ]
    return np.asarray(0.5 * (np.array(rows) + np.transpose(rows)))
