"""Optimizers: what the finished rounds show, as numbers (G1 G2)."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from tunebook.checks.boundaries import check as boundaries
from tunebook.checks.included_optimizers.check import lost
from tunebook.checks.sampling import check as sampling
from tunebook.domain.design import Objective
from tunebook.domain.finding import Interval, NotApplicable, Remedy, RemedyKind, Severity
from tunebook.domain.space import Float, Integer, Scale
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Configuration
from tunebook.procedures.optimizers.arguments import OptimizersArguments
from tunebook.procedures.optimizers.best_of_budget import (
    BestOfBudget,
    Parted,
    best_of_budgets,
    parted,
)
from tunebook.procedures.optimizers.plans import CONFIRM, search_stage
from tunebook.procedures.optimizers.several_searches import (
    SearchVerdict,
    search_pairs,
    search_verdict,
)
from tunebook.procedures.optimizers.spaces import Space, first_space
from tunebook.procedures.steps.stages import Companion, Done, DoneStage
from tunebook.procedures.steps.tuned_sweep import MOVES, sweeps_in


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tuned:
    """One optimizer, as far as it was tuned.

    Attributes:
        optimizer: its name.
        table: its trials in the newest space.
        space: that space.
        moves: how often it was widened before; left: trials in the spaces before.
        cut: what would widen it further, by hyperparameter; empty where it is not cut off.
        judged: False where too few trials completed to judge any edge.
        config: of the best complete trial; None where there is none.
        trial: its name.
        causes: of trials that are infeasible or failed, the most frequent first.
        told: what the first of the most frequent cause says.
        seconds: that a trial takes, the median; None where none is known.
    """

    optimizer: str
    table: TrialTable
    space: Space
    moves: int
    left: int
    cut: Mapping[str, Remedy]
    judged: bool
    config: Configuration | None
    trial: str
    causes: tuple[tuple[str, int], ...]
    told: str
    seconds: float | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OptimizersReading:
    """What is known so far.

    Attributes:
        tuned: by optimizer.
        curves: best of n, with bands that hold for all at once.
        parted: pairs whose bands do not meet.
        fresh: the new seeds of each.
        verdict: on those and on the searches; None before they ran.
        flagged: (loser, winner, by how much) where the loser can imitate the winner.
        dense: optimizers whose space was sampled densely enough (C2), and those of which that is
            not known.
    """

    tuned: Mapping[str, Tuned]
    curves: tuple[BestOfBudget, ...]
    parted: tuple[Parted, ...]
    fresh: Mapping[str, TrialTable]
    verdict: SearchVerdict | NotApplicable | None
    flagged: tuple[tuple[str, str, Interval], ...]
    dense: Mapping[str, bool]

    @property
    def objective(self) -> Objective:
        """Of the book; there is none before any optimizer was tuned."""
        return next(iter(self.tuned.values())).table.objective

    def worse_than(self, name: str) -> list[str]:
        """Optimizers that one is better than, by their means; flagged ones are left out."""
        if not isinstance(self.verdict, SearchVerdict):
            return []
        flagged = {loser for loser, winner, _ in self.flagged if winner == name}
        better = self.verdict.better
        return [n for n in self.verdict.order if (name, n) in better and n not in flagged]

    @property
    def order(self) -> list[str]:
        """Optimizers by their new seeds; before those ran, by their best trial."""
        best = sorted(self.curves, key=lambda c: c.sign * c.best)
        order = self.verdict.order if isinstance(self.verdict, SearchVerdict) else ()
        return list(dict.fromkeys([*order, *(c.name for c in best), *self.tuned]))


def read(args: OptimizersArguments, done: Done, _: Sequence[Companion] = ()) -> OptimizersReading:
    """All of it; the same for the same rounds."""
    tuned = _tuned_so_far(args, done)
    settled = bool(tuned) and not to_widen(tuned, done)
    curves: tuple[BestOfBudget, ...] = ()
    if settled:
        sign = next(iter(tuned.values())).table.objective.sign
        curves = best_of_budgets({n: _losses(t.table) for n, t in tuned.items()}, sign)
    stage = done.get(CONFIRM)
    fresh: dict[str, TrialTable] = {}
    verdict: SearchVerdict | NotApplicable | None = None
    flagged: list[tuple[str, str, Interval]] = []
    if stage is not None:
        tables = {n: _of(stage.table, args.optimizer, n) for n in tuned}
        fresh = {n: t.take(t.counted) for n, t in tables.items() if t.counted.any()}
        sign = stage.table.objective.sign
        losses = {n: _losses(t) for n, t in fresh.items()}
        searches = search_pairs({n: tuned[n].table for n in fresh}, args.optimizer)
        verdict = search_verdict(losses, searches, worst=_worst(tuned), sign=sign)
        if isinstance(verdict, SearchVerdict):
            found = (lost(pair, sign) for pair in verdict.pairs)
            flagged = [(str(a), str(b), by) for a, b, by in (f for f in found if f)]
    return OptimizersReading(
        tuned=tuned,
        curves=curves,
        parted=parted(curves),
        fresh=fresh,
        verdict=verdict,
        flagged=tuple(flagged),
        dense={n: _dense(t.table) for n, t in tuned.items()} if settled else {},
    )


def _tuned_so_far(args: OptimizersArguments, done: Done) -> dict[str, Tuned]:
    """Each optimizer in the newest of its spaces that is done."""
    found = {}
    for optimizer in args.optimizers:
        stages = sweeps_in(done, "search")
        tables = [(s, _of(s.table, args.optimizer, optimizer)) for s in stages]
        tables = [(s, t) for s, t in tables if len(t)]
        if tables:
            found[optimizer] = _tuned(args, optimizer, tables)
    return found


def to_widen(tuned: Mapping[str, Tuned], done: Done) -> dict[str, Space]:
    """The spaces to try next: of optimizers whose space is cut off and may still be widened."""
    return {
        n: _wider(t)
        for n, t in tuned.items()
        if t.cut and t.moves < MOVES and search_stage(t.moves + 1) not in done
    }


def _tuned(
    args: OptimizersArguments, optimizer: str, stages: list[tuple[DoneStage, TrialTable]]
) -> Tuned:
    stage, table = stages[-1]
    study = next(s for s, b in table.branches.items() if b.conditions[args.optimizer] == optimizer)
    first = first_space(args, optimizer)
    axes = {n: a for n, a in table.branches[study].axes.items() if n in first.varied}
    own = table.take(table.counted)
    checked = boundaries.check(own)
    cut: dict[str, Remedy] = {}
    if not isinstance(checked, NotApplicable):
        for finding in checked.findings:
            remedy = finding.remedy
            if remedy is not None and remedy.kind is RemedyKind.WIDEN and remedy.subject in axes:
                cut[remedy.subject] = remedy
    losses = np.where(table.complete, table.losses, np.inf)
    best = int(np.argmin(losses)) if np.isfinite(losses).any() else None
    causes, told = _causes(stage, table)
    return Tuned(
        optimizer=optimizer,
        table=table,
        space=Space(varied=axes, held=first.held),
        moves=len(stages) - 1,
        left=sum(len(t) for _, t in stages[:-1]),
        cut=cut,
        judged=not isinstance(checked, NotApplicable),
        config=None if best is None else table.config[best],
        trial="" if best is None else table.name[best],
        causes=causes,
        told=told,
        seconds=_seconds(table),
    )


def _causes(stage: DoneStage, table: TrialTable) -> tuple[tuple[tuple[str, int], ...], str]:
    """Why trials did not complete, and what the first of the most frequent cause says."""
    why = {
        table.name[i]: str(table.cause[i] or table.status[i])
        for i in np.flatnonzero(~table.complete)
    }
    counted = tuple(Counter(why.values()).most_common())
    details = {t.name: t.detail for t in stage.trials}
    first = next((name for name, cause in why.items() if cause == counted[0][0]), "")
    return counted, details.get(first, "")


def _seconds(table: TrialTable) -> float | None:
    own = table.seconds[table.complete]
    own = own[np.isfinite(own)]
    return float(np.median(own)) if len(own) else None


def _wider(tuned: Tuned) -> Space:
    varied = dict(tuned.space.varied)
    for name, remedy in tuned.cut.items():
        axis, values = varied[name], remedy.values
        if isinstance(axis, Integer):
            varied[name] = Integer(int(values["low"]), int(values["high"]), axis.scale)
        elif isinstance(axis, Float):
            varied[name] = Float(
                float(values["low"]), float(values["high"]), Scale(str(values["scale"]))
            )
    return Space(varied=varied, held=tuned.space.held)


def _of(table: TrialTable, name: str, optimizer: str) -> TrialTable:
    return table.take(np.array([c.get(name) == optimizer for c in table.config], dtype=bool))


def _losses(table: TrialTable) -> np.ndarray:
    """Of complete and infeasible trials; those that failed for no fault of theirs left out."""
    return np.asarray(np.where(table.complete, table.losses, np.inf)[table.counted])


def _dense(table: TrialTable) -> bool:
    found = sampling.check(table)
    return not isinstance(found, NotApplicable) and any(
        f.severity is Severity.PASS for f in found.findings
    )


def _worst(tuned: Mapping[str, Tuned]) -> float:
    """Loss that an infeasible new seed counts with: chance, else the worst trial's."""
    tables = [t.table for t in tuned.values()]
    chance = tables[0].chance
    if chance is not None:
        return tables[0].objective.sign * chance
    finite = np.concatenate([t.losses[np.isfinite(t.losses)] for t in tables])
    return float(finite.max()) if len(finite) else math.nan
