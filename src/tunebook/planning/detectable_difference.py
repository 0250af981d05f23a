"""The smallest difference between scientific values that a planned round tells apart (B5 C9).

Of two studies on one response, a difference d is significant where d is above `reach of the
interval - (level a - level b)`; the smallest difference is the POWER quantile of that, at the
level of C9, shared over the values compared. What C9 says of a study of the planned size (standard
error, its spread over studies, degrees of freedom, how far levels stray) is read off a table
(`reading_table`) and scaled by what is known of the response (`response`). Errors are taken as
lognormal, and how far levels stray as normal in units of their errors; the quantile is worked out
on a grid of these, so that nothing is drawn at random.

Assumes that an error falls with the trials as it does on a bowl, and trials that lie evenly. How
often C9 finds a promised difference: docs/claims/planning.md.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from tunebook.domain.design import Objective, Round, Study, studies
from tunebook.domain.space import Axis, Choice, Integer
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Configuration, Status, Value
from tunebook.planning.reading_table import TRIALS, reading
from tunebook.planning.response import Ground, StandIn
from tunebook.search.assignment import search_trials
from tunebook.statistics.estimators import welch_freedom
from tunebook.statistics.fewest_trials import FEWEST, FEWEST_SEEDS
from tunebook.statistics.response.columns import MOST_AXES
from tunebook.statistics.response.columns import MOST_VALUES as MOST_LEVELS
from tunebook.statistics.scientific_values import (
    MOST_FITTED_VALUES,
    Part,
    nuisance_axes,
    parts_of,
)
from tunebook.statistics.value_pairs import ALPHA, MOST_VALUES

if TYPE_CHECKING:
    from jaxtyping import Float

POWER = 0.8
NODES = 24
"""Of each law: twice as many move no difference by a hundredth."""
FEWEST_FITTED = 9
"""Configurations from which C9 reads a fit: 8 without the best one."""
MOST_A_STUDY = TRIALS[-1]
"""Trials of a study that differences are worked out for: more tell at least what so many do."""
LISTED = ("grid", "by_hand")
"""Searchers whose trials need not lie evenly."""
MOST_COMPARED = 12
"""Values of which every pair is worked out; of more, these stand for all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedPair:
    """Two scientific values, and the smallest difference that is significant in 80 % of rounds.

    Attributes:
        a, b: the values, or slices of a range as text.
        difference: in the units of the stand-in's losses; infinite where none is.
    """

    a: Value
    b: Value
    difference: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedQuestion:
    """One scientific hyperparameter.

    Attributes:
        name: of the hyperparameter.
        values: how many are compared.
        trials: of the value that has fewest.
        pairs: what C9 will compare; of more than MOST_COMPARED values, a part.
        difference: the largest of the pairs': from there on any two values differ significantly.
    """

    name: str
    values: int
    trials: int
    pairs: tuple[PlannedPair, ...]

    @property
    def difference(self) -> float:
        return max((p.difference for p in self.pairs), default=math.inf)


