"""Every column of a trials file, taken for what it is (C11).

In this order: what the caller names, what the source states, what a name commonly says, what the
values say. What is left is a hyperparameter.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from tunebook.domain.errors import TableError, nearest
from tunebook.domain.formats.numbers import listed
from tunebook.domain.origin import ColumnUse, Evidence, Kind, Origin, steered
from tunebook.importers.csv.column_names import (
    flag_name,
    kind_by_name,
    orders,
    plain_name,
)
from tunebook.importers.csv.column_profile import Look, look_at, moment_of
from tunebook.importers.csv.column_values import (
    is_tuned,
    labels_of_configurations,
    measured,
    names_something,
)
from tunebook.importers.csv.columns import TrialRows
from tunebook.importers.csv.known_tools import Stated, stated, words
from tunebook.importers.csv.statuses import all_statuses, is_flag

UNNAMED = "the unnamed index"
_SEARCHING = frozenset(
    {"Optuna", "Ray Tune", "scikit-learn", "Ax", "Keras Tuner", "SMAC", "Syne Tune", "NePS",
     "Tunebook"}
)  # fmt: skip
_SPREAD = 3  # times as many numbers as trials: beyond, they are ids and tell no order
_STATUS_FIRST = ("status", "state", "trial_status", "trial_state")


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Which column has what.

    Attributes:
        origin: every column with its use.
        hyperparameters: name to column.
        trial: the column of names, or None; its own name may be "".
        cause, seconds, study, rerun_of: the column, or "" where there is none.
        statuses: columns that say how a trial ended, the first that says anything decides.
        seeds: columns of seeds.
        workloads: names of the hyperparameters that name a dataset or task.
        cut_short: see `known_tools.Tool`.
        chosen: what chose each row of the file, where it says so; else empty.
    """

    origin: Origin
    hyperparameters: dict[str, str]
    trial: str | None
    statuses: tuple[str, ...]
    seeds: tuple[str, ...]
    cause: str
    seconds: str
    study: str
    rerun_of: str
    workloads: tuple[str, ...]
    cut_short: str
    chosen: tuple[str, ...]


def use_columns(
    rows: TrialRows,
    *,
    objective: str,
    metrics: Sequence[str] = (),
    hyperparameters: Sequence[str] | None = None,
    scientific: Sequence[str] = (),
    space: Sequence[str] = (),
) -> tuple[Columns, NDArray[np.int64]]:
    """Take every column for something; also the rows in the order in which trials ran.

    Args:
        rows: of the file.
        objective: column or curve of the objective; empty where it is not known yet.
        metrics: of the curves, which are results wherever they are columns.
        hyperparameters: the columns that are, and no others; None to tell them.
        scientific, space: names that are hyperparameters in any case.

    Raises:
        TableError: a column that was named is not there, or is a metric.
    """
    said = rows.stated or stated(rows.cells, objective)
    looks = {name: look_at(cells) for name, cells in rows.cells.items()}
    asked = _asked(rows, said, [*(hyperparameters or ()), *scientific, *space], objective, metrics)
    only = hyperparameters is not None or bool(space)
    uses = {
        column: _use(column, look, said, asked, only, objective, {*metrics} - {""})
        for column, look in looks.items()
    }
    _by_values(rows, looks, uses, objective)
    uses = _named_apart(uses, objective, own=said.tool == "Tunebook")
    trial = _trial(uses, looks)
    order = _order(rows, uses, looks)
    _demote(uses, looks, trial)
    _set_constants_apart(uses, looks)
    return _columns(rows, uses, said, trial, order[0]), order[1]


def _asked(
    rows: TrialRows,
    said: Stated,
    named: Sequence[str],
    objective: str,
    metrics: Sequence[str],
) -> dict[str, str]:
    """Column to name of each hyperparameter that was asked for."""
    short = {n: c for c, (kind, n) in said.kinds.items() if kind is Kind.HYPERPARAMETER}
    found = {}
    for name in named:
        column = (
            name
            if name in rows.cells and (name != objective or name not in short)
            else short.get(name)
        )
        if column is None:
            raise TableError(
                f'{rows.source} has no column "{name}" to read a hyperparameter from.'
                + nearest(name, [*rows.header, *short]),
                next_step=f"name one of its columns: {listed_columns(rows.header)}",
            )
        if column == objective or (column in metrics and column not in rows.cells):
            raise TableError(
                f'"{name}" is a metric here, so it is no hyperparameter',
                next_step="name another column, or another objective",
            )
        found[column] = name
    return found


def listed_columns(header: Sequence[str], most: int = 20) -> str:
    """Names of columns for an error; of many, the first."""
    return listed([name or '""' for name in header], most)


