"""Curves that are equal to the last digit between trials that should differ, and curves that never
move (C8).

Two curves are identical where all values are equal as far as the shorter one goes, at equal steps,
over three points and three different values or more. NULL: values are drawn apart, each trial's
with noise of its own. Metrics that are counted coarsely agree by luck: the expected number of such
pairs, from how often unlike curves agree at a place, must be at most 1 %; it is taken to the power
of the different values that a curve goes through, since neighbours in it depend on each other.
Trials that are stuck jump between the same few answers: where a group goes through few values, its
own kind, unlike curves that mostly stand at these values, says how often it agrees by luck.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tunebook.domain.curves import Curves
from tunebook.domain.metric_direction import words_of
from tunebook.domain.table import TrialTable
from tunebook.statistics.curves.block_means import points_of

if TYPE_CHECKING:
    from jaxtyping import Bool, Int

FEWEST_POINTS = 3
LUCK = 0.01
ASKED = 400
"""Unlike curves, and places, that are looked at to see how often values agree by luck."""
FEW_VALUES = 5
"""A curve that goes through more of them does not jump between the answers of a stuck trial."""
LENGTHS = frozenset({"epochs", "epoch", "steps", "length", "duration", "budget", "patience"})
"""Words for hyperparameters that may rightly change nothing but where a curve ends."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Twins:
    """Trials whose curves of one metric are identical although something differs.

    Attributes:
        metric: whose curves they are.
        groups: names of the trials, each group's curves alike.
        differs: hyperparameters that differ within groups, the most frequent first.
        seeds: True where only the seed differs.
    """

    metric: str
    groups: tuple[tuple[str, ...], ...]
    differs: tuple[str, ...]
    seeds: bool

    @property
    def trials(self) -> tuple[str, ...]:
        return tuple(name for group in self.groups for name in group)


def twins_of(table: TrialTable, metric: str, rows: Int[np.ndarray, "rows"]) -> list[Twins]:
    """Groups of identical curves among these trials: by seed alone, and by configuration."""
    curves = table.curves[metric]
    groups = identical_groups(curves, rows)
    by_seed, by_config, names = [], [], []
    for group in groups:
        keys = [tuple(sorted(table.config[i].items(), key=str)) for i in group]
        if len(set(keys)) == 1:
            if len({table.seed[i] for i in group if table.seed[i] is not None}) > 1:
                by_seed.append(group)
            continue
        differing = [
            name
            for name in dict.fromkeys(n for i in group for n in table.config[i])
            if len({repr(table.config[i].get(name)) for i in group}) > 1
        ]
        if not all(LENGTHS & set(words_of(n)) for n in differing):
            by_config.append(group)
            names += differing
    found = []
    for chosen, seeds in ((by_seed, True), (by_config, False)):
        if chosen:
            often = sorted(set(names), key=lambda n: (-names.count(n), n))
            found.append(
                Twins(
                    metric=metric,
                    groups=tuple(tuple(table.name[i] for i in g) for g in chosen),
                    differs=() if seeds else tuple(often),
                    seeds=seeds,
                )
            )
    return found


def identical_groups(curves: Curves, rows: Int[np.ndarray, "rows"]) -> list[list[int]]:
    """Rows whose curves are identical, beyond luck, in groups of two or more."""
    moving = rows[~constant(curves, rows) & (curves.sizes[rows] >= FEWEST_POINTS)]
    if len(moving) < 2:
        return []
    first = curves.offsets[moving][:, None] + np.arange(FEWEST_POINTS)
    key = np.hstack([curves.values[first], curves.steps[first].astype(float)])
    # Rows that begin alike stand together: as bytes, NaN equals itself too.
    raw = np.ascontiguousarray(key).view(np.dtype((np.void, key.shape[1] * 8))).reshape(-1)
    _, which, count = np.unique(raw, return_inverse=True, return_counts=True)
    which = which.reshape(-1)
    alone = moving[count[which] == 1]
    shared = np.flatnonzero(count[which] > 1)
    groups: list[list[int]] = []
    order = shared[np.argsort(which[shared], kind="stable")]
    for part in np.split(order, np.flatnonzero(np.diff(which[order])) + 1):
        groups += _alike(curves, [int(i) for i in moving[part]])
    leaders = np.array([g[0] for g in groups], dtype=np.int64)
    unlike = np.concatenate([alone, leaders])
    luck = _luck(curves, unlike)
    pairs = len(moving) * (len(moving) - 1) / 2
    return [
        g
        for g in groups
        if len(g) > 1
        and pairs * luck ** (n := _values_within(curves, g)) <= LUCK
        and (n > FEW_VALUES or pairs * _luck_of_its_kind(curves, g, unlike) ** n <= LUCK)
    ]


def constant(curves: Curves, rows: Int[np.ndarray, "rows"]) -> Bool[np.ndarray, "rows"]:
    """Curves of three finite points or more that never move."""
    points = points_of(curves, rows, 1)
    low, high = np.full(len(rows), np.inf), np.full(len(rows), -np.inf)
    np.minimum.at(low, points.row, points.loss)
    np.maximum.at(high, points.row, points.loss)
    return np.asarray((low == high) & (points.count >= FEWEST_POINTS))


def _alike(curves: Curves, rows: Sequence[int]) -> list[list[int]]:
    """Rows that begin alike, parted by what comes after; each group led by its longest."""
    groups: list[list[int]] = []
    for i in sorted(rows, key=lambda i: -int(curves.sizes[i])):
        steps, values = curves.of(i)
        for group in groups[:ASKED]:
            other_steps, other_values = curves.of(group[0])
            n = len(steps)
            if np.array_equal(other_values[:n], values, equal_nan=True) and np.array_equal(
                other_steps[:n], steps
            ):
                group.append(i)
                break
        else:
            groups.append([i])
    return groups


def _values_within(curves: Curves, group: Sequence[int]) -> int:
    """Different values that the shortest of a group goes through."""
    values = curves.of(group[-1])[1]
    return len(np.unique(values[np.isfinite(values)]))


def _luck(curves: Curves, unlike: Int[np.ndarray, "unlike"]) -> float:
    """How often unlike curves agree at a place, one pair and one place at a time."""
    chosen = unlike[np.linspace(0, len(unlike) - 1, min(len(unlike), ASKED)).astype(int)]
    lengths = curves.sizes[chosen]
    seen = sum(len(np.unique(curves.of(int(i))[1])) for i in chosen)
    agree = pairs = 0.0
    for place in range(int(min(lengths.max(initial=0), ASKED))):
        values = curves.values[curves.offsets[chosen[lengths > place]] + place]
        _, count = np.unique(values, return_counts=True)
        agree += float((count * (count - 1)).sum())
        pairs += len(values) * (len(values) - 1)
    return max(agree / pairs if pairs else 0.0, 1 / (1 + seen))


def _luck_of_its_kind(
    curves: Curves, group: Sequence[int], unlike: Int[np.ndarray, "unlike"]
) -> float:
    """How often unlike curves that mostly stand at a group's values agree with it at a place."""
    shared = curves.of(group[-1])[1]
    agree = asked = 0
    for i in unlike[unlike != group[0]][:ASKED].tolist():
        own = curves.of(i)[1][: len(shared)]
        if np.isin(own, shared).mean() > 0.5:
            agree += int((own == shared[: len(own)]).sum())
            asked += len(own)
    return agree / asked if asked else 0.0
