"""A ledger of a research agent: what became of each run, and what it reached (C11)."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tunebook.domain.errors import TableError
from tunebook.domain.formats.numbers import plural
from tunebook.domain.ledger import Ledger, Verdict
from tunebook.domain.origin import Kind
from tunebook.importers.csv.columns import TrialRows, content_of, number_of, source_of, text_of
from tunebook.importers.csv.known_tools import Stated
from tunebook.importers.ledger.groups import groups_of
from tunebook.importers.ledger.layout import (
    Layout,
    Row,
    direction_of,
    rows_of,
    split_header,
    verdict_of,
)
from tunebook.importers.source import SweepSource

TOOL = "a ledger"
_RERUN = re.compile(
    r"^\W*((data_?)?seed\s*[=:]?\s*\d+|(baseline\s+)?re-?run\b(?!.*\bwith\b)|"
    r"(clean\s+|baseline\s+)*repeat(ed)?\b|replicate\b|same (code|config\w*)\b)",
    re.IGNORECASE,
)
_LOWER, _HIGHER = ("lower_is_better", "minimize"), ("higher_is_better", "maximize")
_TINY = 1e-6
"""Beside the median of the others, a 0 is a value that was not measured."""


def read_ledger(place: Path, study: str = "") -> SweepSource:
    """Read a ledger.

    Args:
        place: the file.
        study: name of the metric, in place of the first that can be it.

    Raises:
        TableError: it is no ledger, or nothing shows which way the metric is better.
    """
    source, text = source_of(place), text_of(content_of(place), source_of(place))
    groups = groups_of(text)
    if not groups:
        raise TableError(
            f"{source} is no ledger: no column says keep or discard",
            next_step="name one: --from csv reads it as a table of trials",
        )
    layout, rows = groups[0]
    metric = layout.metric if not study else _named(layout, study, source)
    every, comments = rows_of(text)
    ledger, notes = _ledger(layout, rows, metric, comments)
    others = len(split_header(every)[1]) - len(rows)
    if others > 0:
        notes.append(f"Not read: {plural(others, 'row')} of another layout.")
    if copies := len(rows) - len({row.cells for row in rows}):
        notes.append(f"Rows that copy another word for word, which is no rerun: {copies}.")
    return _as_source(source, layout, rows, ledger, notes)


def _named(layout: Layout, name: str, source: str) -> int:
    if name in layout.names:
        return layout.names.index(name)
    numbers = ", ".join(layout.names[i] for i in layout.numbers)
    raise TableError(
        f'{source} has no column "{name}"', next_step=f"name one of its metrics: {numbers}"
    )


def _ledger(
    layout: Layout, rows: Sequence[Row], metric: int, comments: Sequence[str]
) -> tuple[Ledger, list[str]]:
    verdicts = tuple(verdict_of(row.cells[layout.verdict]) or Verdict.OTHER for row in rows)
    cells = [row.cells[metric] if metric >= 0 else "" for row in rows]
    values, notes = read_values(cells, verdicts)
    name = layout.names[metric] if metric >= 0 else ""
    sign, why = _sign(name, comments, values, verdicts)
    if name:
        better = "lower" if sign > 0 else "higher"
        notes.append(f"{name}: {better} is better, by {why} (change with --objective WAY:NAME).")
    reruns = [any(_RERUN.search(row.cells[i]) for i in layout.texts) for row in rows]
    return Ledger(
        metric=name,
        sign=sign,
        lines=tuple(row.line for row in rows),
        verdicts=verdicts,
        values=values,
        reruns=np.array(reruns, bool),
    ), notes


def read_values(
    cells: Sequence[str], verdicts: Sequence[Verdict]
) -> tuple[NDArray[np.float64], list[str]]:
    """The value of each run, NaN where it has none, and notes."""
    values = np.array([_value(cell) for cell in cells], np.float64)
    values[[v is Verdict.CRASHED for v in verdicts]] = math.nan
    values[~np.isfinite(values)] = math.nan
    empty = _unmeasured(values)
    values[empty] = math.nan
    count = int(empty.sum())
    return values, [f"Not measured: {plural(count, 'run')} with the value 0."] if count else []


def _value(cell: str) -> float:
    number = number_of(cell.lstrip("~≈").replace(",", ""))
    return math.nan if number is None else number


def _unmeasured(values: NDArray[np.float64]) -> NDArray[np.bool_]:
    others = np.abs(values[np.isfinite(values) & (values != 0)])
    if not len(others) or others.min() < _TINY * np.median(others):
        return np.zeros(len(values), bool)
    return np.equal(values, 0)


def _sign(
    name: str,
    comments: Sequence[str],
    values: NDArray[np.float64],
    verdicts: Sequence[Verdict],
) -> tuple[int, str]:
    """1 where lower is better, and by what it is known."""
    said = " ".join(comments).lower()
    for sign, words in ((1, _LOWER), (-1, _HIGHER)):
        if any(word in said for word in words):
            return sign, "the file's own comment"
    if sign := direction_of(name):
        return sign, "its name"
    kept = values[[v in (Verdict.KEPT, Verdict.BASELINE) for v in verdicts]]
    kept = kept[np.isfinite(kept)]
    down = int((np.diff(np.minimum.accumulate(kept)) < 0).sum()) if len(kept) else 0
    up = int((np.diff(np.maximum.accumulate(kept)) > 0).sum()) if len(kept) else 0
    if down == up:
        return 1, "a guess, since nothing shows it"
    return (1 if down > up else -1), "the runs that were kept"


def _as_source(
    source: str, layout: Layout, rows: Sequence[Row], ledger: Ledger, notes: Sequence[str]
) -> SweepSource:
    """The ledger with its rows as a table, whose columns are all known."""
    kinds = {}
    for i, name in enumerate(layout.names):
        kind = Kind.RESULT if i in layout.numbers else Kind.BOOKKEEPING
        kinds[name] = (Kind.STATUS if i == layout.verdict else kind, name)
    cells = {name: [row.cells[i] for row in rows] for i, name in enumerate(layout.names)}
    way = "minimize" if ledger.sign > 0 else "maximize"
    return SweepSource(
        rows=TrialRows(
            source=source,
            header=layout.names,
            lines=ledger.lines,
            cells=cells,
            notes=tuple(notes),
            stated=Stated(tool=TOOL, kinds=kinds),
        ),
        objectives=(f"{way}:{ledger.metric}",) if ledger.metric else (),
        adaptive=True,
        ledger=ledger,
    )
