"""The trials of a round as rows for a terminal, CSV or JSON (C12 D6)."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

from tunebook.domain.design import Objective
from tunebook.domain.errors import TableError, nearest
from tunebook.domain.formats.data_frame import Columns, columns
from tunebook.domain.formats.numbers import counts_text, plural
from tunebook.domain.trial import Cause, Configuration, Status, Value
from tunebook.report.best_first import best_first


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialList:
    """Rows in their order, and the columns by name.

    Attributes:
        columns: name to the values of the rows shown.
        objective: name of the metric that decides.
        counts: how many trials the round has, by fate; left: rows that are not shown.
    """

    columns: Mapping[str, Sequence[Any]]
    objective: str
    counts: str
    left: int

    def data(self) -> list[dict[str, Any]]:
        """One dict a trial; a value that is not known is None."""
        names = list(self.columns)
        rows = zip(*self.columns.values(), strict=True)
        return [dict(zip(names, map(known, row), strict=True)) for row in rows]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedTrials:
    """What a list shows of trials, as a `TrialTable` has it, in lists."""

    objective: Objective
    name: tuple[str, ...]
    study: tuple[str, ...]
    rerun_of: tuple[str | None, ...]
    config: tuple[Configuration, ...]
    seed: tuple[int | None, ...]
    status: tuple[Status, ...]
    cause: tuple[Cause | None, ...]
    seconds: Sequence[float]
    value: Sequence[float]

    def __len__(self) -> int:
        return len(self.name)


def listing(
    table: Columns,
    details: Mapping[str, str],
    *,
    sort: str | None = None,
    reverse: bool = False,
    most: int | None = None,
) -> TrialList:
    """Sort the trials of a table; what has no value comes last.

    Args:
        table: the trials.
        details: trial name to its error in one line.
        sort: a column, or a hyperparameter; the objective if left out.
        reverse: largest first; with the objective, worst first.
        most: rows at most.

    Raises:
        TableError: there is no such column; names the nearest.
    """
    every = columns(table) | {"detail": [details.get(name, "") for name in table.name]}
    losses = [table.objective.sign * float(value) for value in table.value]
    order = best_first(table.status, losses)
    if sort is not None:
        if sort not in every:
            raise TableError(
                f'trials have no column "{sort}".{nearest(sort, every)}',
                next_step=f"sort by one of: {', '.join(every)}",
            )
        order.sort(key=lambda i: _place(every[sort][i]), reverse=reverse)
        order.sort(key=lambda i: known(every[sort][i]) is None)
    elif reverse:
        complete = [i for i in order if table.status[i] is Status.COMPLETE]
        order = complete[::-1] + [i for i in order if table.status[i] is not Status.COMPLETE]
    shown = order[:most]
    return TrialList(
        columns={name: [values[i] for i in shown] for name, values in every.items()},
        objective=table.objective.metric,
        counts=f"{plural(len(table), 'trial')}: {counts_text(table.status)}",
        left=len(order) - len(shown),
    )


def csv_text(found: TrialList) -> str:
    """CSV with a header, as `tunebook audit` reads it."""
    out = StringIO()
    write = csv.writer(out, lineterminator="\n")
    write.writerow(found.columns)
    for row in zip(*found.columns.values(), strict=True):
        cells = map(known, row)
        write.writerow(["" if v is None else _lower(v) for v in cells])
    return out.getvalue()


def known(value: Any) -> Any:
    """The value, None where it is not a number."""
    return None if value is None or value != value else value


def _lower(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _place(value: Value | None) -> tuple[int, float, str]:
    """Numbers before texts, each in their order."""
    if isinstance(value, bool | int | float):
        return 0, float(value) if value == value else 0.0, ""
    return 1, 0.0, str(value)
