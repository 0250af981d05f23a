"""The fitted response to two hyperparameters, averaged over the others, with the trials (C10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from tunebook.checks.importance.subsets import View, products_of
from tunebook.domain.space import Axis, Choice, Integer
from tunebook.domain.trial import Value

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int

CELLS = 30
"""Cells along each side."""
MOST_VALUES = 12
"""Values of a choice, or whole numbers, that are drawn side by side."""
MOST_POINTS = 600
"""Trials that are drawn as points: the best, and the rest evenly over ranks and failures."""
PRODUCTS = 2
"""Degree of the products: cubes promise too much in corners that few trials have seen."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ResponseSurface:
    """Where trials of two hyperparameters would rank.

    Attributes:
        a, b: hyperparameters, horizontal and vertical.
        a_axis, b_axis: of the search space.
        a_edges, b_edges: places of the cells' ends in the unit interval of the axis; for a
            choice, one cell a value.
        rank: fitted share of the trials that are better, 0 to 1.
        trials, a_values, b_values, values: of the trials that are drawn.
        infeasible, best: among them.
        left_out: trials that are not drawn, as they are many.
        others: further hyperparameters that were fitted, over which the response is averaged.
    """

    a: str
    b: str
    a_axis: Axis
    b_axis: Axis
    a_edges: Float[np.ndarray, "across1"]
    b_edges: Float[np.ndarray, "up1"]
    rank: Float[np.ndarray, "up across"]
    trials: tuple[str, ...]
    a_values: tuple[Value, ...]
    b_values: tuple[Value, ...]
    values: Float[np.ndarray, "trials"]
    infeasible: Bool[np.ndarray, "trials"]
    best: Bool[np.ndarray, "trials"]
    left_out: int
    others: int = 0


def can_be_drawn(axis: Axis) -> bool:
    """False for a choice of so many values that no picture holds them."""
    return not isinstance(axis, Choice) or len(axis.values) <= MOST_VALUES


def fitted_ranks(
    view: View, axes: Mapping[str, Axis], a: str, b: str
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Edges of the cells of both axes, and the fitted rank of each cell (rows go up `b`)."""
    fit, order = view.fit, list(view.encodings)
    edges = [_edges(axes[h]) for h in (a, b)]
    middles = [(e[:-1] + e[1:]) / 2 for e in edges]
    across, up = (
        np.arange(len(e) - 1, dtype=float) if isinstance(axes[h], Choice) else m
        for h, e, m in zip((a, b), edges, middles, strict=True)
    )
    grid = {a: np.tile(across, len(up)), b: np.repeat(up, len(across))}
    own = {h: view.encodings[h].columns(view.places[h]) for h in (a, b)}
    drawn = {h: view.encodings[h].columns(grid[h]) for h in (a, b)}
    design = np.zeros((len(grid[a]), fit.design.shape[1]))
    design[:, 0] = 1.0
    for h in (a, b):
        # The others stand at their mean: their columns are centred, so they add nothing.
        design[:, fit.blocks[order.index(h)]] = drawn[h] - own[h].mean(axis=0)
    products = products_of(own[a], own[b], PRODUCTS)
    cleared = fit.inverse @ (fit.design.T @ products)
    left = products - fit.design @ cleared
    gamma = np.linalg.lstsq(left, fit.residuals, rcond=1e-6)[0]
    score = (
        design @ fit.beta + (products_of(drawn[a], drawn[b], PRODUCTS) - design @ cleared) @ gamma
    )
    # Beyond the best and worst trials polynomials promise what nobody saw.
    score = np.clip(score, fit.scores.min(), fit.scores.max())
    rank = special.ndtr(score).reshape(len(up), len(across))
    return edges[0], edges[1], rank


def _edges(axis: Axis) -> np.ndarray:
    if isinstance(axis, Choice):
        return np.linspace(0, 1, len(axis.values) + 1)
    if isinstance(axis, Integer) and axis.high - axis.low < MOST_VALUES:
        middles = [axis.to_unit(v) for v in range(axis.low, axis.high + 1)]
        inner = [(x + y) / 2 for x, y in pairwise(middles)]
        return np.array([0.0, *inner, 1.0])
    return np.linspace(0, 1, CELLS + 1)


def drawn_trials(
    losses: Float[np.ndarray, "trials"], best: Bool[np.ndarray, "trials"]
) -> Int[np.ndarray, "chosen"]:
    """Positions of the trials that a picture holds: the best, the rest evenly by rank."""
    n = len(losses)
    if n <= MOST_POINTS:
        return np.arange(n)
    order = np.argsort(np.where(np.isnan(losses), np.inf, losses), kind="stable")
    first = [i for i in order[: MOST_POINTS // 3] if best[i]]
    rest = order[~np.isin(order, first)]
    evenly = np.linspace(0, len(rest) - 1, MOST_POINTS - len(first)).round().astype(int)
    return np.sort(np.concatenate([np.array(first, dtype=int), rest[evenly]]))


def read_surface(
    view: View,
    axes: Mapping[str, Axis],
    pair: tuple[str, str],
    shown: Mapping[str, object],
) -> ResponseSurface:
    """The surface of one pair.

    Args:
        view: that was fitted.
        axes: of all fitted hyperparameters.
        pair: horizontal and vertical.
        shown: the fields of ResponseSurface that tell of trials.
    """
    a, b = pair
    a_edges, b_edges, rank = fitted_ranks(view, axes, a, b)
    return ResponseSurface(
        a=a, b=b, a_axis=axes[a], b_axis=axes[b], a_edges=a_edges, b_edges=b_edges, rank=rank,
        others=len(view.encodings) - 2,
        **shown,  # type: ignore[arg-type]
    )  # fmt: skip
