"""A sweep that was run elsewhere, read from CSV into the columns of a trial table (C11)."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunebook.words import scalars
from tunebook.words.column_look import is_missing, seconds_of
from tunebook.words.column_names import plain_name
from tunebook.words.column_uses import Columns, use_columns
from tunebook.words.csv_columns import (
    TrialRows,
    check_hyperparameter,
    number_of,
    numbers,
    read_rows,
)
from tunebook.words.csv_curves import one_run, pack_curves, read_curves
from tunebook.words.csv_fates import (
    NO_RESULT,
    Fate,
    fate,
    from_flag,
    is_flag,
    knows_status,
    unrecorded,
)
from tunebook.words.csv_measurements import Measurements
from tunebook.words.csv_nested import spread_nested
from tunebook.words.csv_objective import find_objective
from tunebook.words.csv_space import PlacedTrials, infer_space, place_in_space, values_of
from tunebook.words.curves import Curves, reduce_curves
from tunebook.words.decision import Setting
from tunebook.words.design import Objective
from tunebook.words.errors import DesignError, TableError, nearest
from tunebook.words.notation import format_objective, parse_objective
from tunebook.words.space import Axis, Per
from tunebook.words.trial import Cause, Status


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sheet:
    """The rows of the trials file in the order in which trials ran, and what they mean."""

    rows: TrialRows
    columns: Columns
    names: tuple[str, ...]

    def cells(self, column: str) -> list[str]:
        """A column's cells; empty ones where there is no such column."""
        return self.rows.cells[column] if column else [""] * len(self.rows)


def read_sweep(
    trials: str | os.PathLike[str],
    curves: str | os.PathLike[str] | None,
    *,
    objective: Objective | str,
    hyperparameters: Sequence[str] | None,
    scientific: Sequence[str],
    chance: float | None,
    reduce: str,
    space: Mapping[str, Axis | Per] | None,
    training_objective: str,
    adaptive: bool,
) -> dict[str, Any]:
    """The columns of a trial table, by field; arguments and errors as `TrialTable.from_csv`."""
    chance = _checked(hyperparameters, scientific, chance, space)
    asked = _objective(objective, reduce)
    rows = read_trials(trials)
    read = None if curves is None else read_curves(curves)
    metrics = read.metrics if read else ()
    for name in (training_objective, asked.metric):
        if name:
            find_objective(name, rows, metrics)
    column = find_objective(asked.metric, rows, metrics)
    sheet = _sheet(rows, column, metrics, hyperparameters, scientific, space)
    guessed = hyperparameters is None and space is None
    if read is None and guessed:
        _refuse_log(sheet)
    measured, unknown = _curves(read, sheet)
    reached, fates = _fates(sheet, column, measured, asked, chance)
    good = [i for i, said in enumerate(fates) if not isinstance(said, str)]
    complete = [fates[i][0] is Status.COMPLETE for i in good]
    placed = _place(sheet, good, complete, scientific, space)
    kept = [i for at, i in enumerate(good) if at not in placed.reasons]
    pick = [at for at in range(len(good)) if at not in placed.reasons]
    reasons = {good[at]: reason for at, reason in placed.reasons.items()}
    reasons |= {i: said for i, said in enumerate(fates) if isinstance(said, str)}
    status = tuple(fates[i][0] for i in kept)
    ended = np.array([s is Status.COMPLETE for s in status], dtype=bool)
    row = np.asarray(kept, dtype=np.int64)
    seeds = _seeds(sheet)
    origin = sheet.columns.origin
    return {
        "objective": asked,
        "name": tuple(sheet.names[i] for i in kept),
        "study": tuple(placed.study[at] for at in pick),
        "config": tuple(placed.config[at] for at in pick),
        "seed": tuple(seeds[i] for i in kept),
        "status": status,
        "cause": tuple(fates[i][1] for i in kept),
        "seconds": _seconds(sheet, measured)[row],
        "value": np.where(ended, reached[row], np.nan),
        "curves": {metric: c.take(row) for metric, c in measured.items()},
        "branches": placed.branches,
        "roles": placed.roles,
        "inferred_space": space is None,
        "max_train_steps": _common_end(measured.get(asked.metric), row[ended]),
        "training_objective": training_objective,
        "chance": chance,
        "adaptive": adaptive or bool(origin.sampler),
        "left_out": _left_out(sheet, reasons, unknown),
        "origin": origin,
    }


