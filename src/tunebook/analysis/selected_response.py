"""What a study would select on average, from a fitted response (C9).

From fit and residuals follows, by order statistics over a fixed even set of points, the mean
response of the configuration that n trials with noise would select: a weighted mean of the fitted
response near its best, with a standard error as any linear combination has. No more is assumed
than the form of the fit, which `nuisance_response` tests.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tunebook.analysis.nuisance_response import (
    COPIES,
    POINTS,
    Response,
    columns_of,
    even_points,
    numeric_places,
)

if TYPE_CHECKING:
    from jaxtyping import Bool, Float

WIDEN = 1.25
"""On the standard error, for the choices that the fit makes (docs/claims/isolation.md)."""


@dataclass(frozen=True, slots=True, eq=False)
class Selected:
    """The mean response of what a study selects.

    Attributes:
        level: in the units of the losses; NaN where the form was refused.
        error: its standard error.
        freedom: of a Student law for level / error.
        form: "quadratic" or "cusp"; empty where the form of the fit was refused.
        optimism: how far below its own mean response the selected trial's loss lies.
    """

    level: float = math.nan
    error: float = math.inf
    freedom: float = math.inf
    form: str = ""
    optimism: float = 0.0


def selected(
    response: Response, trials: float, *, at: tuple[int, float] | None = None
) -> Selected:
    """What `trials` trials select on average, by the fit.

    Args:
        response: of one scientific value.
        trials: of the study, infeasible ones included.
        at: (column of the places, place) at which one hyperparameter is held.
    """
    points, chances, normal = even_points(response.axes)
    if at is not None:
        points = points.copy()
        points[:, at[0]] = at[1]
    inside = _inside(response, points)
    if not inside.any():
        return Selected()
    numeric = numeric_places(response.axes)
    columns = columns_of(
        points[inside], numeric, products=response.products, centre=response.centre
    )
    terms = np.linalg.solve(response.r.T, columns.T).T
    fitted = terms @ response.turned
    noise = response.scale * normal[inside] + np.quantile(response.residuals, chances[inside])
    noise /= 2
    weights, seen = _weights(fitted, noise, trials)
    level = float(weights @ fitted)
    # A fitted best is too good, by what the fit's own error adds when it is drawn once more.
    draws = response.scale * _draws(terms.shape[1])
    again = [fitted + sign * (terms @ e) for e in draws for sign in (1, -1)]
    bias = float(np.mean([_weights(f, noise, trials)[0] @ f for f in again])) - level
    # Quasi-random studies do better than independent ones, by less than twice the trials do.
    doubled = float(_weights(fitted, noise, 2 * trials)[0] @ fitted) - level
    own = (response.scale**2) * float(((weights @ terms) ** 2).sum())
    middle, size = response.unit
    return Selected(
        level=middle + size * (level - bias),
        error=size * WIDEN * math.sqrt(own + bias**2 + (doubled / 2) ** 2),
        freedom=response.freedom,
        form=response.form,
        optimism=size * (level - seen),
    )


def _weights(
    fitted: Float[np.ndarray, "points"], noise: Float[np.ndarray, "points copies"], trials: float
) -> tuple[Float[np.ndarray, "points"], float]:
    """Chance that a point is selected, where any is feasible; and the mean of what is seen."""
    seen = (fitted[:, None] + noise).ravel()
    order = np.argsort(seen, kind="stable")
    beyond = ((POINTS * COPIES - np.arange(len(order) + 1)) / (POINTS * COPIES)) ** trials
    chance = beyond[:-1] - beyond[1:]
    chance /= chance.sum()
    weights = np.bincount(order // COPIES, weights=chance, minlength=len(fitted))
    return weights, float(chance @ seen[order])


def _inside(
    response: Response, points: Float[np.ndarray, "points places"]
) -> Bool[np.ndarray, "points"]:
    """Points whose nearest trial is feasible, and that lie where the response was fitted."""
    inside = np.ones(len(points), dtype=bool)
    if not response.feasible.all():
        trials = response.places[:20_000]
        far = (trials**2).sum(axis=1)[None] - 2 * points @ trials.T
        inside = response.feasible[:20_000][far.argmin(axis=1)]
    if response.within is not None:
        ranked, worst = response.within
        columns = columns_of(points, numeric_places(response.axes), products=False, centre=None)
        inside = inside & (columns @ ranked <= worst)
    return np.asarray(inside)


def _draws(terms: int) -> Float[np.ndarray, "draws terms"]:
    return np.random.default_rng(3).normal(size=(4, terms))
