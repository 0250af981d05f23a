"""The response over nuisance hyperparameters, fitted in a form that is tested first (C9).

On their scales in [0, 1], by least squares: a quadratic of each, products where they help, and
where it is sharp the distance to its best (a cusp). A fit says nothing where its form is wrong;
there it is refused: the form must need neither cubes and fourth powers, nor a cusp or a narrow
valley at its best, and the best trials must lie where the fit would have them. The p-values at
which it is refused were chosen by bench/claims/isolation.py: at them a true quadratic is kept in
nine tables of ten, while cusps are kept too often (docs/claims/isolation.md).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats
from scipy.stats import qmc

from tunebook.words.space import Axis, Choice

if TYPE_CHECKING:
    from jaxtyping import Bool, Float

POINTS, COPIES = 512, 4
"""Points that stand for the space, and draws of noise at each."""
HIGHEST_POWERS = 0.05
SHAPE_AT_BEST = 0.1
SHARP = 0.01
"""p-values below which cubes and fourth powers, a shape at the best, and a cusp are needed."""
TAIL = 2.5
"""Standard deviations by which the best trials may miss what the fit would have them be."""
MOST_FITTED = 400
VALLEYS = (0.12, 0.2, 0.35)
MOST_LEVELS = 5
"""Values of a choice that get a level of their own; a choice with more of them is not fitted."""


@dataclass(frozen=True, slots=True, eq=False)
class Response:
    """A fitted response: its columns are those of `columns(places)`, orthonormal in `q`."""

    axes: tuple[Axis, ...]
    products: bool
    centre: Float[np.ndarray, "places"] | None
    q: Float[np.ndarray, "trials terms"]
    r: Float[np.ndarray, "terms terms"]
    turned: Float[np.ndarray, "terms"]
    scale: float
    residuals: Float[np.ndarray, "trials"]
    within: tuple[Float[np.ndarray, "terms"], float] | None
    places: Float[np.ndarray, "all places"]
    feasible: Bool[np.ndarray, "all"]
    unit: tuple[float, float]

    @property
    def form(self) -> str:
        return "quadratic" if self.centre is None else "cusp"

    @property
    def freedom(self) -> float:
        return float(self.q.shape[0] - self.q.shape[1])


def coded(
    axes: tuple[Axis, ...], columns: list[list[object]]
) -> Float[np.ndarray, "trials places"] | None:
    """Configurations as places on the scales, a choice as an indicator of each value but one."""
    parts = []
    for axis, column in zip(axes, columns, strict=True):
        if any(v is None for v in column):
            return None
        if isinstance(axis, Choice):
            if len(axis.values) > MOST_LEVELS:
                return None
            parts += [np.array([v == level for v in column], float) for level in axis.values[1:]]
        else:
            parts.append(np.array([axis.to_unit(v) for v in column], float))  # type: ignore[arg-type]
    return np.stack(parts, axis=1) if parts else None


def fit_response(
    axes: tuple[Axis, ...],
    places: Float[np.ndarray, "trials places"],
    worst: Float[np.ndarray, "trials"],
) -> Response | None:
    """The response, or None where there are too few trials or its form is refused.

    Args:
        axes: one a hyperparameter.
        places: as `coded` makes them.
        worst: losses, infinite where infeasible.
    """
    feasible = np.isfinite(worst)
    x, y = places[feasible], worst[feasible]
    numeric = numeric_places(axes)
    first = columns_of(x, numeric, products=False, centre=None)
    if len(y) < 2 * first.shape[1]:
        return None
    # An explosion is one bad trial and no more.
    low, middle, high = np.quantile(y, (0.25, 0.5, 0.75))
    size = float(high - low)
    if not 0 < size < 1e300:
        return None
    y = (np.minimum(y, high + 3 * size) - middle) / size
    within = None
    if len(y) > MOST_FITTED:
        ranked = np.linalg.lstsq(first, stats.rankdata(y), rcond=None)[0]
        order = np.argsort(first @ ranked, kind="stable")[:MOST_FITTED]
        x, y = x[order], y[order]
        within = (ranked, float((first @ ranked)[order[-1]]))
    chosen = _choose(x, y, numeric, axes)
    if chosen is None:
        return None
    q, r, products, centre = chosen
    turned = q.T @ y
    residuals = y - q @ turned
    scale = math.sqrt(max(float(residuals @ residuals) / max(1, q.shape[0] - q.shape[1]), 1e-24))
    lever = np.minimum((q**2).sum(axis=1), 0.999)
    if abs(_tail(y - residuals, scale * np.sqrt(1 - lever), y)) >= TAIL:
        return None
    spread = np.sort(residuals / np.sqrt(1 - lever))
    spread -= spread.mean()
    spread *= scale / max(float(spread.std()), 1e-300)
    return Response(
        axes=axes, products=products, centre=centre, q=q, r=r, turned=turned, scale=scale,
        residuals=spread, within=within, places=places, feasible=feasible,
        unit=(float(middle), size),
    )  # fmt: skip


def numeric_places(axes: tuple[Axis, ...]) -> Bool[np.ndarray, "places"]:
    return np.array(
        [
            numeric
            for axis in axes
            for numeric in (
                [False] * (len(axis.values) - 1) if isinstance(axis, Choice) else [True]
            )
        ],
        dtype=bool,
    )


def columns_of(
    places: Float[np.ndarray, "n places"],
    numeric: Bool[np.ndarray, "places"],
    *,
    products: bool,
    centre: Float[np.ndarray, "places"] | None,
) -> Float[np.ndarray, "n terms"]:
    u = 2 * places[:, numeric] - 1
    parts = [np.ones((len(u), 1)), u, 1.5 * u * u - 0.5, places[:, ~numeric]]
    if products:
        i, j = np.triu_indices(u.shape[1], 1)
        parts.append(u[:, i] * u[:, j])
    if centre is not None:
        parts.append(np.abs(places[:, numeric] - centre).sum(axis=1)[:, None])
    return np.concatenate(parts, axis=1)


def _choose(
    x: Float[np.ndarray, "n places"],
    y: Float[np.ndarray, "n"],
    numeric: Bool[np.ndarray, "places"],
    axes: tuple[Axis, ...],
) -> (
    tuple[
        Float[np.ndarray, "n terms"],
        Float[np.ndarray, "terms terms"],
        bool,
        Float[np.ndarray, "places"] | None,
    ]
    | None
):
    """Columns that the response needs, or None where none of those that are known will do."""
    products, d = False, int(numeric.sum())
    found = _orthonormal(columns_of(x, numeric, products=False, centre=None))
    if found is None:
        return None
    q, r = found
    full = q.shape[1] + d * (d - 1) // 2
    u = 2 * x[:, numeric] - 1
    if d > 1 and len(y) >= 1.5 * full + 4:
        i, j = np.triu_indices(d, 1)
        if _needed(q, y, u[:, i] * u[:, j]) < 0.1:
            found = _orthonormal(columns_of(x, numeric, products=True, centre=None))
            if found is not None:
                products, (q, r) = True, found
    centre = None
    if d and len(y) - q.shape[1] >= 8:
        at = _fitted_best(q, r, y, numeric, axes, products=products)
        away = x[:, numeric] - at
        sharp = np.abs(away).sum(axis=1)[:, None]
        square = (away**2).sum(axis=1)[:, None]
        shapes = [sharp, *(np.exp(-square / (2 * w * w)) for w in VALLEYS)]
        ps = [_needed(q, y, shape) for shape in shapes]
        p = 3 * min(ps)
        if p < SHARP and ps[0] == min(ps):
            centre = at
            found = _orthonormal(columns_of(x, numeric, products=products, centre=centre))
            if found is None:
                return None
            q, r = found
        elif p < SHAPE_AT_BEST:
            return None
    higher = np.concatenate([2.5 * u**3 - 1.5 * u, (35 * u**4 - 30 * u * u + 3) / 8], axis=1)
    return None if _needed(q, y, higher) <= HIGHEST_POWERS else (q, r, products, centre)


def _orthonormal(
    columns: Float[np.ndarray, "n terms"],
) -> tuple[Float[np.ndarray, "n terms"], Float[np.ndarray, "terms terms"]] | None:
    q, r = np.linalg.qr(columns)
    alike = np.abs(np.diag(r)).min() < 1e-8 * math.sqrt(len(columns))
    return None if alike else (q, r)


def _needed(
    q: Float[np.ndarray, "n terms"], y: Float[np.ndarray, "n"], more: Float[np.ndarray, "n k"]
) -> float:
    """p-value of the F test that more columns add nothing; 1 with fewer than 4 degrees left."""
    rest = y - q @ (q.T @ y)
    added, sizes, _ = np.linalg.svd(more - q @ (q.T @ more), full_matrices=False)
    added = added[:, sizes > 1e-8 * math.sqrt(len(y))]
    k = added.shape[1]
    left = q.shape[0] - q.shape[1] - k
    total = float(rest @ rest)
    if k == 0 or left < 4 or total <= 1e-20 * len(y):
        return 1.0
    gained = float(((added.T @ rest) ** 2).sum())
    return float(stats.f.sf(gained / k / max((total - gained) / left, 1e-300), k, left))


def _fitted_best(
    q: Float[np.ndarray, "n terms"],
    r: Float[np.ndarray, "terms terms"],
    y: Float[np.ndarray, "n"],
    numeric: Bool[np.ndarray, "places"],
    axes: tuple[Axis, ...],
    *,
    products: bool,
) -> Float[np.ndarray, "places"]:
    points = even_points(axes)[0]
    fitted = columns_of(points, numeric, products=products, centre=None) @ np.linalg.solve(
        r, q.T @ y
    )
    best = points[np.argsort(fitted, kind="stable")[:10]]
    return np.asarray(best[:, numeric].mean(axis=0))


def _tail(
    fitted: Float[np.ndarray, "n"], noise: Float[np.ndarray, "n"], y: Float[np.ndarray, "n"]
) -> float:
    """How far the mean of the best trials is from what the fit gives, in standard deviations."""
    k = max(1, min(5, len(y) // 12))
    drawn = fitted + noise * np.random.default_rng(6).normal(size=(100, len(y)))
    means = np.partition(drawn, k - 1, axis=1)[:, :k].mean(axis=1)
    return float((np.partition(y, k - 1)[:k].mean() - means.mean()) / max(means.std(), 1e-300))


def even_points(
    axes: tuple[Axis, ...],
) -> tuple[
    Float[np.ndarray, "points places"],
    Float[np.ndarray, "points copies"],
    Float[np.ndarray, "points copies"],
]:
    return _even(tuple(len(a.values) if isinstance(a, Choice) else 0 for a in axes))


@lru_cache(maxsize=64)
def _even(
    levels: tuple[int, ...],
) -> tuple[
    Float[np.ndarray, "points places"],
    Float[np.ndarray, "points copies"],
    Float[np.ndarray, "points copies"],
]:
    """Points that fill the space evenly, with chances of noise at each, and normal deviates."""
    rng = np.random.default_rng(7)
    # Shifted, not scrambled, so that every SciPy gives the same points.
    cube = (qmc.Halton(len(levels), scramble=False).random(POINTS) + rng.random(len(levels))) % 1
    parts = []
    for column, count in zip(cube.T, levels, strict=True):
        if count:
            level = np.minimum((column * count).astype(int), count - 1)
            parts += [(level == k).astype(float) for k in range(1, count)]
        else:
            parts.append(column)
    chances = (rng.permutation(POINTS * COPIES) + 0.5) / (POINTS * COPIES)
    chances = chances.reshape(POINTS, COPIES)
    return np.stack(parts, axis=1), chances, np.asarray(stats.norm.ppf(chances))
