"""Trials by scientific value or by slice, with what a study would select of each (C9).

Two estimates: `seen`, the best seen at equal budgets, whose spread is that of subsamples
(`resampling.spread_of_best`), and `fitted`, from a response over the nuisance hyperparameters
(`selected_response`). A configuration that was run with several seeds counts
once, with their mean; a value with one configuration alone has selected nothing, and its mean over
seeds has a Student interval.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tunebook.domain.formats.numbers import round_to
from tunebook.domain.formats.places import places_on
from tunebook.domain.space import Axis, Choice, Float, Integer, spell
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Configuration, Value
from tunebook.statistics.fewest_trials import FEWEST, FEWEST_SEEDS
from tunebook.statistics.response.resampling import mean_best, spread_of_best
from tunebook.statistics.response.selected_response import Selected, study_selects

if TYPE_CHECKING:
    from jaxtyping import Float as Floats
    from jaxtyping import Int

SLICES = 4
LARGEST = 1e150
"""Losses beyond it count as it."""
MOST_FITTED_VALUES = 50
"""Values beyond which only the best seen are compared; a fit takes about 0.1 s."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Group:
    """The trials of one value or slice.

    Attributes:
        label: the value, or the range as text.
        table: its trials.
        worst: one loss a configuration, infinite where infeasible.
        level, spread, freedom: the best seen at equal budgets, its spread, and the freedom of a
            Student law (infinite for a best of many).
        fitted: the same from a fit, where one was accepted.
        ends: of a slice.
    """

    label: Value
    table: TrialTable
    worst: Floats[np.ndarray, "configurations"]
    level: float
    spread: float
    freedom: float
    fitted: Selected
    ends: tuple[float, float] | None = None

    @property
    def known(self) -> bool:
        return math.isfinite(self.spread)

    @property
    def lone(self) -> bool:
        """True where nothing was selected: one configuration, several seeds."""
        return math.isfinite(self.freedom)

    @property
    def best_trial(self) -> str:
        losses = self.table.losses
        return self.table.name[int(np.nanargmin(losses))] if self.table.complete.any() else ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """Which trials have one value, or lie in one slice: its label, their rows and its ends."""

    label: Value
    rows: Int[np.ndarray, "own"]
    ends: tuple[float, float] | None = None


def groups_of(table: TrialTable, name: str) -> list[Group]:
    """The trials of each value of a scientific hyperparameter, or of each slice of its axis."""
    return _with_budget(table, name, parts_of(table, name))


def parts_of(table: TrialTable, name: str) -> list[Part]:
    """Where the trials of each value are, or of each slice of its axis; no result is read."""
    column = table.column(name)
    there = [v for v in column if v is not None]
    axes = [b.axes[name] for b in table.branches.values() if name in b.axes]
    rows: dict[Value, list[int]] = {}
    for i, value in enumerate(column):
        if value is not None:
            rows.setdefault(value, []).append(i)
    few = all(isinstance(a, Integer) for a in axes) and all(
        len(r) >= 2 * FEWEST for r in rows.values()
    )
    if all(isinstance(axis, Choice) for axis in axes) or few:
        listed = [v for a in axes if isinstance(a, Choice) for v in a.values if v in rows]
        order = list(dict.fromkeys(listed or there))
        if any(isinstance(axis, Integer) for axis in axes):
            order = sorted(order, key=float)
        return [Part(label=v, rows=np.array(rows[v])) for v in order]
    parts: list[Part] = []
    for axis in dict.fromkeys(axes):
        own = [s for s, b in table.branches.items() if b.axes.get(name) == axis]
        units = np.array(
            [
                axis.to_unit(v) if v is not None and s in own else np.nan  # type: ignore[arg-type]
                for v, s in zip(column, table.study, strict=True)
            ]
        )
        place = np.clip(np.floor(units * SLICES), 0, SLICES - 1)
        for k in range(SLICES):
            inside = np.flatnonzero(place == k)
            if len(inside):
                ends = _range_of(axis, k, [column[i] for i in inside])
                parts.append(Part(label=_range_words(axis, ends), rows=inside, ends=ends))
    return parts


def nuisance_axes(table: TrialTable, name: str) -> dict[str, Axis] | None:
    """What varied beside the scientific hyperparameter; None where studies don't agree on it."""
    spaces = [
        {n: a for n, a in table.branches[s].axes.items() if n != name}
        for s in dict.fromkeys(table.study)
    ]
    return spaces[0] if spaces and all(s == spaces[0] for s in spaces) else None


