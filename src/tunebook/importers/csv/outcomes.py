"""How each trial of a file ended: its status column, its result, or the lack of one (C3 C11)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunebook.domain.curves import Curves, reduce_curves
from tunebook.domain.design import Objective
from tunebook.domain.formats.names import spell
from tunebook.domain.trial import Cause, Status
from tunebook.importers.csv.column_names import flag_name
from tunebook.importers.csv.column_profile import is_missing
from tunebook.importers.csv.column_roles import Columns
from tunebook.importers.csv.columns import TrialRows, number_of, numbers
from tunebook.importers.csv.statuses import (
    NO_RESULT,
    Fate,
    Unused,
    fate,
    from_flag,
    is_flag,
    knows_status,
    stopped_early,
    unrecorded,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The rows of the trials file in the order in which trials ran, and what they mean."""

    rows: TrialRows
    columns: Columns
    names: tuple[str, ...]
    chosen: tuple[str, ...] = ()

    def cells(self, column: str) -> list[str]:
        """A column's cells; empty ones where there is no such column."""
        return self.rows.cells[column] if column else [""] * len(self.rows)


def fates_of(
    sheet: Sheet,
    column: str,
    measured: Mapping[str, Curves],
    objective: Objective,
    chance: float | None,
) -> tuple[NDArray[np.float64], list[Fate]]:
    """The objective of every row, NaN where it has none; and its status, or why it is left out."""
    statuses = _statuses(sheet)
    if objective.metric in measured:
        curve = measured[objective.metric]
        reached = reduce_curves(curve, objective)
        empty = np.zeros(len(sheet.rows), dtype=bool)
        unreported = np.diff(curve.offsets) == 0
    else:
        cells, statuses = _words_as_statuses(sheet.rows.cells[column], statuses)
        reached = numbers(cells, sheet.rows.lines, sheet.rows.source, column)
        empty = np.array([is_missing(c) and c.lower() != "nan" for c in cells])
        unreported = np.zeros(len(sheet.rows), dtype=bool)
    cause, is_rerun = sheet.cells(sheet.columns.cause), _reruns(sheet)
    cut = _cut_short(sheet)
    found: list[Fate] = []
    for i, value in enumerate(reached):
        if is_rerun[i]:
            found.append(Unused("a rerun with a new seed, which is no part of the search"))
            continue
        said = fate(
            statuses[i],
            cause[i],
            float(value),
            empty=bool(empty[i]),
            tool=sheet.columns.origin.tool,
        )
        if not isinstance(said, Unused) and said[0] is Status.COMPLETE:
            said = cut.get(i) or _against_chance(
                said, i, float(value), measured, objective, chance
            )
        if unreported[i] and said == (Status.INFEASIBLE, Cause.DIVERGED):
            said = Status.INFEASIBLE, Cause.NOT_REPORTED
        found.append(said)
    return reached, unrecorded(found) if NO_RESULT in found else found


def _reruns(sheet: Sheet) -> list[bool]:
    """Whether each row is a rerun with a new seed; version 0.1 said so in the study's name."""
    arm, study = sheet.cells(sheet.columns.rerun_of), sheet.cells(sheet.columns.study)
    return [bool(a) or s.startswith("rerun:") for a, s in zip(arm, study, strict=True)]


def _against_chance(
    said: Fate,
    row: int,
    value: float,
    measured: Mapping[str, Curves],
    objective: Objective,
    chance: float | None,
) -> Fate:
    """Infeasible where a trial never beat chance, else as it was."""
    if chance is None:
        return said
    curve = measured[objective.metric].of(row)[1] if objective.metric in measured else value
    best = float(np.nanmin(objective.sign * np.asarray(curve)))
    return (Status.INFEASIBLE, Cause.CHANCE) if best >= objective.sign * chance else said


def _statuses(sheet: Sheet) -> list[str]:
    """Of each row the first status that is no plain success."""
    found = [""] * len(sheet.rows)
    for column in reversed(sheet.columns.statuses):
        name = flag_name(column)
        for i, cell in enumerate(sheet.rows.cells[column]):
            said = from_flag(name, cell) if is_flag(name) else cell
            found[i] = said or found[i]
    return found


def _words_as_statuses(
    cells: Sequence[str], statuses: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Results such as "diverged" or "OOM" say how the trial ended, where nothing else does."""
    words = {
        c for c in set(cells) if number_of(c) is None and not is_missing(c) and knows_status([c])
    }
    said = [c if c in words and not s else s for c, s in zip(cells, statuses, strict=True)]
    return ["" if c in words else c for c in cells], said


_MOST_RUNGS = 8


def _cut_short(sheet: Sheet) -> dict[int, Fate]:
    """Rows that a scheduler of the source stopped early: below the full length, at few rungs."""
    column = sheet.columns.cut_short
    if not column:
        return {}
    lengths = [number_of(c) for c in sheet.rows.cells[column]]
    there = {v for v in lengths if v is not None and math.isfinite(v)}
    if not 1 < len(there) <= _MOST_RUNGS:
        return {}
    full = max(there)
    return {
        i: stopped_early(f"{column} {spell(length)} of {spell(full)}")
        for i, length in enumerate(lengths)
        if length is not None and length < full
    }