@dataclass(frozen=True, slots=True, kw_only=True)
class Law:
    """What C9 will say of a level: its standard error over studies, and how far it strays.

    Attributes:
        error: geometric mean, in the losses' units; `spread` the standard deviation of its
            logarithm.
        freedom: of Student's law for it.
        strays: standard deviation of the level, over its error.
    """

    error: float
    spread: float
    freedom: float
    strays: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What C9 will say of one value.

    Attributes:
        fits: chance that its level is fitted, and `fitted` the law where it is.
        seen: the law of the best seen; None where there are too few trials.
    """

    fits: float
    fitted: Law | None
    seen: Law | None


def questions(plan: Round, stand_ins: Mapping[str, StandIn]) -> tuple[PlannedQuestion, ...]:
    """What a round would tell apart of each of its scientific hyperparameters.

    Args:
        plan: of the round.
        stand_ins: of each of its studies, by name.

    Raises:
        DesignError: the searcher has fewer configurations than the round has trials.
    """
    if not plan.scientific:
        return ()
    table = _as_planned(replace(plan, trials=told_trials(plan)))
    return tuple(_question(name, table, stand_ins) for name in plan.scientific)


def told_trials(plan: Round) -> int:
    """Trials of the round that differences are worked out for."""
    return min(plan.trials, MOST_A_STUDY * len(studies(plan)))


def _as_planned(plan: Round) -> TrialTable:
    """Trials where the plan will have them, as far as scientific hyperparameters go."""
    split = studies(plan)
    if plan.searcher in LISTED:
        rows = [(t.study, t.config) for t in search_trials(plan, 1)]
    else:
        rows = [(s.name, config) for s in split for config in _even(plan, s)]
    return TrialTable(
        objective=Objective("loss"),
        name=tuple(f"1.{i}" for i in range(len(rows))),
        study=tuple(study for study, _ in rows),
        config=tuple(config for _, config in rows),
        seed=(None,) * len(rows),
        status=(Status.COMPLETE,) * len(rows),
        cause=(None,) * len(rows),
        seconds=np.full(len(rows), np.nan),
        value=np.zeros(len(rows)),
        branches={s.name: s.branch for s in split},
        roles={name: plan.role(name) for name in (*plan.varied, *plan.fixed)},
    )


def _even(plan: Round, study: Study) -> list[Configuration]:
    """Configurations that lie evenly along each scientific hyperparameter; no other is in them."""
    own = {n: a for n, a in study.branch.axes.items() if n in plan.scientific}
    count = len(study.numbers)
    return [
        {**study.branch.conditions, **{n: a.from_unit((i + 0.5) / count) for n, a in own.items()}}
        for i in range(count)
    ]


def _question(name: str, table: TrialTable, stand_ins: Mapping[str, StandIn]) -> PlannedQuestion:
    parts = parts_of(table, name)
    count = len(parts)
    pairs = math.comb(count, 2) if count <= MOST_VALUES else count - 1
    level = ALPHA / max(1, pairs)
    may_fit = count <= MOST_FITTED_VALUES
    first = [_expected(name, table, p, stand_ins, may_fit=may_fit) for p in parts[:MOST_COMPARED]]
    return PlannedQuestion(
        name=name,
        values=count,
        trials=min((len(p.rows) for p in parts), default=0),
        pairs=tuple(
            PlannedPair(
                a=parts[i].label,
                b=parts[j].label,
                difference=smallest_difference(first[i], first[j], level),
            )
            for i, j in combinations(range(len(first)), 2)
        ),
    )


def _expected(
    name: str,
    table: TrialTable,
    part: Part,
    stand_ins: Mapping[str, StandIn],
    *,
    may_fit: bool,
) -> Expected:
    """What C9 will say of one value or slice."""
    own = table.take(part.rows)
    known, trials = stand_ins[own.study[0]], len(part.rows)
    shared = nuisance_axes(own, name)
    axes = dict(table.branches[own.study[0]].axes)
    if part.ends is None or part.ends[0] == part.ends[1]:
        axes.pop(name, None)
    if not axes:
        return _of_seeds(known, trials)
    configurations = min(trials, _most_configurations(own, axes))
    noise = known.noise * math.sqrt(configurations / trials)
    complete = known.feasible * configurations
    if complete < FEWEST:
        return Expected(fits=0.0, fitted=None, seen=None)
    said = reading(len(axes), complete, noise / known.spread if known.spread else 1.0)
    size = noise * math.exp(known.wide)
    fits = (
        may_fit
        and shared is not None
        and known.ground is not Ground.NEAREST
        and complete >= FEWEST_FITTED
        and len(axes) <= MOST_AXES
        and not any(isinstance(a, Choice) and len(a.values) > MOST_LEVELS for a in axes.values())
    )
    fitted = Law(
        error=size * said.error, spread=said.spread, freedom=said.freedom, strays=said.strays
    )
    seen = Law(
        error=size * said.seen, spread=said.seen_spread, freedom=math.inf, strays=said.seen_strays
    )
    return Expected(fits=said.known if fits else 0.0, fitted=fitted if fits else None, seen=seen)


def _of_seeds(known: StandIn, trials: int) -> Expected:
    """Where nothing is searched, trials are repeats: a mean with Student's interval."""
    if trials < FEWEST_SEEDS:
        return Expected(fits=0.0, fitted=None, seen=None)
    freedom = trials - 1.0
    mean = Law(
        error=known.noise / math.sqrt(trials) * math.exp(-0.5 / freedom),
        spread=math.sqrt(0.5 / freedom),
        freedom=freedom,
        strays=1.0,
    )
    return Expected(fits=0.0, fitted=None, seen=mean)


def _most_configurations(own: TrialTable, axes: Mapping[str, Axis]) -> float:
    """How many configurations differ: a space of choices and integers holds only so many."""
    listed = {tuple(sorted(c.items())) for c in own.config if axes.keys() <= c.keys()}
    if listed:
        return len(listed)
    sizes = [
        len(a.values)
        if isinstance(a, Choice)
        else a.high - a.low + 1
        if isinstance(a, Integer)
        else math.inf
        for a in axes.values()
    ]
    return math.prod(sizes)


@functools.lru_cache(maxsize=256)
def smallest_difference(a: Expected, b: Expected, level: float) -> float:
    """The difference between two values that is significant in POWER of rounds."""
    fits = a.fits * b.fits
    needed, weight = [], []
    for share, one, other in ((fits, a.fitted, b.fitted), (1 - fits, a.seen, b.seen)):
        if share > 0:
            found = np.array([math.inf])
            if one is not None and other is not None:
                found = _needed(one, other, level)
            needed.append(found)
            weight.append(np.full(len(found), share / len(found)))
    every, weights = np.concatenate(needed), np.concatenate(weight)
    order = np.argsort(every)
    at = int(np.searchsorted(np.cumsum(weights[order]), POWER - 1e-9))
    return float(every[order[min(at, len(order) - 1)]])


def _needed(a: Law, b: Law, level: float) -> Float[np.ndarray, "nodes"]:
    """From which difference on Welch's interval leaves out zero, on a grid of even chances.

    The grid is that of both errors and of how far the difference between levels strays.
    """
    deviate = special.ndtri((np.arange(NODES) + 0.5) / NODES)
    errors = [law.error * np.exp(law.spread * deviate) for law in (a, b)]
    one, other = (e.ravel() ** 2 for e in np.meshgrid(*errors))
    square = np.maximum(one + other, 1e-300)
    shares = one / square, other / square
    score = special.stdtrit(welch_freedom(shares, (a.freedom, b.freedom)), 1 - level / 2)
    strays = np.sqrt(shares[0] * a.strays**2 + shares[1] * b.strays**2)
    return np.asarray((np.sqrt(square) * (score + np.multiply.outer(deviate, strays))).ravel())
