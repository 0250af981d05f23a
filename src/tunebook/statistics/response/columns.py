"""The columns of a smooth response: curves, levels of a choice, products of two (C1, C9).

One curve a hyperparameter (Legendre polynomials on its scale, one level a value for a choice), and
products of two of them, with the scales that the prior variance of each has (`regression.fit`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from tunebook.domain.space import Axis, Choice

if TYPE_CHECKING:
    from jaxtyping import Float, Int

MOST_COLUMNS = 400
"""Columns of a fit: beyond 28 hyperparameters their products are left out."""
GROUPS = 5
LINEAR, SQUARE, ROUGH, JOINT, JOINT_ROUGH = range(GROUPS)
MOST_PRODUCTS, MOST_RICH = 10, 150
"""Sum of degrees in a product, and columns: more is slow, and a quarter of the trials carries."""
MOST_AXES = 16
"""Hyperparameters that are fitted: of more, those that explain most each by itself; the others'
edges are not judged. Time grows with the cube of their number."""
MOST_VALUES = 6
"""Values of a choice with an effect of their own; the others count as one."""


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Columns of the regression for points in the unit cube.

    Attributes:
        levels: for each hyperparameter 0 where it is a number, else its number of values.
        degree: highest degree of each curve.
        pairs: (left, right) indices of main columns whose product is a column.
        constant: log of the prior variance, apart from the groups' scales.
        shares: which scales each column's prior variance has, and how much of each.
    """

    levels: tuple[int, ...]
    degree: tuple[int, ...]
    pairs: Int[np.ndarray, "2 products"]
    constant: Float[np.ndarray, "columns"]
    shares: Float[np.ndarray, "columns scales"]

    def of(self, units: Float[np.ndarray, "points axes"]) -> Float[np.ndarray, "points columns"]:
        """The columns at each point."""
        mains = self._mains(units)
        return np.concatenate([mains, mains[self.pairs[0]] * mains[self.pairs[1]]]).T

    def _mains(self, units: Float[np.ndarray, "points axes"]) -> Float[np.ndarray, "mains points"]:
        curves = _legendre(units.T, max(self.degree))
        rows = [
            _levels(units[:, axis], levels) if levels else curves[:top, axis]
            for axis, (levels, top) in enumerate(zip(self.levels, self.degree, strict=True))
        ]
        return np.concatenate(rows)

    def mains(self, units: Float[np.ndarray, "points axes"]) -> Float[np.ndarray, "points mains"]:
        """The columns of one hyperparameter each, which are the first."""
        return self._mains(units).T

    @property
    def axis_of_mains(self) -> Int[np.ndarray, "mains"]:
        """The hyperparameter of each of these."""
        counts = [n or top for n, top in zip(self.levels, self.degree, strict=True)]
        return np.repeat(np.arange(len(counts)), counts)

    def curve(
        self, axis: int, values: Float[np.ndarray, "*shape"]
    ) -> Float[np.ndarray, "*shape parts"]:
        """The columns of one hyperparameter at its values."""
        count = self.levels[axis]
        if not count:
            return np.moveaxis(_legendre(values, self.degree[axis]), 0, -1)
        return np.moveaxis(_levels(values.ravel(), count), 0, -1).reshape(*values.shape, count)


def columns_for(levels: Sequence[int], *, degree: Sequence[int], products: int) -> Columns:
    """The columns for some hyperparameters.

    Args:
        levels: number of values of a choice, 0 for a number.
        degree: highest degree of each hyperparameter's curve.
        products: highest sum of degrees in a product of two; below 2 there are none.
    """
    axes, order = [], []
    for axis, (count, top) in enumerate(zip(levels, degree, strict=True)):
        orders = [1] * count if count else list(range(1, top + 1))
        axes += [axis] * len(orders)
        order += orders
    pairs = [
        (i, j)
        for i, j in combinations(range(len(axes)), 2)
        if axes[i] != axes[j] and order[i] + order[j] <= products
    ]
    if len(axes) + len(pairs) > MOST_COLUMNS:
        pairs = []
    scales, bends = GROUPS + 2 * len(levels), GROUPS + len(levels)
    shares = np.zeros((len(axes) + len(pairs), scales))
    shares[:, LINEAR] = 1.0
    constant = np.zeros(len(shares))
    for k, (axis, of) in enumerate(zip(axes, order, strict=True)):
        shares[k, GROUPS + axis] = 1.0
        if of == 2:
            shares[k, SQUARE] = 1.0
        elif of > 2:
            shares[k, ROUGH], constant[k] = 1.0, -4.0 * np.log(of / 3)
            shares[k, bends + axis] = 1.0
    for k, (i, j) in enumerate(pairs, len(axes)):
        shares[k, JOINT] = 1.0
        shares[k, GROUPS + axes[i]] = shares[k, GROUPS + axes[j]] = 0.5
        if (of := order[i] + order[j]) > 2:
            shares[k, JOINT_ROUGH], constant[k] = 1.0, -4.0 * np.log(of / 3)
            shares[k, bends + axes[i]] = shares[k, bends + axes[j]] = 0.5
    return Columns(
        tuple(levels), tuple(degree), np.array(pairs, dtype=np.int64).reshape(-1, 2).T,
        constant, shares,
    )  # fmt: skip


def parabola_and_curve(
    levels: Sequence[int], x: Float[np.ndarray, "trials axes"]
) -> tuple[Columns, Columns]:
    """A parabola with products of two, and a curve of any smoothness that the trials carry."""
    distinct = [len(np.unique(u)) for u in x.T]
    degree, higher = ([min(top, max(1, k - 1)) for k in distinct] for top in (2, 8))
    return columns_for(levels, degree=degree, products=2), _rich_columns(levels, higher, len(x))


def _rich_columns(levels: Sequence[int], degree: Sequence[int], trials: int) -> Columns:
    """A curve with products as rich as the trials carry: a kink across two axes takes many."""
    found = columns_for(levels, degree=degree, products=3)
    for products in range(4, MOST_PRODUCTS + 1):
        richer = columns_for(levels, degree=degree, products=products)
        if len(richer.constant) > min(trials / 4, MOST_RICH):
            break
        found = richer
    return found


def merged_choices(
    units: Float[np.ndarray, "trials axes"], axes: Sequence[Axis]
) -> tuple[Float[np.ndarray, "trials axes"], list[int]]:
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


def _legendre(units: Float[np.ndarray, "axes points"], top: int) -> Float[np.ndarray, "top a p"]:
    """Legendre polynomials of degree 1 to `top`, each of variance 1 over the unit interval."""
    made = np.polynomial.legendre.legvander(2 * units - 1, top)[..., 1:]
    return np.moveaxis(made * np.sqrt(2 * np.arange(1, top + 1) + 1), -1, 0)


def _levels(units: Float[np.ndarray, "points"], count: int) -> Float[np.ndarray, "count points"]:
    """One row a value of a choice, of variance about 1; `units` are middles of cells."""
    level = np.minimum((units * count).astype(np.int64), count - 1)
    return np.asarray(np.sqrt(count) * (np.eye(count)[:, level] - 1 / count))
