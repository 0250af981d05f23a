"""A sweep that another tool ran becomes a round of a book, and grows with its source (C11 D6)."""

from __future__ import annotations

import math
import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from tunebook.book.sweeps.plan_of_sweep import plan_of
from tunebook.domain.curves import Curves
from tunebook.domain.design import Objective
from tunebook.domain.design import Round as Plan
from tunebook.domain.errors import DesignError, EvidenceError, TableError
from tunebook.domain.formats.json_text import alike
from tunebook.domain.formats.notation import format_objective
from tunebook.domain.formats.numbers import listed, plural
from tunebook.domain.origin import UNKNOWN_SEED, Imported, steered
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Purpose, Status, TrialRecord
from tunebook.importers.csv.sweep import read_sweep
from tunebook.importers.reading import stated_objective
from tunebook.importers.source import SweepSource, shown
from tunebook.store import Store, StoredRound
from tunebook.store.setting import setting_of
from tunebook.store.table import table as read_table

if TYPE_CHECKING:
    from tunebook.store.curves.chunks import Points

LARGEST_SEED = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepImport:
    """What an import did.

    Attributes:
        round: number of the round.
        goal: of the round.
        source: name of the place.
        added: trials that are new in the book.
        known: trials that were there already.
        changed: names of trials whose source says otherwise now; they stay as they were.
        left_out: "name: reason" for runs that are no trials of the round.
        statuses: of all its trials, how many ended how.
    """

    round: int
    goal: str
    source: str
    added: int
    known: int
    changed: tuple[str, ...]
    left_out: tuple[str, ...]
    statuses: Mapping[str, int]


def identity_of(place: str | os.PathLike[str] | Any, study: str) -> tuple[str, str]:
    """What a place is called, and what it is found again by."""
    if not isinstance(place, str | os.PathLike):
        return "a data frame", ""
    text = os.fspath(place)
    if isinstance(place, str) and "://" in place:
        name = whole = shown(place)
    else:
        name, whole = os.path.basename(os.path.abspath(text)), os.path.realpath(text)
    return (f"{name}, {study}" if study else name), f"{whole}#{study}"


def as_the_book_calls_it(table: TrialTable, objective: Objective) -> TrialTable:
    """The table with the book's name of the objective.

    Raises:
        DesignError: better is the other way, a curve is reduced otherwise, or the book's name is
            that of another curve.
    """
    own = table.objective
    reduced = own.metric in table.curves
    if own.direction is not objective.direction or (reduced and own.reduced != objective.reduced):
        raise DesignError(
            f"the book's objective is {format_objective(objective)}, {objective.reduced}; the "
            f"sweep's is {format_objective(own)}, {own.reduced}",
            next_step="give the same direction and the same --reduce, or import it into another "
            "book",
        )
    if own.metric == objective.metric:
        return replace(table, objective=objective)
    if objective.metric in table.curves:
        raise DesignError(
            f'the sweep has curves of "{objective.metric}", the book\'s objective, and '
            f'"{own.metric}" was named as its objective',
            next_step=f"name {format_objective(objective)}, or import it into another book",
        )
    curves = {objective.metric if n == own.metric else n: c for n, c in table.curves.items()}
    return replace(table, objective=objective, curves=curves)


def import_sweep(
    store: Store,
    read: SweepSource,
    *,
    place: Any,
    study: str,
    goal: str,
    objective: Objective | str | None,
    reduce: str | None,
    **asked: Any,
) -> SweepImport:
    """Import a source that was read; see `Book.import_sweep`.

    Args:
        store: the book.
        read: the source.
        place: what named it, by which it is found again.
        study: of several in one storage.
        goal, objective, reduce: as `Book.import_sweep` takes them.
        asked: further arguments of `read_sweep`.
    """
    setting, own = setting_of(store)
    if objective is None:
        known = {*read.rows.cells, *(read.curves.metrics if read.curves else ())}
        objective = format_objective(own) if own.metric in known else stated_objective(read)
    table = TrialTable(
        **read_sweep(
            read,
            objective=objective,
            reduce=reduce or own.reduced,
            chance=setting.chance,
            training_objective=_fitting(setting.training_objective, read),
            **asked,
        )
    )
    stated = objective if isinstance(objective, str) else format_objective(objective)
    name, identity = identity_of(place, study)
    table = as_the_book_calls_it(table, own)
    return import_table(store, table, place=name, identity=identity, goal=goal, stated=stated)


