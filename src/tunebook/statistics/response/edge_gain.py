"""What the best place on an edge gains over the best place well inside (C1).

For each numeric hyperparameter and side: on the fitted response, the place on the edge where the
others suit it best, against the best place that lies INSIDE of the range away from that edge. The
p-value is the chance, given the trials, that the edge is no better. Of two models that are fitted
each counts as its evidence says: a parabola with products of two, and a curve of any smoothness,
which sees cusps, plateaus and cliffs that a parabola's slope at the edge would take for a fall.
Losses are taken as they are (the far worst cut off) or as ranks, whichever predicts left-out
trials best.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from tunebook.domain.space import Axis, Choice, Integer
from tunebook.statistics.estimators import normal_scores
from tunebook.statistics.response.regression import Columns, EdgeModel, columns_for, fit

if TYPE_CHECKING:
    from jaxtyping import Float as F

INSIDE = 0.15
"""Share of the range: a best that is nearer to an edge is neither inside nor cut off."""
PRIOR_OF_PARABOLA = 0.98
"""Near its best, a response is a parabola more often than not (Lourie, He and Cho 2025)."""
CAUTION = 1.0
"""Standard errors."""
SMOOTHER = 0.005
"""What another scale of the losses must explain beyond the first, of their variance."""
STARTS, SWEEPS, FINE_SWEEPS, GRID = 3, 3, 1, 11
MOST_PRODUCTS, MOST_RICH = 10, 150
"""Sum of degrees in a product, and columns: more is slow, and a quarter of the trials carries."""
MOST_AXES = 16
"""Hyperparameters that are fitted: of more, those that explain most each by itself; the others'
edges are not judged. Time grows with the cube of their number."""
MOST_VALUES = 6
"""Values of a choice that are told apart; the others count as one."""


@dataclass(frozen=True, slots=True, eq=False)
class EdgeGains:
    """Shape: hyperparameters by side, low and high; 1 for a choice, which has no sides.

    Attributes:
        p_value: chance that the edge is no better than the inside, as the trials have it.
        explained: share of the variance of left-out trials that the fit foretells.
        judged: indices of the hyperparameters that were fitted, MOST_AXES at most.
    """

    p_value: F[np.ndarray, "axes 2"]
    explained: float
    judged: tuple[int, ...]


def edge_gains(
    units: F[np.ndarray, "trials axes"],
    axes: Sequence[Axis],
    losses: F[np.ndarray, "trials"],
) -> EdgeGains:
    """Judge every side of every numeric hyperparameter of one study's complete trials."""
    p_value = np.ones((len(axes), 2))
    if len(axes) > MOST_AXES:
        kept = _that_matter_most(units, losses)
        found = edge_gains(units[:, kept], [axes[j] for j in kept], losses)
        p_value[kept] = found.p_value
        return EdgeGains(p_value, found.explained, tuple(kept))
    units, levels = merged_choices(units, axes)
    nothing = all(isinstance(a, Choice) for a in axes) or not np.ptp(losses) > 0
    if nothing or not np.ptp(units, axis=0).any():
        return EdgeGains(p_value, 0.0, tuple(range(len(axes))))
    response = _response(units, levels, losses)
    edges = [
        (0.5, 0.5) if isinstance(a, Choice) else (a.to_unit(a.low), a.to_unit(a.high))
        for a in axes
    ]
    grids = [_grid(a, count, ends) for a, count, ends in zip(axes, levels, edges, strict=True)]
    sides = [(j, s) for j, axis in enumerate(axes) if not isinstance(axis, Choice) for s in (0, 1)]
    inner = [
        np.linspace(edges[j][0] + INSIDE, edges[j][1], GRID)
        if s == 0
        else np.linspace(edges[j][0], edges[j][1] - INSIDE, GRID)
        for j, s in sides
    ]
    starts = units[np.argsort(response.mean(units), kind="stable")[:STARTS]]
    at_edge = [np.array([edges[j][s]]) for j, s in sides]
    on_edge = _best(response, np.repeat(starts[None], len(sides), 0), grids, sides, at_edge)
    from_edge = np.concatenate([np.repeat(starts[None], len(sides), 0), on_edge[:, None]], axis=1)
    inside = _best(response, from_edge, grids, sides, inner)
    for (j, s), a, b in zip(sides, on_edge, inside, strict=True):
        p_value[j, s] = response.no_better(a, b)
    return EdgeGains(p_value, response.explained, tuple(range(len(axes))))


