"""Trials that a search asked for, and those of exploration that it begins with (B7)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from tunebook.domain.design import Objective, Role
from tunebook.domain.errors import DesignError
from tunebook.domain.space import Branch
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Cause, Configuration, Status
from tunebook.search.bayesian.cube import Cube


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """A configuration to train next.

    Attributes:
        number: its place among all that this search asked, from 0; tell it by this.
        study: the branch that it lies in; empty where the space has no conditions.
        config: every hyperparameter, fixed ones included.
    """

    number: int
    study: str
    config: Configuration

    def __post_init__(self) -> None:
        object.__setattr__(self, "config", MappingProxyType(dict(self.config)))


@dataclass(slots=True, kw_only=True)
class AskedTrial:
    """One trial as a search knows it: running until its fate is told."""

    name: str
    study: str
    config: Configuration
    status: Status = Status.RUNNING
    cause: Cause | None = None
    value: float = math.nan

    def __post_init__(self) -> None:
        self.config = MappingProxyType(dict(self.config))


def taken_in(
    explored: TrialTable, cubes: Mapping[str, Cube], fixed: Mapping[str, Configuration]
) -> tuple[AskedTrial, ...]:
    """Trials of a table that lie in a space, under the fixed values, with a known fate.

    Args:
        explored: the trials.
        cubes: of each branch of the space.
        fixed: what is held in each branch.

    Raises:
        DesignError: the table varies a hyperparameter that the space says nothing of.
    """
    held = {name for values in fixed.values() for name in values}
    named = {n for cube in cubes.values() for n in (*cube.branch.axes, *cube.branch.conditions)}
    for name in sorted({n for config in explored.config for n in config} - named - held):
        values = {config.get(name) for config in explored.config}
        if len(values) > 1:
            raise DesignError(
                f'exploration varied "{name}", which is no part of this space',
                next_step=f'add it to the space, or hold it: fixed={{"{name}": ...}}',
            )
    rows = []
    for i in np.flatnonzero(explored.counted):
        config = explored.config[i]
        home = next((s for s, cube in cubes.items() if _lies_in(config, cube.branch)), None)
        if home is None or any(config.get(n, v) != v for n, v in fixed[home].items()):
            continue
        rows.append(
            AskedTrial(
                name=explored.name[i],
                study=home,
                config=config,
                status=explored.status[i],
                cause=explored.cause[i],
                value=float(explored.value[i]),
            )
        )
    return tuple(rows)


def _lies_in(config: Configuration, branch: Branch) -> bool:
    settled = all(n in config and config[n] == v for n, v in branch.conditions.items())
    return settled and all(n in config and a.holds(config[n]) for n, a in branch.axes.items())


def asked_table(
    rows: Sequence[AskedTrial],
    objective: Objective,
    cubes: Mapping[str, Cube],
    fixed: Mapping[str, Configuration],
) -> TrialTable:
    """Trials as columns; adaptive, since earlier results chose later configurations."""
    branches = {study: cube.branch for study, cube in cubes.items()}
    held = [name for values in fixed.values() for name in values]
    varied = [n for b in branches.values() for n in (*b.conditions, *b.axes)]
    return TrialTable(
        objective=objective,
        name=tuple(r.name for r in rows),
        study=tuple(r.study for r in rows),
        config=tuple(r.config for r in rows),
        seed=(None,) * len(rows),
        status=tuple(r.status for r in rows),
        cause=tuple(r.cause for r in rows),
        seconds=np.full(len(rows), np.nan),
        value=np.array([r.value for r in rows], np.float64),
        branches=branches,
        roles={**dict.fromkeys(varied, Role.NUISANCE), **dict.fromkeys(held, Role.FIXED)},
        adaptive=True,
    )
