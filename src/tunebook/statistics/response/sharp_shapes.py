"""Sharp shapes at the best of a response, which a smooth fit would round off (C9).

A cusp is a distance from its place, summed over hyperparameters; a valley a narrow normal hole.
Where the best is, is not known: candidates lie about the best of a smooth fit, and some anywhere.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tunebook.statistics.response.even_points import halton

if TYPE_CHECKING:
    from jaxtyping import Bool, Float

WIDTHS = (0.08, 0.11, 0.15, 0.21, 0.3)
"""Of a valley, as shares of a hyperparameter's range."""
AT, NEAR, ABOUT, ANYWHERE = 8, 100, 100, 48
NEARNESS, BREADTH = 0.06, 0.15
"""Candidates at the best of the smooth fit, near it, about it (standard deviations) and anywhere;
the first of them count as so many."""


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """A cusp, where `width` is zero, or a valley; `offset` is taken off."""

    place: Float[np.ndarray, "numeric"]
    numeric: Bool[np.ndarray, "axes"]
    width: float
    offset: float = 0.0

    def of(self, units: Float[np.ndarray, "n axes"]) -> Float[np.ndarray, "n"]:
        """Its height at places; it rises from its place, whatever the sign of its coefficient."""
        away = units[:, self.numeric] - self.place
        if not self.width:
            height = np.abs(away).sum(axis=1) / math.sqrt(away.shape[1])
        else:
            height = -np.exp(-(away**2).sum(axis=1) / (2 * self.width**2))
        return np.asarray(height - self.offset)

    def lowered(self, by: float) -> Shape:
        return replace(self, offset=self.offset + by)


@dataclass(frozen=True, slots=True, eq=False)
class Shapes:
    """Candidates: a cusp and a valley of each width at each place.

    Attributes:
        places: of the candidates.
        numeric: hyperparameters that are numbers.
        log_prior: of each shape, cusps first.
        log_prior_of_none: that there is none.
    """

    places: Float[np.ndarray, "places numeric"]
    numeric: Bool[np.ndarray, "axes"]
    log_prior: Float[np.ndarray, "shapes"]
    log_prior_of_none: float

    def __len__(self) -> int:
        return len(self.log_prior)

    def __getitem__(self, k: int) -> Shape:
        which, place = divmod(k, len(self.places))
        return Shape(self.places[place], self.numeric, (0.0, *WIDTHS)[which])

    def of(self, units: Float[np.ndarray, "n axes"]) -> Float[np.ndarray, "n shapes"]:
        """All of them at places."""
        if not len(self):
            return np.zeros((len(units), 0))
        away = np.abs(units[:, None, self.numeric] - self.places[None])
        square = (away**2).sum(axis=2)
        cusps = away.sum(axis=2) / math.sqrt(away.shape[2])
        return np.concatenate(
            [cusps, *(-np.exp(-square / (2 * width**2)) for width in WIDTHS)], axis=1
        )


def shapes_near(
    best: Float[np.ndarray, "axes"],
    numeric: Bool[np.ndarray, "axes"],
    *,
    cusp: float,
    valley: float,
) -> Shapes:
    """Candidates for a response whose smooth fit is best at `best`, with their priors."""
    d = int(numeric.sum())
    if not d:
        return Shapes(np.zeros((0, 0)), numeric, np.zeros(0), 0.0)
    rng = np.random.default_rng(8)
    normal = rng.normal(size=(NEAR + ABOUT, d))
    normal *= np.repeat([NEARNESS, BREADTH], [NEAR, ABOUT])[:, None]
    anywhere = halton(d, ANYWHERE)
    places = np.concatenate([best[None, numeric], np.clip(best[numeric] + normal, 0, 1), anywhere])
    counts = np.ones(len(places))
    counts[0] = AT
    share = np.log(counts / counts.sum())
    prior = [math.log(cusp) + share, *(math.log(valley / len(WIDTHS)) + share for _ in WIDTHS)]
    return Shapes(places, numeric, np.concatenate(prior), math.log(1 - cusp - valley))
