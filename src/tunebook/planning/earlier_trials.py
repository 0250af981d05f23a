"""What earlier trials tell a plan: a loss for each configuration, and what seeds spread (B5)."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tunebook.checks.variance_sources.components import like_the_best
from tunebook.domain.space import Branch
from tunebook.domain.table import TrialTable
from tunebook.statistics.response.forms import Response
from tunebook.statistics.response.resampling import spread_of_best
from tunebook.statistics.response.selected_response import Selected, read_study
from tunebook.statistics.scientific_values import by_configuration, units_of
from tunebook.statistics.value_pairs import SEEN

if TYPE_CHECKING:
    from jaxtyping import Float

FEWEST = 8
"""Complete configurations below which no earlier study stands in for a planned one."""
FEWEST_FREE = 5
"""Degrees of freedom below which reruns say too little of the seeds' noise."""


@dataclass(frozen=True, eq=False)
class Searched:
    """An earlier study: its space, and a loss for each of its configurations."""

    branch: Branch
    raw: Float[np.ndarray, "configurations axes"]
    worst: Float[np.ndarray, "configurations"]

    @property
    def feasible(self) -> float:
        """Share of the configurations with a loss."""
        return float(np.isfinite(self.worst).mean())

    @property
    def spread(self) -> float:
        """Standard deviation of the feasible losses; an explosion is one bad trial."""
        y = self.worst[np.isfinite(self.worst)]
        low, high = np.quantile(y, (0.25, 0.75))
        return float(np.minimum(y, high + 4 * (high - low)).std())

    @property
    def seen(self) -> float:
        """Standard error of the best seen in a comparison, as C9 has it."""
        return SEEN * spread_of_best(self.worst)

    @functools.cached_property
    def reading(self) -> tuple[Response | None, Selected]:
        """What C9 fits to it, and the level that it reads; worked out once."""
        return read_study(list(self.branch.axes.values()), self.raw, self.worst, len(self.worst))


def searched(table: TrialTable, key: str) -> Searched | None:
    """An earlier study that may stand in for a planned one; None with too few trials."""
    own = table.take(table.counted).of_study(key)
    axes = table.branches[key].axes
    worst, first = by_configuration(own)
    if int(np.isfinite(worst).sum()) < FEWEST or not axes:
        return None
    raw = units_of(axes, [own.config[i] for i in first])
    return None if raw is None else Searched(table.branches[key], raw, worst)


def repeated_seeds(reruns: TrialTable) -> float | None:
    """Standard deviation between reruns, pooled over the best side and those like it.

    Sides that are worse and whose reruns vary differently are left out (`like_the_best`): the next
    round compares configurations like the best. None with fewer than FEWEST_FREE degrees of
    freedom.
    """
    groups: dict[str, list[float]] = {}
    for side, loss in zip(reruns.rerun_of, reruns.losses.tolist(), strict=True):
        if math.isfinite(loss):
            groups.setdefault(side, []).append(loss)
    own = like_the_best([np.array(v) for v in groups.values()])
    free = sum(len(v) - 1 for v in own)
    if free < FEWEST_FREE:
        return None
    return math.sqrt(float(sum(((v - v.mean()) ** 2).sum() for v in own)) / free)