def _fitting(metric: str, read: SweepSource) -> str:
    """The book's metric of fitting, where the sweep has it too."""
    return metric if read.curves and metric in read.curves.metrics else ""


def import_table(
    store: Store, table: TrialTable, *, place: str, identity: str, goal: str, stated: str
) -> SweepImport:
    """Write a sweep as a round that has been run, or add what is new to the round of before.

    Everything is checked first, and written in one transaction.

    Args:
        store: the book.
        table: the sweep, with the book's objective.
        place: the source as people name it.
        identity: see `identity_of`.
        goal: of a new round; may be empty.
        stated: the objective as the source calls it.

    Raises:
        TableError: runs that the book has are no longer in the source, or are others.
        EvidenceError: no run has ended, or the round has led to a decision.
        DesignError: the sweep breaks a rule that every round follows.
    """
    if len(set(table.name)) < len(table):
        raise TableError(
            f"{place}: two runs have one name, so that they can't be found again",
            next_step="give each run a name of its own",
        )
    table = _ended(table)
    stored = _round_of(store, table, identity, goal)
    there = [] if stored is None else _own_trials(store, stored.number)
    place_of = {name: i for i, name in enumerate(table.name)}
    _refuse_lost(there, place_of, table, stored)
    old = [place_of[t.source_name] for t in there]
    seen = set(old)
    new = [i for i in range(len(table)) if i not in seen]
    table = table.take(np.array([*old, *new], dtype=np.int64))
    plan = _plan(table, stored.plan.goal if stored else goal or f"Imported: {place}")
    changed = _changed(store, stored, there, table)
    if stored is not None and new and _has_decided(store, stored.number):
        raise EvidenceError(
            f"round {stored.number} has led to a decision; {plural(len(new), 'new trial')} of "
            f"{place} would change what it rests on",
            next_step='import the sweep as a round of its own: --goal "..."',
        )
    imported = _imported(table, place, identity, stated)
    with store.together():
        number = stored.number if stored else store.add_imported(plan, imported, time.time())
        if stored is not None:
            pairs = zip(there, table.study, strict=False)
            moved = {t.number: study for t, study in pairs if t.study != study}
            store.grow_imported(number, plan, imported, moved)
        own = range(len(there), len(table))
        records = [_record(table, i, number, plan) for i in own]
        store.add_ended(records, [_points(table, i, plan.max_train_steps) for i in own])
    return SweepImport(
        round=number,
        goal=plan.goal,
        source=place,
        added=len(new),
        known=len(there),
        changed=changed,
        left_out=table.left_out,
        statuses=Counter(str(s) for _, p, s in store.fates(number) if p is not Purpose.RERUN),
    )


def _changed(
    store: Store, stored: StoredRound | None, there: Sequence[TrialRecord], table: TrialTable
) -> tuple[str, ...]:
    """Runs whose fate or value is another one now."""
    if stored is None:
        return ()
    values = read_table(store, stored.number).value
    return tuple(
        t.source_name
        for i, t in enumerate(there)
        if (table.status[i], table.cause[i]) != (t.status, t.cause)
        or not (values[i] == table.value[i] or math.isnan(values[i]))
    )


def check_importable(table: TrialTable, goal: str) -> None:
    """Refuse a sweep that can't be a round, before a book is made for it.

    Raises:
        TableError, DesignError, EvidenceError: as `import_table`.
    """
    _plan(_ended(table), goal or "Imported")


def _has_decided(store: Store, number: int) -> bool:
    """Whether a round has a decision, or reruns that lead to one."""
    if any(d.round == number for d in store.decisions()):
        return True
    return any(t.purpose is Purpose.RERUN for t in store.trials(number))


def _ended(table: TrialTable) -> TrialTable:
    """The trials that have ended; a later import takes the others."""
    ended = np.array([s.ended for s in table.status], dtype=bool)
    if not ended.any():
        raise EvidenceError(
            "no run of the sweep has ended yet",
            next_step="import it once some have; import it again for what ends later",
        )
    waiting = tuple(
        f"{name}: {status}, import it again once it has ended"
        for name, status in zip(table.name, table.status, strict=True)
        if not status.ended
    )
    return replace(table.take(ended), left_out=(*table.left_out, *waiting))


