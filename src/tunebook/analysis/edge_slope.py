"""Does the loss fall towards an edge of the search space, and where it matters? (C1)

`slope_at_edge`: least squares on the normal scores of the losses of complete trials (ranks, so
that a cliff of bad trials has no more weight than its share), quadratic in the distance to the
edge and, where the trials suffice, in every other hyperparameter, with their interaction; the
one-sided t-test is of the derivative at the edge, where the others suit it best.

`slope_among_best` sees where that model fails: it looks at the best trials alone, which on a
plateau show no slope.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from tunebook.analysis.estimators import normal_scores

if TYPE_CHECKING:
    from jaxtyping import Float as F

LOCAL, FEWEST_LOCAL = 0.7, 40
"""Share of the axis that is fitted where it holds this many trials."""
BEST, FEWEST_BEST = 3, 16
"""The best third of the trials, this many at least."""


def slope_at_edge(
    distance: F[np.ndarray, "trials"],
    others: F[np.ndarray, "trials rest"],
    losses: F[np.ndarray, "trials"],
) -> float:
    """One-sided p-value of "the loss falls towards the edge", at the best place on the edge.

    Ordinary least squares with sandwich errors (HC3): the noise is rarely the same in good and bad
    regions. Where the trials suffice, the slope may differ along the edge, and counts where the
    others suit the edge best: of two hyperparameters that stand for each other, such as learning
    rate and momentum, more of one helps wherever the other is too small, which is no reason to
    widen it.
    """
    near = distance <= LOCAL
    if int(near.sum()) >= FEWEST_LOCAL:
        # With enough trials the nearer half alone is fitted: a bowl's ranks are no parabola.
        distance, others, losses = distance[near], others[near], losses[near]
    scores = normal_scores(losses)
    x, linear, square, slope = _columns(distance, others - 0.5)
    if np.linalg.matrix_rank(x) < x.shape[1]:
        return 1.0
    inverse = np.linalg.inv(x.T @ x)
    beta = inverse @ x.T @ scores
    leverage = np.clip(np.einsum("ij,jk,ik->i", x, inverse, x), 0, 0.99)
    weight = ((scores - x @ beta) / (1 - leverage)) ** 2
    # At distance 0 the derivative is this; positive means better at the edge.
    at_edge = np.zeros(x.shape[1])
    at_edge[1] = 1.0
    at_edge[slope] = _best_place(beta[linear], beta[square])[: len(beta[slope])]
    error = math.sqrt(max(at_edge @ (inverse @ (x.T * weight) @ x @ inverse) @ at_edge, 0.0))
    if error == 0.0:
        return 1.0
    return float(stats.t.sf(at_edge @ beta / error, len(scores) - x.shape[1]))


def _columns(
    distance: F[np.ndarray, "trials"], others: F[np.ndarray, "trials rest"]
) -> tuple[F[np.ndarray, "trials columns"], slice, slice, slice]:
    """The design: 1, distance and its square; then, as far as the trials suffice, the others.

    They enter linearly where four degrees of freedom are left, with squares where eight are, and
    times the distance where four are left still. Returns where each of the three stands.
    """
    n, rest = others.shape
    parts = [np.column_stack([np.ones(n), distance, distance**2])]
    places, used = [], 3
    for columns, left in ((others, 4), (others**2, 8), (distance[:, None] * others, 4)):
        taken = n - used - rest >= left
        if taken:
            parts.append(columns)
        places.append(slice(used, used + rest * taken))
        used += rest * taken
    linear, square, slope = places
    return np.hstack(parts), linear, square, slope


def _best_place(
    linear: F[np.ndarray, "rest"], square: F[np.ndarray, "rest or none"]
) -> F[np.ndarray, "rest"]:
    """Where on the edge the fitted loss is least: others in their range, -0.5 to 0.5."""
    bowl = square if len(square) else np.zeros(len(linear))
    downhill = np.where(linear > 0, -0.5, 0.5)
    inside = np.clip(-linear / (2 * np.where(bowl > 0, bowl, 1.0)), -0.5, 0.5)
    return np.asarray(np.where(bowl > 0, inside, downhill))


def slope_among_best(distance: F[np.ndarray, "trials"], losses: F[np.ndarray, "trials"]) -> float:
    """One-sided p-value of "the loss falls towards the edge" within the best third of trials."""
    k = max(FEWEST_BEST, -(-len(losses) // BEST))
    best = np.argsort(losses, kind="stable")[:k]
    near = distance[best]
    if np.ptp(near) == 0:
        return 1.0
    fit = stats.linregress(near, normal_scores(losses[best]))
    # A perfect fit has no error; its slope alone then says which way.
    return float(stats.t.sf(fit.slope / max(fit.stderr, 1e-12), len(best) - 2))
