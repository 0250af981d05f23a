"""A round's trials as a TrialTable, all that analysis sees."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from tunebook.domain.curves import reduce_curves
from tunebook.domain.design import Role, Round, studies
from tunebook.domain.origin import UNKNOWN_SEED, Imported
from tunebook.domain.sealing import sealed_in
from tunebook.domain.space import Branch
from tunebook.domain.table import Curves, TrialTable
from tunebook.domain.trial import Purpose, Status, TrialRecord
from tunebook.store import Store
from tunebook.store.setting import setting_of


def table(store: Store, number: int, *, reruns: bool = False) -> TrialTable:
    """The search trials of a round, or its reruns with new seeds, as columns.

    Trials that have not ended are rows without a value. A sealed metric has no curve (D7): what
    analysis, reports and exports see is made here. Time grows with the round's points.

    Args:
        store: the book.
        number: of the round.
        reruns: reruns with new seeds instead of search trials; `rerun_of` has the arm of each.
    """
    setting, objective = setting_of(store)
    stored = store.round(number)
    plan = stored.plan
    rows = [t for t in store.trials(number) if (t.purpose is Purpose.RERUN) == reruns]
    curves = _curves(store, number, rows)
    value = np.full(len(rows), np.nan)
    if objective.metric in curves:
        complete = np.array([t.status is Status.COMPLETE for t in rows], bool)
        value[complete] = reduce_curves(curves[objective.metric], objective)[complete]
    made = TrialTable(
        objective=objective,
        name=tuple(t.name for t in rows),
        study=tuple(t.study for t in rows),
        config=tuple(t.config for t in rows),
        seed=tuple(t.seed for t in rows),
        status=tuple(t.status for t in rows),
        cause=tuple(t.cause for t in rows),
        seconds=np.array([t.seconds for t in rows], np.float64),
        value=value,
        curves=curves,
        branches={"": Branch()} if reruns else {s.name: s.branch for s in studies(plan)},
        roles=_roles(plan),
        max_train_steps=plan.max_train_steps,
        training_objective=setting.training_objective,
        chance=setting.chance,
        evaluation_share=tuple(
            math.nan if t.evaluation_share is None else t.evaluation_share for t in rows
        ),
        rerun_of=tuple(t.rerun_of for t in rows) if reruns else (),
        adaptive=any(t.purpose is Purpose.EXPLOIT for t in rows),
        least_improvement=plan.least_improvement,
    )
    known = stored.imported
    return made if known is None or reruns else _as_it_was(made, rows, known)


def _as_it_was(made: TrialTable, rows: list[TrialRecord], known: Imported) -> TrialTable:
    """The trials of an imported round with all that their source said, and no more."""
    curves = dict(made.curves)
    if not known.from_curve:  # its value is kept as a curve of one point
        curves.pop(made.objective.metric, None)
    chosen = tuple(t.chosen for t in rows)
    return replace(
        made,
        seed=tuple(None if t.seed == UNKNOWN_SEED else t.seed for t in rows),
        seconds=np.array([t.seconds or math.nan for t in rows], np.float64),
        curves=curves,
        branches=known.branches,
        inferred_space=known.inferred_space,
        max_train_steps=made.max_train_steps if known.one_length else None,
        evaluation_share=(),
        adaptive=known.adaptive,
        chosen=chosen if any(chosen) else (),
        left_out=known.left_out,
        cut=known.cut,
    )


def report_times(store: Store, number: int) -> Curves:
    """When each search trial of a round reported: steps, and seconds since its attempt began.

    At a step with several reports it is the last one's time. One query a trial, so it is meant for
    rounds of few trials.
    """
    clocks = []
    for trial in store.trials(number):
        if trial.purpose is Purpose.RERUN:
            continue
        last: dict[int, float] = {}
        for m in store.measurements(trial.key):
            last[m.step] = max(m.time_s, last.get(m.step, 0.0))
        clocks.append((list(last), list(last.values())))
    return Curves.pack(clocks)


def _curves(store: Store, number: int, rows: list[TrialRecord]) -> dict[str, Curves]:
    sealed = sealed_in(number, store.seals(), store.looks())
    found = store.curves_of(number, [t.number for t in rows])
    return {metric: found[metric] for metric in sorted(found) if metric not in sealed}


def _roles(plan: Round) -> dict[str, Role]:
    return {name: plan.role(name) for name in (*plan.varied, *plan.fixed)}