def _that_matter_most(
    units: F[np.ndarray, "trials axes"], losses: F[np.ndarray, "trials"]
) -> list[int]:
    """The hyperparameters whose parabola explains most of the losses' ranks, in order."""
    ranks = normal_scores(losses)
    explained = []
    for u in units.T:
        columns = np.stack([np.ones_like(u), u, u * u], axis=1)
        fitted = columns @ np.linalg.lstsq(columns, ranks, rcond=None)[0]
        explained.append(float(np.var(fitted)))
    return sorted(np.argsort(-np.array(explained), kind="stable")[:MOST_AXES].tolist())


@dataclass(frozen=True, slots=True, eq=False)
class _Response:
    """Two fitted models and what each counts."""

    models: tuple[EdgeModel, EdgeModel]
    weights: tuple[float, float]
    explained: float

    def mean(self, units: F[np.ndarray, "points axes"]) -> F[np.ndarray, "points"]:
        parts = [
            w * (m.columns.of(units) @ m.beta)
            for w, m in zip(self.weights, self.models, strict=True)
            if w > 1e-6
        ]
        return np.asarray(np.sum(parts, axis=0))

    def cautious(self, units: F[np.ndarray, "points axes"]) -> F[np.ndarray, "points"]:
        """The mean loss and its standard error: low only where trials say so."""
        mean, variance = np.zeros(len(units)), np.zeros(len(units))
        for weight, model in zip(self.weights, self.models, strict=True):
            if weight > 0.01:
                columns = model.columns.of(units)
                mean += weight * (columns @ model.beta)
                spread = ((columns @ model.covariance) * columns).sum(axis=1)
                variance += weight * model.noise * spread
        return mean + CAUTION * np.sqrt(np.maximum(variance, 0.0))

    def no_better(self, edge: F[np.ndarray, "axes"], inside: F[np.ndarray, "axes"]) -> float:
        """Chance that the loss at `edge` is no lower than at `inside`."""
        chance = 0.0
        for weight, model in zip(self.weights, self.models, strict=True):
            there = model.columns.of(np.stack([inside, edge]))
            apart = there[0] - there[1]
            error = math.sqrt(max(model.noise * float(apart @ model.covariance @ apart), 1e-300))
            t = float(apart @ model.beta) / error
            chance += weight * float(stats.t.sf(t, model.freedom))
        return chance


def _response(
    units: F[np.ndarray, "trials axes"], levels: Sequence[int], losses: F[np.ndarray, "trials"]
) -> _Response:
    distinct = [len(np.unique(u)) for u in units.T]
    parabola = columns_for(levels, degree=[min(2, max(1, k - 1)) for k in distinct], products=2)
    curve = rich_columns(levels, [min(8, max(1, k - 1)) for k in distinct], len(losses))
    matrices = [(c, c.of(units)) for c in (parabola, curve)]
    best = None
    for scores in _scales(losses):
        found = _two(matrices, (scores - scores.mean()) / scores.std())
        if best is None or found.explained > best.explained + SMOOTHER:
            best = found
    assert best is not None
    return best


def rich_columns(levels: Sequence[int], degree: Sequence[int], trials: int) -> Columns:
    """A curve with products as rich as the trials carry: a kink across two axes takes many."""
    found = columns_for(levels, degree=degree, products=3)
    for products in range(4, MOST_PRODUCTS + 1):
        richer = columns_for(levels, degree=degree, products=products)
        if len(richer.constant) > min(trials / 4, MOST_RICH):
            break
        found = richer
    return found


