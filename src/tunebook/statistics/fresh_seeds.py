"""Seeds that did not take part in choosing a configuration, and seeds in two groups (C9).

A table says which trials chose: seeds that were run at no less than half of a value's
configurations, else the first trial of each configuration. Where the configuration that they chose
was repeated, and fewer than half of all were, the other trials at it are fresh: their mean has no
optimism of search, and Student's interval holds as far as the mean of a few seeds is normal.

Two groups: the seeds at one configuration fall apart where a gap between two neighbours is GAP
times the range on either side of it, with two seeds at least on both sides and FEWEST_IN_GROUPS in
all. Of eight seeds of one law 0.1 % do where it is normal, and 1.3 % where it is lognormal
(4,000 draws).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from tunebook.domain.finding import Interval, PairwiseDifference
from tunebook.domain.trial import Configuration, Value
from tunebook.statistics.fewest_trials import FEWEST, FEWEST_SEEDS
from tunebook.statistics.scientific_values import (
    LARGEST,
    Group,
    rows_by_configuration,
)
from tunebook.statistics.value_pairs import ALPHA, interval, welch

if TYPE_CHECKING:
    from jaxtyping import Float

GAP = 3.0
FEWEST_IN_GROUPS = 8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeedGroups:
    """Seeds of one configuration in two groups: how many, and about where."""

    low_count: int
    low_mean: float
    high_count: int
    high_mean: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FreshSeeds:
    """The chosen configuration of one scientific value, by trials that did not choose it.

    Attributes:
        value: of the scientific hyperparameter.
        config: the configuration.
        trials, infeasible: fresh ones.
        mean: over the complete ones, 95 %, in the objective's units; without ends where one was
            infeasible.
        groups: where all seeds at the configuration fall into two groups.
        names: of the fresh trials.
        error, freedom: standard error of the mean, infinite where it has no ends, and of which
            Student's law.
    """

    value: Value
    config: Configuration
    trials: int
    infeasible: int
    mean: Interval
    groups: SeedGroups | None
    names: tuple[str, ...]
    error: float
    freedom: float


def fresh_seeds(group: Group) -> FreshSeeds | None:
    """The fresh seeds of one value's chosen configuration, or None where there are none."""
    table = group.table
    rows = rows_by_configuration(table)
    repeated = [own for own in rows if len(own) > 1]
    if len(rows) < FEWEST or not 0 < len(repeated) < len(rows) / 2:
        return None
    choosing = choosing_trials(table.seed, rows)
    losses = np.where(table.complete, table.losses, np.inf)

    def height(own: Sequence[int]) -> float:
        return min((float(losses[i]) for i in own if i in choosing), default=math.inf)

    chosen = min(rows, key=height)
    fresh = [i for i in chosen if i not in choosing]
    if len(fresh) < FEWEST_SEEDS:
        return None
    complete = table.complete
    values = np.clip(table.value[[i for i in fresh if complete[i]]], -LARGEST, LARGEST)
    infeasible = len(fresh) - len(values)
    error = float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else math.inf
    error = math.inf if infeasible else error
    freedom = max(1.0, len(values) - 1.0)
    middle = float(values.mean()) if len(values) else math.nan
    return FreshSeeds(
        value=group.label,
        config=table.config[chosen[0]],
        trials=len(fresh),
        infeasible=infeasible,
        mean=interval(middle, error, freedom),
        groups=seed_groups(table.value[[i for i in chosen if complete[i]]]),
        names=tuple(table.name[i] for i in fresh),
        error=error,
        freedom=freedom,
    )


def fresh_pairs(fresh: Sequence[FreshSeeds]) -> tuple[PairwiseDifference, ...]:
    """Every pair by Welch's test, ALPHA shared over all."""
    chosen = list(combinations(fresh, 2))
    return tuple(
        welch(
            (a.value, a.mean.estimate, a.error, a.freedom),
            (b.value, b.mean.estimate, b.error, b.freedom),
            ALPHA / len(chosen),
        )
        for a, b in chosen
    )


def seed_groups(values: Float[np.ndarray, "seeds"]) -> SeedGroups | None:
    """The two groups into which values of one configuration fall, where they do."""
    ordered = np.sort(values)
    if len(ordered) < FEWEST_IN_GROUPS:
        return None
    gaps = np.diff(ordered)[1:-1]
    k = int(np.argmax(gaps)) + 2
    low, high = ordered[:k], ordered[k:]
    widest = max(float(np.ptp(low)), float(np.ptp(high)))
    if not float(high[0] - low[-1]) > GAP * widest:
        return None
    return SeedGroups(
        low_count=len(low),
        low_mean=float(low.mean()),
        high_count=len(high),
        high_mean=float(high.mean()),
    )


def choosing_trials(seeds: Sequence[int | None], rows: Sequence[Sequence[int]]) -> set[int]:
    """Trials that chose: those of the seeds that went everywhere, else the first of each.

    Args:
        seeds: of every trial.
        rows: trials by their configuration.
    """
    where: dict[int, set[int]] = {}
    for k, own in enumerate(rows):
        for i in own:
            seed = seeds[i]
            if seed is not None:
                where.setdefault(seed, set()).add(k)
    everywhere = {seed for seed, places in where.items() if 2 * len(places) >= len(rows)}
    if everywhere:
        return {i for own in rows for i in own if seeds[i] in everywhere}
    return {own[0] for own in rows}
