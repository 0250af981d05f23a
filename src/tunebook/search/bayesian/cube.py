"""Configurations of a branch as points of a cube that models can read, and back (B3 B7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tunebook.domain.space import Branch, Choice, Float, Integer
from tunebook.domain.trial import Configuration

if TYPE_CHECKING:
    from jaxtyping import Float as F


@dataclass(frozen=True, slots=True)
class Cube:
    """The columns of a branch: a number has one, in [0, 1] of its scale; a choice of two values
    has one (0 or 1), a choice of more has one for each value, with a 1 where it is taken.

    Attributes:
        branch: the flat space.
        width: number of columns.
        smooth: True for columns that vary without steps.
    """

    branch: Branch

    @property
    def width(self) -> int:
        return sum(_columns(axis) for axis in self.branch.axes.values())

    @property
    def smooth(self) -> tuple[bool, ...]:
        return tuple(
            isinstance(axis, Float | Integer)
            for axis in self.branch.axes.values()
            for _ in range(_columns(axis))
        )

    def points(self, configs: Sequence[Configuration]) -> F[np.ndarray, "n width"]:
        """Configurations as rows. Values outside a range lie outside of [0, 1]."""
        rows = [self._row(config) for config in configs]
        return np.array(rows, dtype=np.float64).reshape(len(rows), self.width)

    def from_units(self, units: F[np.ndarray, "n axes"]) -> F[np.ndarray, "n width"]:
        """Points of the unit cube with one coordinate an axis as rows that stand for values."""
        columns = []
        for axis, u in zip(self.branch.axes.values(), units.T, strict=True):
            if isinstance(axis, Choice):
                k = len(axis.values)
                picked = np.minimum((u * k).astype(int), k - 1)
                columns.append(picked[:, None] if k == 2 else np.eye(k)[picked])
            else:
                columns.append(u[:, None])
        if not columns:
            return np.empty((len(units), 0))
        return self.snapped(np.concatenate(columns, axis=1).astype(np.float64))

    def snapped(self, points: F[np.ndarray, "n width"]) -> F[np.ndarray, "n width"]:
        """Points moved to the middle of the cell of their whole numbers."""
        points, at = np.clip(points, 0.0, 1.0), 0
        for axis in self.branch.axes.values():
            if isinstance(axis, Integer):
                points[:, at] = [axis.to_unit(axis.from_unit(u)) for u in points[:, at]]
            at += _columns(axis)
        return points

    def config(self, point: F[np.ndarray, "width"]) -> Configuration:
        """The values of the varied hyperparameters at a point."""
        config, at = {}, 0
        for name, axis in self.branch.axes.items():
            k = _columns(axis)
            if isinstance(axis, Choice):
                taken = (
                    int(point[at] > 0.5) if len(axis.values) == 2 else point[at : at + k].argmax()
                )
                config[name] = axis.values[int(taken)]
            else:
                config[name] = axis.from_unit(float(point[at]))
            at += k
        return config

    def _row(self, config: Configuration) -> list[float]:
        row: list[float] = []
        for name, axis in self.branch.axes.items():
            if isinstance(axis, Choice):
                taken = axis.values.index(config[name])
                k = len(axis.values)
                row += [float(taken)] if k == 2 else [float(i == taken) for i in range(k)]
            else:
                row.append(axis.to_unit(config[name]))  # type: ignore[arg-type]
        return row


def _columns(axis: object) -> int:
    if isinstance(axis, Choice):
        return 1 if len(axis.values) == 2 else len(axis.values)
    return 1
