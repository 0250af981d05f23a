"""The table of trials: best first, none missing, what failed with its cause (C3 C12)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tunebook.domain.formats.numbers import column_texts
from tunebook.domain.record import RoundRecord
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Status, Value

LIFE = (
    Status.COMPLETE,
    Status.INFEASIBLE,
    Status.FAILED,
    Status.RUNNING,
    Status.PENDING,
)


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
    """The table: the columns after the trial's name; the fate stands behind the first."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


def trial_rows(found: RoundRecord | None, table: TrialTable) -> TrialRows:
    """Every trial of a table as rows, best objective first, then by the trial's life.

    Args:
        found: the round that knows why trials failed; None for a sweep that was run elsewhere.
        table: its trials.
    """
    varied = list(dict.fromkeys(n for b in table.branches.values() for n in b.axes))
    settled = list(dict.fromkeys(n for b in table.branches.values() for n in b.conditions))
    several = len(set(table.study)) > 1
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
    rows = [_row(found, table, i, [column[i] for column in content]) for i in best_first(table)]
    return TrialRows(columns=tuple(columns), rows=tuple(rows))


def best_first(table: TrialTable) -> list[int]:
    """Rows of a table, best objective first, then by the trial's life."""
    losses = table.losses

    def place(i: int) -> tuple[int, float, int]:
        loss = float(losses[i])
        return LIFE.index(table.status[i]), math.inf if math.isnan(loss) else loss, i

    return sorted(range(len(table)), key=place)


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
