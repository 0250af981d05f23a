"""Candidates of a suggestion, and a first look at them in closed form (B7)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import log_ndtr

from tunebook.domain.errors import DesignError
from tunebook.domain.trial import Configuration
from tunebook.search.bayesian.cube import Cube
from tunebook.search.bayesian.models import Models
from tunebook.search.bayesian.response import Response
from tunebook.search.quasirandom import halton_units

if TYPE_CHECKING:
    from jaxtyping import Float

Allows = Callable[[Configuration], bool]

WIDE, NEAR_BEST = 512, 256
"""Candidates looked at over the whole space, and around the best trials."""
NEARNESS = (0.1, 0.03, 0.01, 0.003)
STARTS = 4
"""Candidates that BoTorch's acquisition climbs from,"""
APART = 0.05
"""at least so far from one another in some coordinate."""
CAUTION = 10.0
"""Power of the chance of working. With 1, as in [G], two thirds of the trials of a surface whose
best lies at the edge of what trains were infeasible; docs/decisions/0012-exploitation.md."""
MOST_REFUSED = 20_000


def candidates(
    cube: Cube, response: Response, seed: int, allows: Allows | None
) -> Float[np.ndarray, "n d"]:
    rng = np.random.default_rng(seed)
    wide = cube.from_units(halton_units(len(cube.branch.axes), seed, range(WIDE)))
    mean, _ = response.at(response.points)
    best = response.points[np.argsort(mean)[:4]]
    picked = best[rng.integers(len(best), size=NEAR_BEST)]
    size = rng.choice(NEARNESS, size=(NEAR_BEST, 1))
    moved = rng.random(picked.shape) < max(0.5, 3.0 / picked.shape[1])
    near = picked + moved * size * rng.normal(size=picked.shape) * np.array(cube.smooth)
    stepped = ~np.array(cube.smooth)
    # Of a third, the choices are those of a point elsewhere: a best trial under other choices.
    near[::3, stepped] = wide[: len(near[::3]), stepped]
    both = np.asarray(np.concatenate([wide, cube.snapped(near)]))
    if allows is None:
        return both
    kept = np.array([allows(cube.config(point)) for point in both])
    if not kept.any():
        return spread_out(cube, seed, 0, allows)[None, :]
    return np.asarray(both[kept])


def spread_out(
    cube: Cube, seed: int, index: int, allows: Allows | None = None
) -> Float[np.ndarray, "d"]:
    """Point `index` of the quasi-random sequence that constraints allow.

    Raises:
        DesignError: constraints allow none of many.
    """
    found, k = -1, 0
    while k < MOST_REFUSED:
        indices = range(k, k + max(64, k))
        for point in cube.from_units(halton_units(len(cube.branch.axes), seed, indices)):
            found += allows is None or allows(cube.config(point))
            if found == index:
                return np.asarray(point)
        k = indices.stop
    raise DesignError(
        f"constraints refuse all but {found + 1} of {k} configurations",
        next_step="change the ranges so that more of the space is allowed",
    )


def log_improvement(
    models: Models, points: Float[np.ndarray, "n d"], pending: Float[np.ndarray, "k d"]
) -> Float[np.ndarray, "n"]:
    """Log expected improvement in closed form, with the chance of working: a first look.

    Noise enters through the best mean; a point under way counts as its mean.
    """
    assert models.response is not None
    response = models.response.with_pending(pending) if len(pending) else models.response
    mean, spread = response.at(points)
    best = response.at(response.points)[0].min()
    score = np.log(spread) + log_h((best - mean) / spread)
    if models.feasibility is not None:
        score += CAUTION * np.log(np.maximum(models.feasibility.chance(points), 1e-12))
    return np.asarray(score)


def log_h(u: Float[np.ndarray, "n"]) -> Float[np.ndarray, "n"]:
    """log(phi(u) + u Phi(u)), stable far below 0 (Ament et al. 2023)."""
    log_phi = -0.5 * u * u - 0.5 * np.log(2 * np.pi)
    with np.errstate(all="ignore"):
        near = np.log(np.exp(log_phi) + u * np.exp(log_ndtr(u)))
        # phi + u Phi cancels: taken as phi (1 + u Phi / phi), and by its series where that does.
        ratio = 1 + u * np.exp(log_ndtr(u) - log_phi)
        far = log_phi + np.log(np.where(u < -100, 1 / (u * u), np.maximum(ratio, 1e-300)))
    return np.asarray(np.where(u > -1, near, far))


def apart(
    points: Float[np.ndarray, "n d"], score: Float[np.ndarray, "n"]
) -> Float[np.ndarray, "s d"]:
    """The best candidates that do not stand on one another."""
    order = np.argsort(-score)
    picked = [int(order[0])]
    for i in order[1:200]:
        gap = min(np.abs(points[i] - points[j]).max() for j in picked)
        if len(picked) < STARTS and gap > APART:
            picked.append(int(i))
    return np.asarray(points[picked])