def read_trials(trials: str | os.PathLike[str]) -> TrialRows:
    """Read the rows of a trials file, with configurations in one cell as columns of their own."""
    rows = read_rows(trials)
    cells, notes = spread_nested(rows.cells)
    return replace(rows, cells=cells, header=tuple(cells), notes=(*rows.notes, *notes))


def _left_out(
    sheet: _Sheet, reasons: Mapping[int, str], unknown: Sequence[str]
) -> tuple[str, ...]:
    """ "name: reason" for rows that can't be read or used, and for curves without a row."""
    return (
        *sheet.rows.left_out,
        *(f"{sheet.names[i]}: {reasons[i]}" for i in sorted(reasons)),
        *(f"{name}: measurements of a trial that has no row" for name in unknown),
    )


def _checked(
    hyperparameters: Sequence[str] | None,
    scientific: Sequence[str],
    chance: float | None,
    space: Mapping[str, Axis | Per] | None,
) -> float | None:
    """Arguments of the wrong type are told before a file is read; returns the chance."""
    scalars.several("hyperparameters", hyperparameters or (), '"learning_rate"')
    scalars.several("scientific", scientific, '"optimizer"')
    if space is not None:
        scalars.table("space", space)
        for name in [*(hyperparameters or ()), *scientific]:
            if name not in space:
                raise TableError(
                    f'the space has no range for "{name}".{nearest(name, space)}',
                    next_step="add it to the space, or leave it out here",
                )
    return Setting(name="", chance=chance).chance


def _objective(objective: Objective | str, reduce: str) -> Objective:
    if isinstance(objective, str):
        return parse_objective(objective, reduce=reduce)
    if not isinstance(objective, Objective):
        raise DesignError(
            f"an objective is a metric and which way is better; got {objective!r}",
            next_step='give objective="minimize:valid/error", or tb.minimize("valid/error")',
        )
    if reduce == "best":
        return objective
    return parse_objective(format_objective(objective), reduce=reduce)


def _sheet(
    rows: TrialRows,
    objective: str,
    metrics: Sequence[str],
    hyperparameters: Sequence[str] | None,
    scientific: Sequence[str],
    space: Mapping[str, Axis | Per] | None,
) -> _Sheet:
    columns, order = use_columns(
        rows,
        objective=objective,
        metrics=metrics,
        hyperparameters=hyperparameters,
        scientific=scientific,
        space=tuple(space or ()),
    )
    numbered = [str(i + 1) for i in range(len(rows))]
    names = numbered if columns.trial is None else list(rows.cells[columns.trial])
    names = [name or f"line {line}" for name, line in zip(names, rows.lines, strict=True)]
    seen: dict[str, int] = {}
    for name, line in zip(names, rows.lines, strict=True):
        if name in seen:
            raise TableError(
                f'{rows.source}: a trial has one row; "{name}" stands in lines {seen[name]} and '
                f"{line}",
                next_step="give each run a name of its own in the column trial; where a row is "
                "an evaluation, give the rows as --curves, and one row a trial here",
            )
        seen[name] = line
    pick = order.tolist()
    ordered = replace(
        rows,
        lines=tuple(rows.lines[i] for i in pick),
        cells={c: [own[i] for i in pick] for c, own in rows.cells.items()},
    )
    return _Sheet(rows=ordered, columns=columns, names=tuple(names[i] for i in pick))


def _refuse_log(sheet: _Sheet) -> None:
    """A file in which rows are steps of one run is no table of trials."""
    columns = sheet.columns
    step = one_run(sheet.rows.cells, list(columns.hyperparameters.values()))
    if step is not None:
        raise TableError(
            f'{sheet.rows.source} looks like the log of one run, not like trials: "{step}" rises '
            f"from row to row, and no hyperparameter differs between its {len(sheet.rows)} rows",
            next_step="write one row a trial as TRIALS.CSV, and give the logs of all trials in "
            "one file: --curves CURVES.CSV, with the columns trial, step and one a metric; if "
            "rows are trials, name their hyperparameters: --hyperparameters A,B",
        )


def _curves(read: Measurements | None, sheet: _Sheet) -> tuple[dict[str, Curves], tuple[str, ...]]:
    if read is None:
        return {}, ()
    if sheet.columns.trial is None:
        raise TableError(
            f'{sheet.rows.source} has no column "trial", so its curves belong to no row',
            next_step="add a column trial with the names that the curves file uses",
        )
    number = {name: i for i, name in enumerate(sheet.names)}
    known = np.array([number.get(name, -1) for name in read.trials], dtype=np.int64)
    unknown = tuple(name for name in read.trials if name not in number)
    return pack_curves(read, known, len(sheet.names)), unknown


