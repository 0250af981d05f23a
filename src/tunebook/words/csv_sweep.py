"""A sweep that was run elsewhere, read from CSV into the columns of a trial table (C11)."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunebook.words import scalars
from tunebook.words.csv_columns import (
    TrialRows,
    check_hyperparameter,
    content_of,
    number_of,
    numbers,
    read_trials,
    source_of,
)
from tunebook.words.csv_fates import fate
from tunebook.words.csv_measurements import Measurements, read_measurements
from tunebook.words.csv_space import (
    PlacedTrials,
    infer_space,
    names_the_trial,
    place_in_space,
    values_of,
)
from tunebook.words.curves import Curves, reduce_curves
from tunebook.words.decision import Setting
from tunebook.words.design import Objective
from tunebook.words.errors import DesignError, TableError, nearest
from tunebook.words.notation import format_objective, parse_objective
from tunebook.words.space import Axis, Per
from tunebook.words.trial import Cause, Status

KNOWN = ("trial", "seed", "status", "cause", "seconds", "study")

_METRIC_FOLDERS = ("train", "training", "valid", "validation", "val", "test", "eval", "dev")
_RESULT_STARTS = ("final_", "best_", "last_")
_RESULT_ENDS = ("_to_target", "_seconds", "_measured", "_loss", "_accuracy", "_error")
_TUNED_ENDS = ("min_loss", "target_loss")


def is_result(column: str, metrics: Sequence[str]) -> bool:
    """True where a column's name says that it was measured, not set.

    A metric's own name; a metric's folder (`valid/error`); `final_x`, `best_x`, `last_x`;
    `x_to_target`, `x_seconds`, `x_measured`, `x_loss`, `x_accuracy`, `x_error`; `target`.

    Args:
        column: its name.
        metrics: the objective, and the metrics of the curves.
    """
    lower = column.lower()
    return (
        column in metrics
        or lower == "target"
        or (lower.split("/")[0] in _METRIC_FOLDERS and "/" in lower)
        or lower.startswith(_RESULT_STARTS)
        or (lower.endswith(_RESULT_ENDS) and lower not in _TUNED_ENDS)
    )


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
    measured, unknown = _curves(curves, rows)
    _expect_metric(training_objective, rows, measured)
    reached = _reached(rows, measured, asked)
    fates = _fates(rows, reached, measured, asked, chance)
    good = [i for i, said in enumerate(fates) if not isinstance(said, str)]
    names = _hyperparameters(rows, measured, asked, hyperparameters, scientific, space)
    placed = _place(rows, good, names, scientific, space)
    kept = [i for at, i in enumerate(good) if at not in placed.reasons]
    pick = [at for at in range(len(good)) if at not in placed.reasons]
    reasons = {good[at]: reason for at, reason in placed.reasons.items()}
    reasons |= {i: said for i, said in enumerate(fates) if isinstance(said, str)}
    status = tuple(fates[i][0] for i in kept)
    complete = np.array([s is Status.COMPLETE for s in status], dtype=bool)
    row = np.asarray(kept, dtype=np.int64)
    return {
        "objective": asked,
        "name": tuple(rows.names[i] for i in kept),
        "study": tuple(placed.study[at] for at in pick),
        "config": tuple(placed.config[at] for at in pick),
        "seed": tuple(_seed(rows, i) for i in kept),
        "status": status,
        "cause": tuple(fates[i][1] for i in kept),
        "seconds": _seconds(rows, measured)[row],
        "value": np.where(complete, reached[row], np.nan),
        "curves": {metric: c.take(row) for metric, c in measured.items()},
        "branches": placed.branches,
        "roles": placed.roles,
        "inferred_space": space is None,
        "max_train_steps": _common_end(measured.get(asked.metric), row[complete]),
        "training_objective": training_objective,
        "chance": chance,
        "adaptive": adaptive,
        "left_out": _left_out(rows, reasons, unknown),
    }


def _left_out(
    rows: TrialRows, reasons: Mapping[int, str], unknown: Sequence[str]
) -> tuple[str, ...]:
    """ "name: reason" for rows that can't be read or used, and for curves without a row."""
    return (
        *rows.left_out,
        *(f"{rows.names[i]}: {reasons[i]}" for i in sorted(reasons)),
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


def _curves(
    curves: str | os.PathLike[str] | None, rows: TrialRows
) -> tuple[dict[str, Curves], tuple[str, ...]]:
    if curves is None:
        return {}, ()
    if "trial" not in rows.cells:
        raise TableError(
            f'{rows.source} has no column "trial", so its curves belong to no row',
            next_step="add a column trial with the names that the curves file uses",
        )
    read = read_measurements(content_of(curves), source_of(curves))
    number = {name: i for i, name in enumerate(rows.names)}
    known = np.array([number.get(name, -1) for name in read.trials], dtype=np.int64)
    unknown = tuple(name for name in read.trials if name not in number)
    return pack_curves(read, known, len(rows.names)), unknown


def pack_curves(read: Measurements, known: NDArray[np.int64], trials: int) -> dict[str, Curves]:
    """Curves by metric: each trial's points by rising step, of one step the later row's.

    Args:
        read: the rows of a curves file.
        known: for each name in the file, its trial's number, or -1 for a trial without a row.
        trials: number of trials.
    """
    trial = known[read.trial] if len(known) else read.trial
    place = read.metric * trials + trial
    del trial
    rows = np.flatnonzero(known[read.trial] >= 0) if (known < 0).any() else None
    step, value = read.step, read.value
    if rows is not None:
        place, step, value = place[rows], step[rows], value[rows]
    rising = (place[1:] > place[:-1]) | ((place[1:] == place[:-1]) & (step[1:] > step[:-1]))
    if not rising.all():
        order = np.lexsort((step, place))  # stable: a later row stays behind an earlier one
        place, step, value = place[order], step[order], value[order]
        last = np.ones(len(order), dtype=bool)
        last[:-1] = (place[1:] != place[:-1]) | (step[1:] != step[:-1])
        place, step, value = place[last], step[last], value[last]
    bounds = np.searchsorted(place, np.arange(len(read.metrics) * trials + 1))
    packed = {}
    for m, metric in enumerate(read.metrics):
        own = bounds[m * trials : (m + 1) * trials + 1]
        a, b = own[0], own[-1]
        packed[metric] = Curves(own - a, step[a:b], value[a:b])
    return packed


def _expect_metric(name: str, rows: TrialRows, measured: Mapping[str, Curves]) -> None:
    known = [*measured, *(c for c in rows.header if c not in KNOWN)]
    if name and name not in known:
        raise TableError(
            f'{rows.source} has no column "{name}", and no curve of that name is there.'
            + nearest(name, known),
            next_step=f"metrics of curves: {', '.join(measured) or 'none'}; columns: "
            + ", ".join(rows.header),
        )


def _reached(
    rows: TrialRows, measured: Mapping[str, Curves], objective: Objective
) -> NDArray[np.float64]:
    """The objective of every row, NaN or infinite where it has no sound one."""
    _expect_metric(objective.metric, rows, measured)
    if objective.metric in measured:
        return reduce_curves(measured[objective.metric], objective)
    return numbers(rows.cells[objective.metric], rows.lines, rows.source, objective.metric)


def _fates(
    rows: TrialRows,
    reached: NDArray[np.float64],
    measured: Mapping[str, Curves],
    objective: Objective,
    chance: float | None,
) -> list[tuple[Status, Cause | None] | str]:
    """Status and cause of every row, or why it is no search trial."""
    blank = [""] * len(rows.names)
    status, cause = rows.cells.get("status", blank), rows.cells.get("cause", blank)
    study = rows.cells.get("study", blank)
    found: list[tuple[Status, Cause | None] | str] = []
    for i, value in enumerate(reached):
        if study[i].startswith("rerun:"):
            found.append("a rerun with a fresh seed, which is no part of the search")
            continue
        said = fate(status[i], cause[i], float(value))
        if not isinstance(said, str) and said[0] is Status.COMPLETE and chance is not None:
            curve = measured[objective.metric].of(i)[1] if objective.metric in measured else value
            best = float(np.nanmin(objective.sign * np.asarray(curve)))
            if best >= objective.sign * chance:
                said = Status.INFEASIBLE, Cause.CHANCE
        found.append(said)
    return found


def _hyperparameters(
    rows: TrialRows,
    measured: Mapping[str, Curves],
    objective: Objective,
    asked: Sequence[str] | None,
    scientific: Sequence[str],
    space: Mapping[str, Axis | Per] | None,
) -> list[str]:
    """Names of the columns that are hyperparameters; those asked for must be there."""
    metrics = [objective.metric, *measured]
    named = [*(asked or ()), *scientific, *(space or ())]
    for name in named:
        if name not in rows.cells:
            raise TableError(
                f'{rows.source} has no column "{name}" to read a hyperparameter from.'
                + nearest(name, rows.header),
                next_step=f"columns: {', '.join(rows.header)}",
            )
        if name in metrics:
            raise TableError(f'"{name}" is a metric here, so it is no hyperparameter')
    if space is not None:
        for name in [*(asked or ()), *scientific]:
            if name not in space:
                raise TableError(
                    f'the space has no range for "{name}".{nearest(name, space)}',
                    next_step="add it to the space, or leave it out here",
                )
        return list(space)
    if asked is None:
        asked = [n for n in rows.header if n not in KNOWN and not is_result(n, metrics)]
        # A number with a slip in it makes a column of words, which would pass for a label.
        _check_cells(rows, asked)
        asked = [n for n in asked if not names_the_trial(values_of(rows.cells[n]))]
    chosen = list(dict.fromkeys([*asked, *scientific]))
    _check_cells(rows, chosen)
    return chosen


def _check_cells(rows: TrialRows, names: Sequence[str]) -> None:
    for name in names:
        check_hyperparameter(rows.cells[name], rows.lines, rows.source, name)


def _place(
    rows: TrialRows,
    good: Sequence[int],
    names: Sequence[str],
    scientific: Sequence[str],
    space: Mapping[str, Axis | Per] | None,
) -> PlacedTrials:
    cells = {name: [rows.cells[name][i] for i in good] for name in names}
    if space is not None:
        return place_in_space(cells, space, scientific, len(good))
    if not names:
        raise TableError(
            f"{rows.source} has no column that is a hyperparameter",
            next_step="name them: hyperparameters=[...] (--hyperparameters a,b)",
        )
    columns = {name: values_of(column) for name, column in cells.items()}
    return infer_space(columns, scientific, len(good))


def _seed(rows: TrialRows, i: int) -> int | None:
    seed = number_of(rows.cells["seed"][i]) if "seed" in rows.cells else None
    return int(seed) if seed is not None and math.isfinite(seed) else None


def _seconds(rows: TrialRows, measured: Mapping[str, Curves]) -> NDArray[np.float64]:
    """The column, else the last of a curve of that name, else NaN."""
    if "seconds" in rows.cells:
        return numbers(rows.cells["seconds"], rows.lines, rows.source, "seconds")
    seconds = np.full(len(rows.names), np.nan)
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