def _two(
    matrices: Sequence[tuple[Columns, F[np.ndarray, "trials columns"]]],
    scores: F[np.ndarray, "trials"],
) -> _Response:
    parabola, curve = (fit(columns, x, scores) for columns, x in matrices)
    prior = math.log(PRIOR_OF_PARABOLA / (1 - PRIOR_OF_PARABOLA))
    odds = min(max(curve.evidence - parabola.evidence - prior, -50.0), 50.0)
    weight = 1 / (1 + math.exp(odds))
    left_out = weight * parabola.left_out + (1 - weight) * curve.left_out
    return _Response(
        (parabola, curve), (weight, 1 - weight), 1 - float((left_out**2).mean() / scores.var())
    )


def _scales(losses: F[np.ndarray, "trials"]) -> list[F[np.ndarray, "trials"]]:
    """The losses as they are with the far worst cut off, and as normal scores.

    Not in logs: they make a cusp of a parabola whose lowest losses are cut off sharply.
    """
    losses = losses / np.abs(losses).max()  # 1e300 squared is no number
    best, middle = float(losses.min()), float(np.median(losses))
    spread = middle - best
    if not spread > 0:
        return [normal_scores(losses)]
    return [np.minimum(losses, best + 4 * spread), normal_scores(losses)]


def merged_choices(
    units: F[np.ndarray, "trials axes"], axes: Sequence[Axis]
) -> tuple[F[np.ndarray, "trials axes"], list[int]]:
    """Units with a choice's rare values together, and the number of values left; 0: a number."""
    units, levels = np.clip(units, 0.0, 1.0), []
    for j, axis in enumerate(axes):
        if not isinstance(axis, Choice):
            levels.append(0)
            continue
        seen, place, counts = np.unique(units[:, j], return_inverse=True, return_counts=True)
        rank = np.empty(len(seen), dtype=np.int64)
        rank[np.argsort(-counts, kind="stable")] = np.arange(len(seen))
        count = min(len(seen), MOST_VALUES)
        units[:, j] = (np.minimum(rank[place], count - 1) + 0.5) / count
        levels.append(count)
    return units, levels


def _grid(axis: Axis, count: int, ends: tuple[float, float]) -> F[np.ndarray, "grid"]:
    if count:
        return (np.arange(count) + 0.5) / count
    few = GRID
    if isinstance(axis, Integer):
        few = min(few, axis.high - axis.low + 1)
    return np.linspace(*ends, few)


def _best(
    response: _Response,
    starts: F[np.ndarray, "sides starts axes"],
    grids: Sequence[F[np.ndarray, "grid"]],
    sides: Sequence[tuple[int, int]],
    own: Sequence[F[np.ndarray, "grid"]],
) -> F[np.ndarray, "sides axes"]:
    """For each side, the best place with its own hyperparameter on `own`: by coordinates."""
    places = starts.copy()
    for k, (axis, _) in enumerate(sides):
        places[k, :, axis] = np.clip(places[k, :, axis], own[k][0], own[k][-1])
    for sweep in range(SWEEPS + FINE_SWEEPS):
        for axis in range(places.shape[2]):
            wide = [own[k] if j == axis else grids[axis] for k, (j, _) in enumerate(sides)]
            length = max(len(g) for g in wide)
            at = np.stack([np.resize(g, length) for g in wide])[:, None, :]
            at = np.broadcast_to(at, (*places.shape[:2], length))
            if sweep >= SWEEPS and len(grids[axis]) == GRID:
                near = places[:, :, axis, None] + 0.02 * (np.arange(length) - length // 2)
                low, high = at.min(axis=2, keepdims=True), at.max(axis=2, keepdims=True)
                at = np.clip(near, low, high)
            tried = np.repeat(places[:, :, None, :], length, axis=2)
            tried[..., axis] = at
            losses = response.cautious(tried.reshape(-1, places.shape[2])).reshape(at.shape)
            chosen = losses.argmin(axis=2)[..., None]
            places[:, :, axis] = np.take_along_axis(at, chosen, axis=2)[..., 0]
    flat = response.cautious(places.reshape(-1, places.shape[2])).reshape(places.shape[:2])
    return np.asarray(places[np.arange(len(places)), flat.argmin(axis=1)])