def _round_of(store: Store, table: TrialTable, identity: str, goal: str) -> StoredRound | None:
    """The round of the same sweep: by its place, else by the runs themselves if it was moved."""
    imported = [r for r in store.rounds() if r.imported is not None]
    asked = next((r for r in store.rounds() if goal and r.plan.goal == goal), None)
    if asked is not None and asked.imported is None:
        raise DesignError(
            f'round {asked.number} has the goal "{goal}", and was not imported',
            next_step="give the imported round a goal of its own: --goal",
        )
    if goal:
        return asked
    same = next((r for r in imported if identity and r.imported.identity == identity), None)  # type: ignore[union-attr]
    if same is not None:
        return same
    own = dict(zip(table.name, table.config, strict=True))
    for stored in imported:
        trials = _own_trials(store, stored.number)
        if trials and all(_same(own.get(t.source_name), t.config) for t in trials):
            return stored
    return None


def _own_trials(store: Store, number: int) -> list[TrialRecord]:
    return [t for t in store.trials(number) if t.purpose is not Purpose.RERUN]


def _same(config: Any, known: Any) -> bool:
    return config is not None and alike(dict(config), dict(known))


def _refuse_lost(
    there: Sequence[TrialRecord],
    place_of: Mapping[str, int],
    table: TrialTable,
    stored: StoredRound | None,
) -> None:
    """Runs that the book has must still be in the source, with the same configurations."""
    lost = [t.source_name for t in there if t.source_name not in place_of]
    other = [
        t.source_name
        for t in there
        if t.source_name in place_of and not _same(table.config[place_of[t.source_name]], t.config)
    ]
    if stored is None or not (lost or other):
        return
    what = "are no longer there" if lost else "have another configuration now"
    runs = lost or other
    raise TableError(
        f"round {stored.number} was imported from this sweep, and {plural(len(runs), 'run')} of "
        f"it {what}: {listed(runs, 4)}",
        next_step='import it as a round of its own: --goal "..."; or with the columns of before, '
        "--hyperparameters",
    )


def _plan(table: TrialTable, goal: str) -> Plan:
    try:
        return plan_of(table, goal, steps=_steps(table))
    except DesignError as error:
        raise DesignError(
            f"this sweep can't be a round: {error.rule}",
            next_step="name the hyperparameters to read, without that one: --hyperparameters A,B",
        ) from None


def _steps(table: TrialTable) -> int:
    """Steps that a trial trained: of all, or the most that any reported."""
    if table.max_train_steps is not None:
        return table.max_train_steps
    ends = [int(c.steps.max()) for c in table.curves.values() if len(c.steps)]
    return max(ends, default=1)


def _imported(table: TrialTable, place: str, identity: str, stated: str) -> Imported:
    origin = table.origin
    return Imported(
        source=place,
        identity=identity,
        tool=origin.tool if origin else "",
        objective=stated,
        left_out=table.left_out,
        cut=table.cut,
        notes=origin.notes if origin else (),
        sampler=origin.sampler if origin else "",
        adaptive=table.adaptive,
        inferred_space=table.inferred_space,
        one_length=table.max_train_steps is not None,
        from_curve=table.objective.metric in table.curves,
        branches=table.branches,
    )


def _record(table: TrialTable, i: int, number: int, plan: Plan) -> TrialRecord:
    seed, chosen = table.seed[i], table.chosen[i] if table.chosen else ""
    seconds = float(table.seconds[i])
    return TrialRecord(
        round=number,
        number=i,
        study=table.study[i],
        index=i,
        purpose=Purpose.EXPLOIT if steered(chosen) else Purpose.EXPLORE,
        config=table.config[i],
        seed=seed if seed is not None and 0 <= seed <= LARGEST_SEED else UNKNOWN_SEED,
        max_train_steps=plan.max_train_steps,
        status=table.status[i],
        cause=table.cause[i],
        detail=f"imported: {table.name[i]}",
        attempt=1,
        seconds=seconds if math.isfinite(seconds) else 0.0,
        chosen=chosen,
        source_name=table.name[i],
    )


def _points(table: TrialTable, i: int, steps: int) -> dict[str, Points]:
    """What a trial reported; where its objective is a column, that value at the last step."""
    from tunebook.store.curves.chunks import Points

    def points(at: Any, values: Any) -> Points:
        return Points(
            np.asarray(at, np.int64), np.asarray(values, np.float64), np.zeros(len(at), np.float64)
        )

    curves: Mapping[str, Curves] = table.curves
    found = {metric: points(*own.of(i)) for metric, own in curves.items()}
    if table.objective.metric not in curves and table.status[i] is Status.COMPLETE:
        found[table.objective.metric] = points([steps], [table.value[i]])
    return found
