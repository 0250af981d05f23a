"""The table of trials: best first, none missing, what failed with its cause (C3 C12)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tunebook.domain.formats.numbers import column_texts
from tunebook.domain.record import RoundRecord
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Status, Value
from tunebook.report.best_first import best_first

SHOWN = 500
"""Rows that a page has as such; of more, the others are data until a reader asks for them."""
MOST_ROWS = 5000
"""Trials in the page's table: of more, the best. A browser lays out 100,000 rows in minutes."""
_OF_ROW = ("trial", "place", "status", "fate", "detail", "output_tail")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One entry: its text, what it sorts by, and whether it is a number."""

    text: str
    sort: str
    numeric: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column's heading: its name, its unit, and whether it holds numbers."""

    name: str
    unit: str
    numeric: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One trial.

    Attributes:
        trial: its name; place: among its round's trials, which it sorts by.
        cells: in the order of the columns.
        status: of the trial; fate: status and cause in words.
        detail, output_tail: why, and the end of what it printed.
    """

    trial: str
    place: int
    cells: tuple[Cell, ...]
    status: Status
    fate: str
    detail: str
    output_tail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRows:
    """The table: the columns after the trial's name; the fate stands behind the first.

    Attributes:
        columns: after the trial's name.
        rows: best first; a page writes the first SHOWN, and the others once they are asked for.
        hidden: how many more trials there are.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    hidden: int = 0

    @property
    def shown(self) -> tuple[Row, ...]:
        """The rows that a page writes."""
        return self.rows[:SHOWN]

    @property
    def folded(self) -> dict[str, Any]:
        """The other rows as columns for the page's script; empty where there is none."""
        rows = self.rows[SHOWN:]
        if not rows:
            return {}
        cells = list(zip(*(row.cells for row in rows), strict=True))
        return {
            **{name: [getattr(row, name) for row in rows] for name in _OF_ROW},
            "texts": [[cell.text for cell in column] for column in cells],
            "sorts": [
                [None if cell.sort == cell.text else cell.sort for cell in column]
                for column in cells
            ],
        }


def trial_rows(found: RoundRecord | None, table: TrialTable) -> TrialRows:
    """The trials of a table as rows, best objective first, then by the trial's life.

    Of more than MOST_ROWS, the best.

    Args:
        found: the round that knows why trials failed; None for a sweep that was run elsewhere.
        table: its trials.
    """
    varied = list(dict.fromkeys(n for b in table.branches.values() for n in b.axes))
    settled = list(dict.fromkeys(n for b in table.branches.values() for n in b.conditions))
    several = len(set(table.study)) > 1
    hidden = max(0, len(table) - MOST_ROWS)
    if hidden:
        table = table.take(
            np.sort(np.array(best_first(table.status, table.losses.tolist())[:MOST_ROWS]))
        )
    columns: list[Column] = []
    content: list[list[Cell]] = []

    def add(name: str, unit: str, values: Sequence[Value | None], digits: int = 3) -> None:
        present = [v for v in values if v is not None]
        numeric = all(isinstance(v, int | float) and not isinstance(v, bool) for v in present)
        columns.append(Column(name=name, unit=unit, numeric=numeric))
        texts = column_texts(values, digits=digits)
        content.append(
            [
                Cell(text=t, sort=_sort_text(v), numeric=numeric)
                for t, v in zip(texts, values, strict=True)
            ]
        )

    values = [None if math.isnan(v) else float(v) for v in table.value]
    add(table.objective.metric, "", values, digits=4)  # as many as texts and pictures give it
    reruns = bool(table.rerun_of)
    if reruns or (several and not settled):
        add("side" if reruns else "study", "", list(table.rerun_of or table.study))
    for name in (*settled, *(n for n in varied if n not in settled)):
        add(name, "", table.column(name))
    add("time", "s", [None if math.isnan(s) else float(s) for s in table.seconds])
    if reruns:  # of a search every trial has its own, ten digits that nobody compares
        add("seed", "", list(table.seed))
    rows = [
        _row(found, table, i, [column[i] for column in content])
        for i in best_first(table.status, table.losses.tolist())
    ]
    return TrialRows(columns=tuple(columns), rows=tuple(rows), hidden=hidden)


def _order(table: TrialTable) -> list[int]:
    return best_first(table.status, table.losses.tolist())


def _row(found: RoundRecord | None, table: TrialTable, i: int, cells: Sequence[Cell]) -> Row:
    name, status, cause = table.name[i], table.status[i], table.cause[i]
    return Row(
        trial=name,
        place=i,
        cells=tuple(cells),
        status=status,
        fate=f"{status}: {cause}" if cause else str(status),
        detail=found.details.get(name, "") if found else "",
        output_tail=found.output_tails.get(name, "") if found else "",
    )


def _sort_text(value: Value | None) -> str:
    """What a script sorts by; empty sorts last either way."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(int(value))
    return repr(value) if isinstance(value, float) else str(value)