def _fates(
    sheet: _Sheet,
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
    study, cause = sheet.cells(sheet.columns.study), sheet.cells(sheet.columns.cause)
    cut = _cut_short(sheet)
    found: list[Fate] = []
    for i, value in enumerate(reached):
        if study[i].startswith("rerun:"):
            found.append("a rerun with a fresh seed, which is no part of the search")
            continue
        said = fate(statuses[i], cause[i], float(value), empty=bool(empty[i]))
        if not isinstance(said, str) and said[0] is Status.COMPLETE:
            said = cut.get(i) or _against_chance(
                said, i, float(value), measured, objective, chance
            )
        if unreported[i] and said == (Status.INFEASIBLE, Cause.DIVERGED):
            said = Status.INFEASIBLE, Cause.NOT_REPORTED
        found.append(said)
    return reached, unrecorded(found) if NO_RESULT in found else found


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


def _statuses(sheet: _Sheet) -> list[str]:
    """Of each row the first status that is no plain success."""
    found = [""] * len(sheet.rows)
    for column in reversed(sheet.columns.statuses):
        name = plain_name(column)
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


def _cut_short(sheet: _Sheet) -> dict[int, Fate]:
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
        i: f"{column} {length:g} of {full:g}: it was stopped early, so its value is no full "
        "training's"
        for i, length in enumerate(lengths)
        if length is not None and length < full
    }


def _place(
    sheet: _Sheet,
    good: Sequence[int],
    complete: Sequence[bool],
    scientific: Sequence[str],
    space: Mapping[str, Axis | Per] | None,
) -> PlacedTrials:
    rows, columns = sheet.rows, sheet.columns
    for column in columns.hyperparameters.values():
        check_hyperparameter(rows.cells[column], rows.lines, rows.source, column)
    cells = {
        name: [rows.cells[column][i] for i in good]
        for name, column in columns.hyperparameters.items()
    }
    if space is not None:
        return place_in_space(cells, space, scientific, len(good))
    if not cells:
        raise TableError(
            f"{rows.source} has no column that is a hyperparameter",
            next_step="name them: hyperparameters=[...] (--hyperparameters a,b)",
        )
    values = {name: values_of(column) for name, column in cells.items()}
    return infer_space(values, scientific, complete, workloads=columns.workloads)


def _seeds(sheet: _Sheet) -> list[int | None]:
    """The seed of each row; of several columns that differ, a number for each combination."""
    read = []
    for column in sheet.columns.seeds:
        found = [number_of(c) for c in sheet.rows.cells[column]]
        read.append([int(s) if s is not None and math.isfinite(s) else None for s in found])
    varied = [own for own in read if len(set(own)) > 1]
    if len(varied) > 1:
        combined = list(zip(*varied, strict=True))
        number = {seeds: i for i, seeds in enumerate(dict.fromkeys(combined))}
        return [number[seeds] for seeds in combined]
    return next(iter((*varied, *read)), [None] * len(sheet.rows))


def _seconds(sheet: _Sheet, measured: Mapping[str, Curves]) -> NDArray[np.float64]:
    """The column, else the last of a curve of that name, else NaN."""
    column = sheet.columns.seconds
    if column == "seconds":
        return numbers(sheet.cells(column), sheet.rows.lines, sheet.rows.source, column)
    if column:
        read = [None if is_missing(c) else seconds_of(c) for c in sheet.cells(column)]
        return np.array([math.nan if s is None else s for s in read])
    seconds = np.full(len(sheet.rows), np.nan)
    if "seconds" in measured:
        offsets, values = measured["seconds"].offsets, measured["seconds"].values
        there = np.flatnonzero(np.diff(offsets))
        seconds[there] = values[offsets[there + 1] - 1]
    return seconds


def _common_end(curves: Curves | None, rows: NDArray[np.int64]) -> int | None:
    """The step at which the curves of all these trials end, if it is one step."""
    if curves is None:
        return None
    there = rows[np.diff(curves.offsets)[rows] > 0]
    ends = np.unique(curves.steps[curves.offsets[there + 1] - 1])
    return int(ends[0]) if len(ends) == 1 else None
