"""A sweep that was run elsewhere, read from CSV into the columns of a trial table (C11)."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunebook.domain.curves import Curves
from tunebook.domain.decision import Setting
from tunebook.domain.design import Objective
from tunebook.domain.errors import DesignError, TableError, nearest
from tunebook.domain.formats import scalars
from tunebook.domain.formats.notation import format_objective, parse_metric, parse_objective
from tunebook.domain.formats.numbers import listed
from tunebook.domain.origin import Origin, samplers, steered
from tunebook.domain.space import Axis, Per
from tunebook.domain.trial import Cause, Status
from tunebook.importers.csv.column_names import unit_factor
from tunebook.importers.csv.column_profile import is_missing, seconds_of
from tunebook.importers.csv.column_roles import use_columns
from tunebook.importers.csv.columns import (
    check_hyperparameter,
    number_of,
    numbers,
    read_rows,
)
from tunebook.importers.csv.curve_names import rows_of_curves
from tunebook.importers.csv.curves import one_run, pack_curves, read_curves
from tunebook.importers.csv.measurements import Measurements
from tunebook.importers.csv.nested import spread_nested
from tunebook.importers.csv.objective import find_objective
from tunebook.importers.csv.outcomes import Sheet, fates_of
from tunebook.importers.csv.space import (
    PlacedTrials,
    infer_space,
    place_in_space,
    value_on,
    values_of,
)
from tunebook.importers.csv.statuses import Unused
from tunebook.importers.legible import legible, legible_source
from tunebook.importers.source import SweepSource


def read_sweep(
    source: SweepSource,
    *,
    objective: Objective | str,
    hyperparameters: Sequence[str] | None,
    scientific: Sequence[str],
    chance: float | None,
    reduce: str | None,
    space: Mapping[str, Axis | Per] | None,
    training_objective: str,
    adaptive: bool,
) -> dict[str, Any]:
    """The columns of a trial table, by field; arguments and errors as `TrialTable.from_csv`."""
    chance = _checked(hyperparameters, scientific, chance, space)
    source = legible_source(source)
    asked = _objective(objective, reduce, source)
    training_objective = parse_metric(training_objective)
    read = source.curves
    metrics = read.metrics if read else ()
    if training_objective:
        find_objective(training_objective, source.rows, metrics)
    column = find_objective(asked.metric, source.rows, metrics)
    sheet = _sheet(source, column, hyperparameters, scientific, space)
    guessed = hyperparameters is None and space is None
    if read is None and guessed:
        _refuse_log(sheet)
    measured, unknown = _curves(read, sheet)
    if column in measured:  # found without its prefix, such as Optuna's `values_`
        measured = {asked.metric if m == column else m: own for m, own in measured.items()}
    reached, fates = fates_of(sheet, column, measured, asked, chance)
    ended = {i: said for i, said in enumerate(fates) if not isinstance(said, Unused)}
    good = list(ended)
    complete = [status is Status.COMPLETE for status, _ in ended.values()]
    placed = _place(sheet, good, complete, scientific, space, source.declared)
    unused = [(i, said) for i, said in enumerate(fates) if isinstance(said, Unused)]
    reasons = {good[at]: why for at, why in placed.reasons.items()}
    reasons |= {i: said.why for i, said in unused}
    pick = [at for at in range(len(good)) if at not in placed.reasons]
    varied = {name for branch in placed.branches.values() for name in branch.axes}
    kept = [good[at] for at in pick]
    return {
        "objective": asked,
        "study": tuple(placed.study[at] for at in pick),
        "config": tuple(placed.config[at] for at in pick),
        **_trial_columns(sheet, kept, ended, reached, measured, asked),
        "branches": placed.branches,
        "roles": placed.roles,
        "inferred_space": space is None and not varied <= set(source.declared),
        "training_objective": training_objective,
        "chance": chance,
        "adaptive": adaptive or _steered(source, sheet),
        "chosen": tuple(sheet.chosen[i] for i in kept) if sheet.chosen and not adaptive else (),
        "cut": sum(said.cut for _, said in unused),
        "left_out": _left_out(sheet, reasons, unknown),
        "origin": sheet.columns.origin,
    }


def _steered(source: SweepSource, sheet: Sheet) -> bool:
    """Whether earlier results chose later configurations, by the marks of rows first."""
    if any(map(steered, sheet.chosen)):
        return True
    if source.adaptive is not None or any(sheet.chosen):
        return bool(source.adaptive)
    return sheet.columns.origin.adaptive


def _trial_columns(
    sheet: Sheet,
    kept: Sequence[int],
    ended: Mapping[int, tuple[Status, Cause | None]],
    reached: np.ndarray,
    measured: Mapping[str, Curves],
    asked: Objective,
) -> dict[str, Any]:
    """What the kept rows say of themselves: names, seeds, fates, values, curves."""
    status = tuple(ended[i][0] for i in kept)
    complete = np.array([s is Status.COMPLETE for s in status], dtype=bool)
    row = np.asarray(kept, dtype=np.int64)
    seeds = _seeds(sheet)
    return {
        "name": tuple(sheet.names[i] for i in kept),
        "seed": tuple(seeds[i] for i in kept),
        "status": status,
        "cause": tuple(ended[i][1] for i in kept),
        "seconds": _seconds(sheet, measured)[row],
        "value": np.where(complete, reached[row], np.nan),
        "curves": {metric: c.take(row) for metric, c in measured.items()},
        "max_train_steps": _common_end(measured.get(asked.metric), row[complete]),
    }


def read_csv(
    trials: str | os.PathLike[str], curves: str | os.PathLike[str] | None = None
) -> SweepSource:
    """Read CSV files, with configurations in one cell as columns of their own."""
    rows = read_rows(trials)
    cells, notes = spread_nested(rows.cells)
    rows = replace(rows, cells=cells, header=tuple(cells), notes=(*rows.notes, *notes))
    return SweepSource(rows=rows, curves=None if curves is None else read_curves(curves))


def read_table(trials: Path, study: str) -> SweepSource:
    """As `read_csv`; a table holds one study."""
    del study
    return read_csv(trials)


def _left_out(sheet: Sheet, reasons: Mapping[int, str], unknown: Sequence[str]) -> tuple[str, ...]:
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


def _objective(objective: Objective | str, reduce: str | None, source: SweepSource) -> Objective:
    """The objective with its reduction: as asked, else as the source states, else the best."""
    metric = parse_objective(legible(objective)).metric if isinstance(objective, str) else ""
    reduce = reduce or source.reduce.get(metric, "best")
    if isinstance(objective, str):
        return parse_objective(legible(objective), reduce=reduce)
    if not isinstance(objective, Objective):
        raise DesignError(
            f"an objective is a metric and which way is better; got {objective!r}",
            next_step='give objective="minimize:valid/error", or tb.minimize("valid/error")',
        )
    if reduce == "best":
        return objective
    return parse_objective(format_objective(objective), reduce=reduce)


def _sheet(
    source: SweepSource,
    objective: str,
    hyperparameters: Sequence[str] | None,
    scientific: Sequence[str],
    space: Mapping[str, Axis | Per] | None,
) -> Sheet:
    rows = source.rows
    columns, order = use_columns(
        rows,
        objective=objective,
        metrics=source.curves.metrics if source.curves else (),
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
    chosen = source.chosen or columns.chosen
    ordered = replace(
        rows,
        lines=tuple(rows.lines[i] for i in pick),
        cells={c: [own[i] for i in pick] for c, own in rows.cells.items()},
    )
    return Sheet(
        rows=ordered,
        columns=replace(columns, origin=_with_sampler(columns.origin, chosen)),
        names=tuple(names[i] for i in pick),
        chosen=tuple(chosen[i] for i in pick) if chosen else (),
    )


def _with_sampler(origin: Origin, chosen: Sequence[str]) -> Origin:
    """The origin, with the samplers that the marks of its rows name; those that results steer."""
    named = samplers(chosen)
    by_results = [name for name in named if steered(name)]
    if not named:
        return origin
    shown = listed(by_results or named)
    return replace(origin, sampler=shown, adaptive=bool(by_results))


def _refuse_log(sheet: Sheet) -> None:
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


def _curves(read: Measurements | None, sheet: Sheet) -> tuple[dict[str, Curves], tuple[str, ...]]:
    if read is None:
        return {}, ()
    if sheet.columns.trial is None:
        raise TableError(
            f'{sheet.rows.source} has no column "trial", so its curves belong to no row',
            next_step="add a column trial with the names that the curves file uses",
        )
    rows = rows_of_curves(read.trials, sheet.names, sheet.rows.source)
    known = np.array(rows, dtype=np.int64)
    unknown = tuple(name for name, row in zip(read.trials, rows, strict=True) if row < 0)
    return pack_curves(read, known, len(sheet.names)), unknown


def _place(
    sheet: Sheet,
    good: Sequence[int],
    complete: Sequence[bool],
    scientific: Sequence[str],
    space: Mapping[str, Axis | Per] | None,
    declared: Mapping[str, Axis],
) -> PlacedTrials:
    rows, columns = sheet.rows, sheet.columns
    for name, column in columns.hyperparameters.items():
        if name not in declared:
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
    values = {
        name: [value_on(declared[name], c) for c in column]
        if name in declared
        else values_of(column)
        for name, column in cells.items()
    }
    return infer_space(
        values, scientific, complete, workloads=columns.workloads, declared=declared
    )


def _seeds(sheet: Sheet) -> list[int | None]:
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


def _seconds(sheet: Sheet, measured: Mapping[str, Curves]) -> NDArray[np.float64]:
    """The column, else the last of a curve of that name, else NaN."""
    column = sheet.columns.seconds
    if column == "seconds":
        return numbers(sheet.cells(column), sheet.rows.lines, sheet.rows.source, column)
    if column:
        factor = unit_factor(column) if all(map(_is_bare, sheet.cells(column))) else 1.0
        read = [None if is_missing(c) else seconds_of(c) for c in sheet.cells(column)]
        return np.array([math.nan if s is None else s * factor for s in read])
    seconds = np.full(len(sheet.rows), np.nan)
    if "seconds" in measured:
        offsets, values = measured["seconds"].offsets, measured["seconds"].values
        there = np.flatnonzero(np.diff(offsets))
        seconds[there] = values[offsets[there + 1] - 1]
    return seconds


def _is_bare(cell: str) -> bool:
    return is_missing(cell) or number_of(cell) is not None


def _common_end(curves: Curves | None, rows: NDArray[np.int64]) -> int | None:
    """The step at which the curves of all these trials end, if it is one step."""
    if curves is None:
        return None
    there = rows[np.diff(curves.offsets)[rows] > 0]
    ends = np.unique(curves.steps[curves.offsets[there + 1] - 1])
    return int(ends[0]) if len(ends) == 1 else None
