"""Configurations that were listed: a grid over levels, or points written by hand (B8)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tunebook.domain.design import Round
from tunebook.domain.space import Axis, Branch, Choice, Integer
from tunebook.domain.trial import Configuration, Value

LEVELS = 5
"""Levels of an axis that was given no number of its own."""

MOST_INTEGERS = 10
"""Up to so many integers each is a level."""


def grid(
    branch: Branch,
    seed: int,  # noqa: ARG001 - as every searcher
    indices: Sequence[int],
    plan: Round,
) -> list[Configuration]:
    """Point k of the full grid; in alphabetical order the last name changes
    fastest.

    Levels lie evenly on an axis's scale, both ends included: `plan.levels` of them, else every
    value of a choice, every integer of up to 10, or 5. Time does not depend on the index.

    Raises:
        IndexError: the grid ends before an index; says how many points it has.
    """
    levels = {
        name: _levels(axis, plan.levels.get(name)) for name, axis in sorted(branch.axes.items())
    }
    size = math.prod(map(len, levels.values()))
    found: list[Configuration] = []
    for k in indices:
        if k >= size:
            shape = " x ".join(f"{len(v)} ({name})" for name, v in levels.items()) or "1"
            raise IndexError(f"the grid has {size}: {shape}")
        point = _point(levels, k)
        found.append({name: point[name] for name in branch.axes})
    return found


def _point(levels: dict[str, tuple[Value, ...]], k: int) -> dict[str, Value]:
    config: dict[str, Value] = {}
    for name, values in reversed(levels.items()):
        k, digit = divmod(k, len(values))
        config[name] = values[digit]
    return config


def _levels(axis: Axis, count: int | None) -> tuple[Value, ...]:
    if isinstance(axis, Choice):
        return axis.values
    if isinstance(axis, Integer):
        integers = axis.high - axis.low + 1
        if (count is None and integers <= MOST_INTEGERS) or (count or 0) >= integers:
            return tuple(range(axis.low, axis.high + 1))
    n = LEVELS if count is None else count
    units = [0.5] if n == 1 else [i / (n - 1) for i in range(n)]
    # Small integers on a log scale may fall on one another.
    return tuple(dict.fromkeys(axis.from_unit(u) for u in units))


def by_hand(
    branch: Branch,
    seed: int,  # noqa: ARG001 - as every searcher
    indices: Sequence[int],
    plan: Round,
) -> list[Configuration]:
    """The k-th of the round's points that lie in this branch; after the last the first again."""
    names = {*branch.conditions, *branch.axes}
    here = [
        point
        for point in plan.points
        if set(point) == names
        and all(point[name] == value for name, value in branch.conditions.items())
        and all(axis.holds(point[name]) for name, axis in branch.axes.items())
    ]
    if indices and not here:
        raise IndexError("no point lies in it")
    return [{name: here[k % len(here)][name] for name in branch.axes} for k in indices]
