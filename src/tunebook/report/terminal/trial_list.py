"""The trials of a round as rows for a terminal, CSV or JSON (C12 D6)."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING, Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table

from tunebook.domain.errors import TableError, nearest
from tunebook.domain.formats.data_frame import columns
from tunebook.domain.formats.numbers import column_texts, counts_text, plural
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Value
from tunebook.report.terminal.lines import printable
from tunebook.report.terminal.parts import Group, Text
from tunebook.report.trial_rows import best_first

if TYPE_CHECKING:
    from tunebook.report.terminal.parts import Renderable

UNBOUND = 100_000
"""Columns of a terminal in which every table fits."""
_BREAK = re.compile(r"(?<=\w\w[/_.-])(?=\w\w)")
UNSHOWN = ("study", "seed", "cause", "detail")
"""Columns that a terminal leaves out; CSV and JSON have them."""


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
        return [dict(zip(names, map(_known, row), strict=True)) for row in rows]


def listing(
    table: TrialTable,
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
    order = best_first(table)
    if sort is not None:
        if sort not in every:
            raise TableError(
                f'trials have no column "{sort}".{nearest(sort, every)}',
                next_step=f"sort by one of: {', '.join(every)}",
            )
        order.sort(key=lambda i: _place(every[sort][i]), reverse=reverse)
        order.sort(key=lambda i: _known(every[sort][i]) is None)
    elif reverse:
        complete = [i for i in order if table.complete[i]]
        order = complete[::-1] + [i for i in order if not table.complete[i]]
    shown = order[:most]
    return TrialList(
        columns={name: [values[i] for i in shown] for name, values in every.items()},
        objective=table.objective.metric,
        counts=f"{plural(len(table), 'trial')}: {counts_text(table.status)}",
        left=len(order) - len(shown),
    )


def trials_renderable(found: TrialList) -> Renderable:
    """A table for a terminal: the trial, its fate and value, its hyperparameters, its time."""
    more = f"; {found.left} more" if found.left else ""
    return Group(_Grid(found), Text(f"{found.counts}{more}", style="dim"))


@dataclass(frozen=True, slots=True)
class _Grid:
    """The table; in a narrow terminal the names of its columns break after a `/` or `_`."""

    found: TrialList

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        whole = _grid(self.found, name_of=printable)
        wide = options.update(width=UNBOUND)
        if console.measure(whole, options=wide).maximum <= options.max_width:
            yield whole
        else:
            yield _grid(self.found, name_of=lambda name: _BREAK.sub("\n", printable(name)))


def _grid(found: TrialList, name_of: Callable[[str], str]) -> Table:
    grid = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    causes = found.columns["cause"]
    shown: list[list[str]] = []
    for name, values in _in_order(found).items():
        texts = column_texts([_known(v) for v in values])
        if name == "status":
            texts = [f"{s}: {c}" if c else s for s, c in zip(texts, causes, strict=True)]
        numeric = all(isinstance(v, int | float) or v is None for v in values)
        grid.add_column(
            Text(name_of(name)), justify="right" if numeric else "left", overflow="fold"
        )
        shown.append(texts)
    for row in zip(*shown, strict=True):
        grid.add_row(*(Text(printable(text)) for text in row))
    return grid


def csv_text(found: TrialList) -> str:
    """CSV with a header, as `tunebook audit` reads it."""
    out = StringIO()
    write = csv.writer(out, lineterminator="\n")
    write.writerow(found.columns)
    for row in zip(*found.columns.values(), strict=True):
        known = map(_known, row)
        write.writerow(["" if v is None else _lower(v) for v in known])
    return out.getvalue()


def _in_order(found: TrialList) -> dict[str, Sequence[Any]]:
    first = ("trial", "status", found.objective)
    names = [*first, *(n for n in found.columns if n not in (*first, *UNSHOWN, "seconds"))]
    return {name: found.columns[name] for name in (*names, "seconds")}


def _known(value: Any) -> Any:
    return None if value is None or value != value else value


def _lower(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else value


def _place(value: Value | None) -> tuple[int, float, str]:
    """Numbers before texts, each in their order."""
    if isinstance(value, bool | int | float):
        return 0, float(value) if value == value else 0.0, ""
    return 1, 0.0, str(value)