def units_of(
    axes: Mapping[str, Axis], configs: Sequence[Configuration]
) -> Floats[np.ndarray, "configurations axes"] | None:
    """Places of configurations on the scales; None where one lacks a hyperparameter."""
    if any(n not in config for config in configs for n in axes):
        return None
    units = np.empty((len(configs), len(axes)))
    for at, (name, axis) in enumerate(axes.items()):
        units[:, at] = places_on(axis, [c[name] for c in configs])
    return units if np.isfinite(units).all() else None


def rows_by_configuration(table: TrialTable) -> list[list[int]]:
    """The trials of each configuration, whatever their seeds."""
    together: dict[tuple[tuple[str, Value], ...], list[int]] = {}
    for i, config in enumerate(table.config):
        together.setdefault(tuple(sorted(config.items())), []).append(i)
    return list(together.values())


def by_configuration(
    table: TrialTable,
) -> tuple[Floats[np.ndarray, "configurations"], Int[np.ndarray, "configurations"]]:
    """One loss a configuration, the mean over its seeds, infinite where one is infeasible.

    Returns:
        The losses, and the first trial of each configuration.
    """
    together = rows_by_configuration(table)
    # Squares of what is larger would overflow; no comparison turns on how large it is.
    losses = np.where(table.complete, np.clip(table.losses, -LARGEST, LARGEST), np.inf)
    means = np.array([losses[own].mean() for own in together])
    return means, np.array([own[0] for own in together], dtype=np.int64)


def _range_of(axis: Axis, k: int, inside: Sequence[Value | None]) -> tuple[float, float]:
    if isinstance(axis, Integer):
        numbers = [float(v) for v in inside if v is not None]
        return min(numbers), max(numbers)
    low, high = axis.from_unit(k / SLICES), axis.from_unit((k + 1) / SLICES)
    return float(low), float(high)


def _range_words(axis: Axis, ends: tuple[float, float]) -> str:
    """`1.02e-6 to 5.69e-6`: a part of a range needs no more digits."""
    shown = ends if isinstance(axis, Integer) else [round_to(end, 3) for end in ends]
    return f"{spell(shown[0])} to {spell(shown[1])}"


def _cut(axis: Axis, ends: tuple[float, float]) -> Axis:
    """The part of an axis that a slice is."""
    if isinstance(axis, Integer):
        return Integer(int(ends[0]), int(ends[1]), axis.scale)
    return axis if isinstance(axis, Choice) else Float(ends[0], ends[1], axis.scale)


def _with_budget(table: TrialTable, name: str, parts: Sequence[Part]) -> list[Group]:
    """Groups with their bests at equal budgets: the smallest one among them."""
    bare = replace(table, curves={})
    tables = [bare.take(part.rows) for part in parts]
    configurations = [by_configuration(t) for t in tables]
    enough = [len(w) for w, _ in configurations if int(np.isfinite(w).sum()) >= FEWEST]
    budget = min(enough, default=0)
    fits = len(parts) <= MOST_FITTED_VALUES
    return [
        Group(
            label=part.label,
            table=own,
            worst=worst,
            fitted=_fitted(own, name, worst, first, budget, part.ends) if fits else Selected(),
            ends=part.ends,
            **_seen(own, worst, budget),
        )
        for part, own, (worst, first) in zip(parts, tables, configurations, strict=True)
    ]


def _seen(
    table: TrialTable, worst: Floats[np.ndarray, "configurations"], budget: int
) -> dict[str, float]:
    finite = worst[np.isfinite(worst)]
    if len(worst) == 1 and len(finite) == 1 and len(table) >= FEWEST_SEEDS:
        losses = np.clip(table.losses, -LARGEST, LARGEST)
        spread = float(losses.std(ddof=1)) / math.sqrt(len(table))
        return {"level": float(finite[0]), "spread": spread, "freedom": len(table) - 1.0}
    if len(finite) >= FEWEST:
        return {
            "level": mean_best(worst, budget),
            "spread": spread_of_best(worst),
            "freedom": math.inf,
        }
    level = float(finite.min()) if len(finite) else math.nan
    return {"level": level, "spread": math.inf, "freedom": math.inf}


def _fitted(
    table: TrialTable,
    name: str,
    worst: Floats[np.ndarray, "configurations"],
    first: Int[np.ndarray, "configurations"],
    budget: int,
    ends: tuple[float, float] | None,
) -> Selected:
    """What the fit says is selected; in a slice the scientific hyperparameter varies as well."""
    axes = nuisance_axes(table, name)
    if axes is not None and ends is not None and ends[0] < ends[1]:
        axes[name] = _cut(table.branches[table.study[0]].axes[name], ends)
    if not axes or int(np.isfinite(worst).sum()) < FEWEST:
        return Selected()
    units = units_of(axes, [table.config[i] for i in first])
    return (
        study_selects(list(axes.values()), units, worst, budget)
        if units is not None
        else Selected()
    )