def _use(
    column: str,
    look: Look,
    said: Stated,
    asked: Mapping[str, str],
    only: bool,
    objective: str,
    metrics: Collection[str],
) -> ColumnUse:
    """What is asked for or stated of a column, else what its name says; else it is left."""

    def use(kind: Kind, evidence: Evidence, name: str = column) -> ColumnUse:
        if kind is Kind.HYPERPARAMETER and only and evidence is not Evidence.ASKED:
            kind, evidence = Kind.BOOKKEEPING, Evidence.ASKED
        return ColumnUse(column=column, name=name, kind=kind, evidence=evidence)

    if column in asked:
        return use(Kind.HYPERPARAMETER, Evidence.ASKED, asked[column])
    if column == objective and column:
        return use(Kind.RESULT, Evidence.ASKED)
    if column in metrics and not _is_set(column, look, said):
        return use(Kind.RESULT, Evidence.ASKED)
    if column in said.kinds:
        kind, name = said.kinds[column]
        if said.tool != "Tunebook" and kind in (Kind.HYPERPARAMETER, Kind.RESULT):
            kind = _more_than_stated(kind, name, look, said.tool)
        if kind is not Kind.START or _is_moments(look):
            return use(kind, Evidence.STATED, name)
        return use(Kind.BOOKKEEPING, Evidence.STATED, name)
    by_name = kind_by_name(column, look)
    if by_name is not None:
        return use(by_name, Evidence.NAME)
    return use(Kind.HYPERPARAMETER, Evidence.LEFT)


def _is_set(column: str, look: Look, said: Stated) -> bool:
    """A hyperparameter whose value is a curve too, as the learning rate of a schedule is."""
    if column in said.kinds:
        return said.kinds[column][0] is Kind.HYPERPARAMETER
    return is_tuned(column) and kind_by_name(column, look) is None


def _more_than_stated(kind: Kind, name: str, look: Look, tool: str) -> Kind:
    """A seed, a workload or bookkeeping that a tool keeps among its parameters or attributes.

    What a tool for searching has among its parameters was searched; what others have there is
    whatever a script put there, output folders and names of runs too.
    """
    bare = re.sub(r"^(user_attrs_|tags\.)", "", name)
    by_name = kind_by_name(bare, look)
    if by_name in (Kind.SEED, Kind.WORKLOAD):
        return by_name
    if plain_name(bare) in words()["labels_of_variation"]:
        return Kind.HYPERPARAMETER
    if kind is Kind.HYPERPARAMETER and tool not in _SEARCHING:
        named = by_name in (Kind.BOOKKEEPING, Kind.START, Kind.TRIAL)
        if named or names_something(look):
            return Kind.BOOKKEEPING
        reached = by_name is Kind.RESULT and look.own and not is_tuned(bare)
        if reached or (plain_name(bare) in words()["stops"] and look.numeric):
            return Kind.RESULT
    return kind


def _is_moments(look: Look) -> bool:
    return bool(look.there) and all(moment_of(c) is not None for c in look.there)


def _by_values(
    rows: TrialRows, looks: Mapping[str, Look], uses: dict[str, ColumnUse], objective: str
) -> None:
    """Columns of which nothing else is known, by their values; changes `uses`."""
    left = [c for c, use in uses.items() if use.evidence is Evidence.LEFT]
    for column in left:
        look = looks[column]
        kind: Kind | None = None
        if not look.numeric and all_statuses(look.there):
            kind = Kind.STATUS
        elif names_something(look):
            kind = Kind.BOOKKEEPING
        elif (
            look.counts
            and look.rows >= 3
            and len(_varied(uses, looks)) > 1
            and not is_tuned(column)
        ):
            kind = Kind.TRIAL
        if kind is not None:
            uses[column] = replace(uses[column], kind=kind, evidence=Evidence.VALUES)
    free = {c: looks[c] for c, use in uses.items() if use.kind is Kind.HYPERPARAMETER}
    for column in labels_of_configurations(free, rows.cells):
        if uses[column].evidence is Evidence.LEFT:
            uses[column] = replace(uses[column], kind=Kind.BOOKKEEPING, evidence=Evidence.VALUES)
            del free[column]
    told = {c: look for c, look in free.items() if uses[c].evidence is Evidence.LEFT}
    if not told:
        return
    values = looks[objective].numbers if objective in looks else None
    if values is None:
        values = np.full(len(rows), np.nan)
    seeds = [c for c, use in uses.items() if use.kind is Kind.SEED]
    known = [c for c in free if c not in told]
    for column in measured(told, [*seeds, *known], rows.cells, values):
        uses[column] = replace(uses[column], kind=Kind.RESULT, evidence=Evidence.VALUES)


def _varied(uses: Mapping[str, ColumnUse], looks: Mapping[str, Look]) -> list[str]:
    return [
        c for c, use in uses.items() if use.kind is Kind.HYPERPARAMETER and looks[c].distinct > 1
    ]


def _named_apart(
    uses: Mapping[str, ColumnUse], objective: str, *, own: bool
) -> dict[str, ColumnUse]:
    """Uses in which no two hyperparameters, nor one and the objective, have one name."""
    taken: dict[str, int] = {}
    for use in uses.values():
        taken[use.name] = taken.get(use.name, 0) + (use.kind is Kind.HYPERPARAMETER)
    clash = {n for n, count in taken.items() if count > 1} | ({objective} if not own else set())
    return {
        c: replace(use, name=c)
        if use.kind is Kind.HYPERPARAMETER
        and use.name in clash
        and use.evidence is not Evidence.ASKED
        else use
        for c, use in uses.items()
    }


