"""The smallest difference between scientific values that a planned round tells apart (B5 C9).

Responses are drawn from what stands in for the round's (`response`), and the round is
run ROUNDS times on each, with the points that its searcher would choose from other seeds, until
there are STUDIES of its values; each is read by C9's own code. Of two studies on one response, a
difference d is significant where d is above `reach of the interval - (level a - level b)`; the
smallest difference is the POWER quantile of that over all such pairs, at C9's own level, shared
over the values compared. So a difference that is foretold and one that C9 sees have one meaning,
whichever of its two estimates C9 takes.

Assumes that the response is what the stand-in says. How often a difference that was promised is
told apart: docs/claims/planning.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from scipy import special

from tunebook.domain.design import Objective, Round, studies
from tunebook.domain.space import Axis
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Cause, Status, Value
from tunebook.planning.response import Fitted, StandIn
from tunebook.search.assignment import search_trials
from tunebook.statistics.scientific_values import SLICES, Group, groups_of
from tunebook.statistics.value_pairs import ALPHA, MOST_VALUES, compare

POWER = 0.8
STUDIES = 32
"""Of one scientific hyperparameter's values, over all simulated rounds, at least."""
ROUNDS = 2
"""Simulated on each response that is drawn."""
DRAWS = 64
"""Of how far a level strays, for each reach."""
FEWEST_WORLDS = 6
USUAL_AXES = 6
MOST_STUDIES = 64
"""Over all simulated rounds, unless two responses take more: a study takes about 0.05 s."""
MOST_TRIALS, MOST_OF_A_STUDY = 512, 64
"""Of a round that is simulated, or, if that is more, of each of its studies: a larger round tells
at least what one of this size does."""
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


