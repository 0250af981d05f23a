"""What the best place on an edge gains over the best place well inside (C1).

For each numeric hyperparameter and side: on the fitted response, the place on the edge where the
others suit it best, against the best place that is INSIDE of the range away from that edge. The
p-value is the chance, given the trials, that the edge is no better. Of two models that are fitted
each counts as its evidence says: a parabola with products of two, and a curve of any smoothness,
which sees cusps, plateaus and cliffs that a parabola's slope at the edge would take for a fall.
Losses are taken as they are (the far worst cut off) or as ranks, whichever predicts left-out
trials best.

Trials without a loss, and those that exploded, are no part of the response: it would have to fall
off a cliff. A parabola of the same kind says where trials are more likely to work than not, and
only such places are compared.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tunebook.domain.space import Axis, Choice, Integer
from tunebook.statistics.distributions import t_tail
from tunebook.statistics.estimators import normal_scores
from tunebook.statistics.response.along_axis import along_axis
from tunebook.statistics.response.columns import (
    MOST_AXES,
    Columns,
    merged_choices,
    parabola_and_curve,
)
from tunebook.statistics.response.regression import EdgeModel, fit

if TYPE_CHECKING:
    from jaxtyping import Bool
    from jaxtyping import Float as F

INSIDE = 0.15
"""Share of the range: a best that is nearer to an edge is neither inside nor cut off."""
OUTSIDE = 0.25
"""Share of the range by which a best is outside in the smallest effect that matters."""
LEAST_GAIN = 0.1
"""Standard deviations of the losses: a smaller gain of an edge is none to widen for."""
PRIOR_OF_PARABOLA = 0.98
"""Near its best, a response is a parabola more often than not (Lourie, He and Cho 2025)."""
CAUTION = 1.0
"""Standard errors."""
SMOOTHER = 0.005
"""What another scale of the losses must explain beyond the first, of their variance."""
REACH = 4.0
"""Losses further from the best than so many times the median is are cut off or exploded."""
EXPLODED = 0.2
"""Share of the trials: fewer far worst ones are outliers of the response and not a cliff."""
STARTS, SWEEPS, FINE_SWEEPS, GRID = 3, 3, 1, 11


@dataclass(frozen=True, slots=True, eq=False)
class EdgeGains:
    """What the trials say of each side, low and high, of each hyperparameter.

    Attributes:
        chances: three of each side: the p-value; the chance that the edge is better by what a
            best that is OUTSIDE would make it; the p-value of an edge that seems better by just
            that. 1 for a choice, which has no sides; 1, 0 and 0 where trials at the edge are more
            likely to fail than not.
        explained: share of the variance of left-out trials that the fit predicts.
        judged: indices of the hyperparameters that were fitted, MOST_AXES at most.
        trials: number of trials that the response was fitted to.
    """

    chances: F[np.ndarray, "3 axes 2"]
    explained: float
    judged: tuple[int, ...]
    trials: int

    @property
    def p_value(self) -> F[np.ndarray, "axes 2"]:
        """Chance that the edge is no better than the inside, as the trials have it."""
        return np.asarray(self.chances[0])


def edge_gains(
    units: F[np.ndarray, "trials axes"],
    axes: Sequence[Axis],
    losses: F[np.ndarray, "trials"],
) -> EdgeGains:
    """Judge every side of every numeric hyperparameter of one study.

    Args:
        units: places on the hyperparameters' scales in [0, 1].
        axes: one a hyperparameter.
        losses: lower is better; infinite where a trial failed.
    """
    chances = np.ones((3, len(axes), 2))
    if len(axes) > MOST_AXES:
        ended = np.isfinite(losses)
        kept = _that_matter_most(units[ended], losses[ended])
        found = edge_gains(units[:, kept], [axes[j] for j in kept], losses)
        chances[:, kept] = found.chances
        return EdgeGains(chances, found.explained, tuple(kept), found.trials)
    working, judged = _working(losses), tuple(range(len(axes)))
    units, levels = merged_choices(units, axes)
    x, y, trials = units[working], losses[working], int(working.sum())
    nothing = trials < 2 or not np.ptp(y) > 0 or not np.ptp(x, axis=0).any()
    if nothing or all(levels):
        return EdgeGains(chances, 0.0, judged, trials)
    response = _response(units, levels, losses, working)
    sides = [(j, s) for j, count in enumerate(levels) if not count for s in (0, 1)]
    on_edge, inside = _places(response, axes, levels, x, sides)
    works, enough = response.works(on_edge), _enough_gain(response.models[0], levels)
    for (j, s), edge, inner, possible in zip(sides, on_edge, inside, works, strict=True):
        chances[:, j, s] = response.gain(edge, inner, enough[j]) if possible else (1.0, 0.0, 0.0)
    return EdgeGains(chances, response.explained, judged, trials)


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


def _working(losses: F[np.ndarray, "trials"]) -> Bool[np.ndarray, "trials"]:
    """Trials that ended with a loss and did not explode.

    Where the far worst are many, the median is one of them, so that what is far is asked again.
    """
    working = np.isfinite(losses)
    while working.any():
        kept = losses <= _far(losses[working])
        if kept.sum() >= (1 - EXPLODED) * working.sum():
            break
        working = kept
    return np.asarray(working)


def _far(losses: F[np.ndarray, "trials"]) -> float:
    """The loss beyond which a trial is far worse than others; infinite where most are alike."""
    best = float(losses.min())
    spread = float(np.median(losses)) - best
    return best + REACH * spread if spread > 0 else math.inf


@dataclass(frozen=True, slots=True, eq=False)
class _Response:
    """Two fitted models, what each counts, and a third of whether trials work (1) or fail (0)."""

    models: tuple[EdgeModel, EdgeModel]
    weights: tuple[float, float]
    explained: float
    feasibility: EdgeModel | None = None

    def mean(self, units: F[np.ndarray, "points axes"]) -> F[np.ndarray, "points"]:
        parts = zip(self.weights, self.models, strict=True)
        return np.asarray(sum(w * (m.columns.of(units) @ m.beta) for w, m in parts if w > 1e-6))

    def works(self, units: F[np.ndarray, "points axes"]) -> Bool[np.ndarray, "points"]:
        """Whether trials at a place are more likely to work than not."""
        if self.feasibility is None:
            return np.ones(len(units), dtype=bool)
        return np.asarray(self.feasibility.mean(units) >= 0.5)

    def cautious(self, units: F[np.ndarray, "points axes"]) -> F[np.ndarray, "points"]:
        """The mean loss and its standard error: low only where trials say so, and work."""
        mean, variance = np.zeros(len(units)), np.zeros(len(units))
        for weight, model in zip(self.weights, self.models, strict=True):
            if weight > 0.01:
                columns = model.columns.of(units)
                mean += weight * (columns @ model.beta)
                spread = ((columns @ model.covariance) * columns).sum(axis=1)
                variance += weight * model.noise * spread
        found = mean + CAUTION * np.sqrt(np.maximum(variance, 0.0))
        if self.feasibility is None:
            return found
        return _worse_where_failing(found, self.feasibility.mean(units))

    def along(
        self,
        places: F[np.ndarray, "places axes"],
        axis: int,
        values: F[np.ndarray, "places values"],
    ) -> F[np.ndarray, "places values"]:
        """`cautious` at each place with each of its values of one hyperparameter."""
        mean, variance = np.zeros(values.shape), np.zeros(values.shape)
        for weight, model in zip(self.weights, self.models, strict=True):
            if weight > 0.01:
                told, spread = along_axis(model, places, axis, values)
                mean += weight * told
                variance += weight * model.noise * spread
        found = mean + CAUTION * np.sqrt(np.maximum(variance, 0.0))
        if self.feasibility is None:
            return found
        chance = self.feasibility.middle + along_axis(self.feasibility, places, axis, values)[0]
        return _worse_where_failing(found, chance)

    def gain(
        self, edge: F[np.ndarray, "axes"], inside: F[np.ndarray, "axes"], enough: float
    ) -> F[np.ndarray, "3"]:
        """Chance that `edge` is no better than `inside`, that it is better by `enough`, and the
        first again if it seemed better by `enough`."""
        chances = np.zeros(3)
        for weight, model in zip(self.weights, self.models, strict=True):
            there = model.columns.of(np.stack([inside, edge]))
            apart = there[0] - there[1]
            error = math.sqrt(max(model.noise * float(apart @ model.covariance @ apart), 1e-300))
            gain = float(apart @ model.beta)
            t = np.array([gain, enough - gain, enough]) / error
            chances += weight * t_tail(t, model.freedom)
        return chances


def _worse_where_failing(
    losses: F[np.ndarray, "*places"], chance: F[np.ndarray, "*places"]
) -> F[np.ndarray, "*places"]:
    """Losses are standardised: no place that works is as bad, and the way back leads downhill."""
    return np.where(chance >= 0.5, losses, 100 * (1.5 - chance))


def _response(
    units: F[np.ndarray, "trials axes"],
    levels: Sequence[int],
    losses: F[np.ndarray, "trials"],
    working: Bool[np.ndarray, "trials"],
) -> _Response:
    x = units[working]
    parabola, curve = parabola_and_curve(levels, x)
    matrices = [(c, c.of(x)) for c in (parabola, curve)]
    best = None
    for scores in _scales(losses[working]):
        found = _two(matrices, (scores - scores.mean()) / scores.std())
        if best is None or found.explained > best.explained + SMOOTHER:
            best = found
    assert best is not None
    if working.all():
        return best
    return replace(best, feasibility=fit(parabola, parabola.of(units), working.astype(float)))


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
    far = _far(losses)
    if not math.isfinite(far):
        return [normal_scores(losses)]
    return [np.minimum(losses, far), normal_scores(losses)]


def _enough_gain(parabola: EdgeModel, levels: Sequence[int]) -> F[np.ndarray, "axes"]:
    """What the edge would gain over the inside if the best were OUTSIDE, for each hyperparameter.

    By the bend of the parabola along it while the others follow (the Schur complement), so that
    one that others stand in for gains little, as it would outside.
    """
    numeric = np.flatnonzero(np.array(levels) == 0)
    step = 0.25 * np.eye(len(levels))[numeric]

    def mean(a: float, b: float) -> F[np.ndarray, "numeric numeric"]:
        places = 0.5 + a * step[:, None] + b * step[None]
        return parabola.mean(places.reshape(-1, len(levels))).reshape(2 * [len(numeric)])

    bend = (mean(1, 1) - mean(1, -1) - mean(-1, 1) + mean(-1, -1)) / 0.25
    size, turn = np.linalg.eigh((bend + bend.T) / 2)
    inverse = (turn**2 / np.maximum(size, 1e-6)).sum(axis=1)
    found = np.zeros(len(levels))
    found[numeric] = 0.5 / inverse * ((OUTSIDE + INSIDE) ** 2 - OUTSIDE**2)
    return np.maximum(found, LEAST_GAIN)


def _places(
    response: _Response,
    axes: Sequence[Axis],
    levels: Sequence[int],
    x: F[np.ndarray, "trials axes"],
    sides: Sequence[tuple[int, int]],
) -> tuple[F[np.ndarray, "sides axes"], F[np.ndarray, "sides axes"]]:
    """For each side the best place on the edge, and the best one at least INSIDE from it."""
    ends = [
        (0.5, 0.5) if isinstance(a, Choice) else (a.to_unit(a.low), a.to_unit(a.high))
        for a in axes
    ]
    grids = [_grid(a, count, both) for a, count, both in zip(axes, levels, ends, strict=True)]
    at_edge = [np.array([ends[j][s]]) for j, s in sides]
    inner = [
        np.linspace(ends[j][0] + INSIDE * (1 - s), ends[j][1] - INSIDE * s, GRID) for j, s in sides
    ]
    starts = x[np.argsort(response.mean(x), kind="stable")[:STARTS]]
    starts = np.repeat(starts[None], len(sides), axis=0)
    on_edge = _best(response, starts, grids, sides, at_edge)
    from_edge = np.concatenate([starts, on_edge[:, None]], axis=1)
    return on_edge, _best(response, from_edge, grids, sides, inner)


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
    listed = [
        _of_one_length([own[k] if j == axis else grid for k, (j, _) in enumerate(sides)])
        for axis, grid in enumerate(grids)
    ]
    for sweep in range(SWEEPS + FINE_SWEEPS):
        for axis, of_sides in enumerate(listed):
            at, length = of_sides[:, None, :], of_sides.shape[1]
            at = np.broadcast_to(at, (*places.shape[:2], length))
            if sweep >= SWEEPS and len(grids[axis]) == GRID:
                near = places[:, :, axis, None] + 0.02 * (np.arange(length) - length // 2)
                low, high = at.min(axis=2, keepdims=True), at.max(axis=2, keepdims=True)
                at = np.clip(near, low, high)
            flat = places.reshape(-1, places.shape[2])
            losses = response.along(flat, axis, at.reshape(len(flat), length)).reshape(at.shape)
            chosen = losses.argmin(axis=2)[..., None]
            places[:, :, axis] = np.take_along_axis(at, chosen, axis=2)[..., 0]
    ends = response.cautious(places.reshape(-1, places.shape[2])).reshape(places.shape[:2])
    return np.asarray(places[np.arange(len(places)), ends.argmin(axis=1)])


def _of_one_length(grids: Sequence[F[np.ndarray, "grid"]]) -> F[np.ndarray, "grids longest"]:
    """Grids as rows; a shorter one begins again."""
    longest = max(len(g) for g in grids)
    return np.stack([np.resize(g, longest) for g in grids])
