"""The curves of a sweep that was run elsewhere: one row a measurement, or one row a step (C11)."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tunebook.domain.curves import Curves
from tunebook.domain.errors import TableError
from tunebook.domain.origin import Kind
from tunebook.importers.csv.column_names import kind_by_name, plain_name
from tunebook.importers.csv.column_profile import Look, is_missing, look_at
from tunebook.importers.csv.columns import as_utf8, content_of, numbers, source_of, text_of
from tunebook.importers.csv.dialect import Grid, read_grid
from tunebook.importers.csv.known_tools import words
from tunebook.importers.csv.measurements import (
    COLUMNS,
    Measurements,
    read_measurements,
    whole_steps,
)

STEPS = ("step", "global_step", "steps", "train_step", "epoch", "iteration", "training_iteration",
         "iter", "num_steps", "trainer_global_step", "batch", "tokens")  # fmt: skip
"""Names of the column that says how far training was, the first that is there counts."""

_NO_METRIC = frozenset({Kind.BOOKKEEPING, Kind.TRIAL, Kind.STATUS, Kind.SEED, Kind.START,
                        Kind.CAUSE, Kind.STUDY, Kind.WORKLOAD})  # fmt: skip
_OF_RUN = re.compile(r"(?P<run>.+) - (?P<metric>[^-].*?)(?P<spread>__MIN|__MAX)?")


def read_curves(path: str | os.PathLike[str]) -> Measurements:
    """Read a curves file of either shape.

    Args:
        path: CSV (gzip or not) with the columns trial, step, metric and value; or with a column
            of trials, one of steps, and one for each metric; or with one of steps and one for
            each run, named `RUN - METRIC` as W&B downloads a chart.

    Raises:
        TableError: it is none of these; says what was seen.
    """
    source = source_of(path)
    content = as_utf8(content_of(path), source)
    first = content.removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0].decode()
    names = [name.strip() for name in next(csv.reader(io.StringIO(first)), [])]
    if set(COLUMNS) <= set(names) or not names:
        return read_measurements(content, source)
    return curves_of(read_grid(text_of(content, source), source), source)


def curves_of(grid: Grid, source: str) -> Measurements:
    """The curves in rows of either shape.

    Args:
        grid: of the file.
        source: its name, for errors.

    Raises:
        TableError: they are none; says what was seen.
    """
    if set(COLUMNS) <= set(grid.header):
        return _long(grid, source)
    if grid.left_out:
        raise TableError(
            f"{source}, {grid.left_out[0]}",
            next_step="is the file cut off? Write it anew, or drop that line",
        )
    return _wide(grid, source)


def step_column(header: Sequence[str]) -> str | None:
    """The column that says how far training was, or None."""
    plain = {plain_name(name): name for name in reversed(header)}
    return next((plain[name] for name in STEPS if name in plain), None)


def _long(grid: Grid, source: str) -> Measurements:
    rows = list(zip(*(grid.columns[c] for c in COLUMNS), strict=True))
    return _measurements(
        [(trial, metric, step, value) for trial, step, metric, value in rows], grid.lines, source
    )


def _wide(grid: Grid, source: str) -> Measurements:
    step = step_column(grid.header)
    of_run = {c: m for c in grid.header if (m := _OF_RUN.fullmatch(c))}
    trial = _trial_column(grid)
    if step is None or (trial is None and not of_run):
        raise _no_curves(grid, source, "a step" if step is None else "a trial")
    found: list[tuple[str, str, str, str]] = []
    lines: list[int] = []
    metrics = _metrics(grid, step, trial) if trial is not None else []
    if trial is not None and not metrics:
        raise _no_curves(grid, source, "a metric of numbers")
    for i, line in enumerate(grid.lines):
        at = grid.columns[step][i]
        if trial is not None:
            cells = [(grid.columns[trial][i], m, grid.columns[m][i]) for m in metrics]
        else:
            cells = [
                (m["run"], m["metric"], grid.columns[c][i])
                for c, m in of_run.items()
                if not m["spread"]
            ]
        found += [(name, metric, at, value) for name, metric, value in cells if value]
        lines += [line] * (len(found) - len(lines))
    return _measurements(found, lines, source)


def _trial_column(grid: Grid) -> str | None:
    named = {plain_name(c): c for c in reversed(grid.header)}
    return next((named[name] for name in words()["trials"] if name and name in named), None)


def _metrics(grid: Grid, step: str, trial: str) -> list[str]:
    """Columns of numbers that are neither bookkeeping nor another count of steps."""
    found = []
    for column in grid.header:
        if column in (step, trial, "") or plain_name(column) in STEPS:
            continue
        look = look_at(grid.columns[column])
        if look.there and look.numeric and kind_by_name(column, look) not in _NO_METRIC:
            found.append(column)
    return found


def _measurements(
    rows: Sequence[tuple[str, str, str, str]], lines: Sequence[int], source: str
) -> Measurements:
    """Rows of trial, metric, step and value as columns; empty values are not there."""
    kept = [i for i, row in enumerate(rows) if not is_missing(row[3]) or row[3].lower() == "nan"]
    at = [lines[i] for i in kept]
    steps = [rows[i][2] for i in kept]
    trials: dict[str, int] = {}
    metrics: dict[str, int] = {}
    step = whole_steps(numbers(steps, at, source, "step"), steps, np.array(at, np.int64), source)
    return Measurements(
        trial=np.array([trials.setdefault(rows[i][0], len(trials)) for i in kept], np.int64),
        metric=np.array([metrics.setdefault(rows[i][1], len(metrics)) for i in kept], np.int64),
        step=step,
        value=numbers([rows[i][3] for i in kept], at, source, "value"),
        trials=tuple(trials),
        metrics=tuple(metrics),
    )


def _no_curves(grid: Grid, source: str, missing: str) -> TableError:
    shown = ", ".join(grid.header[:12]) + (", ..." if len(grid.header) > 12 else "")
    return TableError(
        f"{source}: a curves file has the columns {', '.join(COLUMNS)}, or a trial, a step and "
        f"one column for each metric; none of {shown} is {missing}",
        next_step="give another file, one row a measurement (trial,step,metric,value), or leave "
        "--curves out",
    )


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


def one_run(cells: Mapping[str, Sequence[str]], hyperparameters: Sequence[str]) -> str | None:
    """The step column of a file that is one run's log, or None where rows are trials.

    Steps rise from row to row, and whatever else might have been set is constant or follows a
    schedule: it changes in few rows, or slowly.
    """
    step = step_column(list(cells))
    if step is None:
        return None
    steps = look_at(cells[step])
    if steps.numbers is None or steps.rows < 3 or not (np.diff(steps.numbers) > 0).all():
        return None
    varied = [look_at(cells[c]) for c in hyperparameters if c != step]
    return step if all(_is_scheduled(look) for look in varied) else None


def _is_scheduled(look: Look) -> bool:
    if look.distinct < 2:
        return True
    if look.numbers is None or look.rows < _FEWEST_STEPS:
        return False
    known = look.numbers[np.isfinite(look.numbers)]
    changes = np.abs(np.diff(known))
    # Random draws travel a third of their range a row; a warmup and a decay travel it twice.
    return float(changes.sum()) <= _TRAVELS * float(known.max() - known.min())


_FEWEST_STEPS = 8
_TRAVELS = 2.5