def questions(
    plan: Round, stand_ins: Mapping[str, StandIn], seed: int
) -> tuple[PlannedQuestion, ...]:
    """What a round would tell apart of each of its scientific hyperparameters.

    Args:
        plan: of the round.
        stand_ins: of each of its studies, by name.
        seed: of the simulation; the same for plans that are compared.
    """
    if not plan.scientific:
        return ()
    plan = replace(plan, trials=simulated_trials(plan))
    rng = np.random.default_rng(seed)
    found: list[PlannedQuestion] = []
    compared = len(_sides(plan))
    # A fit takes longer with more hyperparameters: 0.05 s with 4, 0.9 s with 14.
    # A round may vary nothing but what it asks.
    share = max(1, math.ceil(max(len(s.branch.axes) for s in studies(plan)) / USUAL_AXES))
    most = max(2, MOST_STUDIES // ROUNDS // compared // share)
    worlds = _worlds(plan, stand_ins, min(FEWEST_WORLDS, most), rng)
    more = min(most, math.ceil(STUDIES / ROUNDS / compared / share)) - len(worlds)
    if more > 0:
        worlds += _worlds(plan, stand_ins, more, rng)
    for name in plan.scientific:
        read = [[groups_of(t, name) for t in tables] for tables in worlds]
        found.append(_question(name, read, _kinds(plan, stand_ins, read[0][0])))
    return tuple(found)


def simulated_trials(plan: Round) -> int:
    """Trials of the round that is simulated for a plan."""
    return min(plan.trials, max(MOST_TRIALS, MOST_OF_A_STUDY * len(studies(plan))))


def _sides(plan: Round) -> set[object]:
    """The scientific settings that have studies of their own, or the slices of a range."""
    settled: set[object] = {
        tuple((k, v) for k, v in s.branch.conditions.items() if k in plan.scientific)
        for s in studies(plan)
    }
    return settled if settled != {()} else set(range(SLICES))


def _worlds(
    plan: Round, stand_ins: Mapping[str, StandIn], count: int, rng: np.random.Generator
) -> list[list[TrialTable]]:
    """ROUNDS rounds on each of so many responses of those that the stand-ins allow."""
    kinds = {id(one): one for one in stand_ins.values()}
    # Forms and noise are drawn in even shares: far fewer responses so stand for all.
    chances = {k: [(rng.permutation(count) + 0.5) / count for _ in range(2)] for k in kinds}
    found = []
    for w in range(count):
        drawn = {
            k: one.drawn(rng, *(c[w] for c in chances[k])) if isinstance(one, Fitted) else one
            for k, one in kinds.items()
        }
        here = {key: drawn[id(one)] for key, one in stand_ins.items()}
        found.append([_simulated(plan, here, rng) for _ in range(ROUNDS)])
    return found


def _simulated(
    plan: Round, stand_ins: Mapping[str, StandIn], rng: np.random.Generator
) -> TrialTable:
    """A round with this plan, as another seed would have it."""
    planned = search_trials(replace(plan, seed=int(rng.integers(2**31))), 1)
    losses = np.empty(len(planned))
    split = {s.name: s for s in studies(plan)}
    for key, study in split.items():
        own = [i for i, t in enumerate(planned) if t.study == key]
        losses[own] = stand_ins[key].losses(study, [planned[i].config for i in own], rng)
    failed = ~np.isfinite(losses)
    return TrialTable(
        objective=Objective("loss"),
        name=tuple(t.name for t in planned),
        study=tuple(t.study for t in planned),
        config=tuple(t.config for t in planned),
        seed=tuple(t.seed for t in planned),
        status=tuple(Status.INFEASIBLE if f else Status.COMPLETE for f in failed),
        cause=tuple(Cause.DECLARED if f else None for f in failed),
        seconds=np.full(len(planned), np.nan),
        value=np.where(failed, np.nan, losses),
        branches={key: study.branch for key, study in split.items()},
        roles={name: plan.role(name) for name in (*plan.varied, *plan.fixed)},
    )


def _kinds(plan: Round, stand_ins: Mapping[str, StandIn], groups: Sequence[Group]) -> list[object]:
    """Of each value what its studies are like; those that are alike count as one."""
    spaces: dict[str, tuple[tuple[str, Axis], ...]] = {
        s.name: tuple(s.branch.axes.items()) for s in studies(plan)
    }
    likes = {key: id(stand_in) for key, stand_in in stand_ins.items()}
    found: list[object] = []
    for group in groups:
        own = tuple(dict.fromkeys(group.table.study))
        place = group.ends if group.ends is not None else None
        found.append((tuple((spaces[k], likes[k]) for k in own), place, len(group.table) // 2))
    return found


def _question(
    name: str, worlds: Sequence[Sequence[Sequence[Group]]], kinds: Sequence[object]
) -> PlannedQuestion:
    first = worlds[0][0]
    count = len(first)
    pairs = math.comb(count, 2) if count <= MOST_VALUES else count - 1
    level = ALPHA / max(1, pairs)
    alike: dict[object, list[int]] = {}
    for k, kind in enumerate(kinds):
        alike.setdefault(kind, []).append(k)
    # Slices of a range hold as many trials as fall into them, and one may stay empty.
    whole = [[r for r in world if len(r) == count] for world in worlds]
    known: dict[tuple[object, object], float] = {}
    said = []
    for a, b in combinations(range(min(count, MOST_COMPARED)), 2):
        key = (kinds[a], kinds[b])
        if key not in known:
            pools = [
                [[r[k] for r in world for k in alike[kind]] for kind in key] for world in whole
            ]
            known[key] = _smallest(pools, level, same=key[0] == key[1])
        said.append(PlannedPair(a=first[a].label, b=first[b].label, difference=known[key]))
    return PlannedQuestion(
        name=name,
        values=count,
        trials=min(len(g.table) for g in first),
        pairs=tuple(said),
    )


def _smallest(worlds: Sequence[Sequence[Sequence[Group]]], level: float, *, same: bool) -> float:
    """The difference that is significant in POWER of the pairs of studies on one response.

    How far levels stray is taken in reaches of their intervals, as one normal law for all: so
    few studies show its size better than its tail.
    """
    reaches: list[float] = []
    strayed: list[float] = []
    for a, b in worlds:
        middle = {fits: 0.0 if same else _middle(a, fits) - _middle(b, fits) for fits in (1, 0)}
        for i, g in enumerate(a):
            for j, h in enumerate(b):
                if same and i >= j:
                    continue
                pair = compare(g, h, level, 1)
                reach = (pair.high - pair.low) / 2
                reaches.append(reach)
                if math.isfinite(reach) and reach > 0:
                    off = pair.difference - middle[g.fitted.known and h.fitted.known]
                    # Levels lie nearer to the mean of their own few than to the true one.
                    strayed.append(off / reach * (1 if same else (1 - 1 / len(a)) ** -0.5))
    if not reaches:
        return math.inf
    size = float(np.mean(np.square(strayed))) ** 0.5 if strayed else 0.0
    needed = np.outer(reaches, 1 + size * special.ndtri((np.arange(DRAWS) + 0.5) / DRAWS))
    return float(np.quantile(needed, POWER, method="higher"))


def _middle(groups: Sequence[Group], fits: int) -> float:
    """Mean level, of the fits or of the best seen."""
    levels = [g.fitted.level if fits else g.level for g in groups]
    finite = [x for x in levels if math.isfinite(x)]
    return float(np.mean(finite)) if finite else 0.0