def _trial(uses: Mapping[str, ColumnUse], looks: Mapping[str, Look]) -> str | None:
    """The column that names trials: the source's own numbers before texts."""
    found = [c for c, use in uses.items() if use.kind is Kind.TRIAL]
    if "trial" in found:
        return "trial"

    def rank(column: str) -> tuple[bool, bool, int]:
        name = plain_name(column).replace("tags_mlflow_run_name", "name")
        known = words()["trials"]
        place = known.index(name) if name in known else len(known)
        by_values = uses[column].evidence is Evidence.VALUES
        return by_values, not looks[column].unique, place

    unique = [c for c in found if looks[c].unique]
    return min(unique, key=rank) if unique else None


def _order(
    rows: TrialRows, uses: Mapping[str, ColumnUse], looks: Mapping[str, Look]
) -> tuple[str | None, NDArray[np.int64]]:
    """The column that orders trials, and the rows in that order; None for the file's own."""
    trials = [c for c, use in uses.items() if use.kind is Kind.TRIAL]
    keys: list[tuple[str, list[float | None]]] = []
    for column in trials:
        look = looks[column]
        if (
            look.unique
            and look.whole
            and look.numbers is not None
            and (orders(column) or look.counts)
        ):
            keys.append((column, [float(v) for v in look.numbers]))
    for column, use in uses.items():
        if use.kind is Kind.START and looks[column].distinct > 1:
            keys.append((column, [moment_of(c) for c in rows.cells[column]]))
    for column in trials:
        found = [re.search(r"(\d+)$", c) for c in rows.cells[column]]
        numbers = [int(m.group(1)) if m else None for m in found]
        if not looks[column].numeric and None not in numbers and len(set(numbers)) == len(rows):
            keys.append((column, [None if v is None else float(v) for v in numbers]))
    for column, key in keys:
        there = [v for v in key if v is not None]
        dense = uses[column].kind is Kind.START or max(there) - min(there) < _SPREAD * len(rows)
        if dense and len(there) == len(rows):
            return column, np.argsort(np.array(there), kind="stable").astype(np.int64)
    return None, np.arange(len(rows))


def _demote(uses: dict[str, ColumnUse], looks: Mapping[str, Look], trial: str | None) -> None:
    """Names of trials beside the one that is shown are bookkeeping; changes `uses`."""
    for column, use in uses.items():
        if use.kind is Kind.TRIAL and column != trial:
            uses[column] = replace(use, kind=Kind.BOOKKEEPING)
        if use.kind is Kind.WORKLOAD and looks[column].distinct < 2:
            uses[column] = replace(use, kind=Kind.HYPERPARAMETER)


def _set_constants_apart(uses: dict[str, ColumnUse], looks: Mapping[str, Look]) -> None:
    """What has one value in every row was not searched; changes `uses`."""
    for column, use in uses.items():
        look = looks[column]
        constant = look.distinct <= 1 and len(look.there) in (0, look.rows)
        if use.kind is Kind.HYPERPARAMETER and use.evidence is not Evidence.ASKED and constant:
            kind = Kind.CONSTANT if look.there else Kind.BOOKKEEPING
            uses[column] = replace(use, kind=kind)


def _columns(
    rows: TrialRows,
    uses: Mapping[str, ColumnUse],
    said: Stated,
    trial: str | None,
    order: str | None,
) -> Columns:
    def of(kind: Kind) -> list[str]:
        return [c for c, use in uses.items() if use.kind is kind]

    def first(kind: Kind, preferred: str) -> str:
        found = of(kind)
        return preferred if preferred in found else found[0] if found else ""

    statuses = sorted(
        of(Kind.STATUS),
        key=lambda c: (is_flag(flag_name(c)), plain_name(c) not in _STATUS_FIRST),
    )
    seeds = of(Kind.SEED)
    plain = [c for c in seeds if uses[c].evidence is not Evidence.STATED]
    return Columns(
        origin=Origin(
            tool=said.tool,
            uses=tuple(uses.values()),
            order=order or (UNNAMED if order is not None else ""),
            notes=rows.notes,
            sampler=said.sampler,
            pruner=said.pruner,
            adaptive=steered(said.sampler),
        ),
        hyperparameters={
            uses[c].name: c
            for c in uses
            if uses[c].kind in (Kind.HYPERPARAMETER, Kind.CONSTANT, Kind.WORKLOAD)
        },
        trial=trial,
        statuses=tuple(statuses),
        seeds=tuple(plain or seeds),
        cause=first(Kind.CAUSE, "cause"),
        seconds=first(Kind.SECONDS, "seconds"),
        study=first(Kind.STUDY, "study"),
        rerun_of=first(Kind.RERUN_OF, "rerun_of"),
        workloads=tuple(use.name for use in uses.values() if use.kind is Kind.WORKLOAD),
        cut_short=said.cut_short,
        chosen=said.chosen,
    )
