"""The trials of a round as a table of a terminal (C12 D6)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table

from tunebook.domain.formats.numbers import column_texts
from tunebook.report.terminal.lines import printable
from tunebook.report.terminal.parts import Group, Text
from tunebook.report.terminal.trial_list import TrialList, known

if TYPE_CHECKING:
    from tunebook.report.terminal.parts import Renderable

UNBOUND = 100_000
"""Columns of a terminal in which every table fits."""
_BREAK = re.compile(r"(?<=\w\w[/_.-])(?=\w\w)")
UNSHOWN = ("study", "seed", "cause", "detail")
"""Columns that a terminal leaves out; CSV and JSON have them."""


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
        texts = column_texts([known(v) for v in values])
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


def _in_order(found: TrialList) -> dict[str, Sequence[Any]]:
    first = ("trial", "status", found.objective)
    names = [*first, *(n for n in found.columns if n not in (*first, *UNSHOWN, "seconds"))]
    return {name: found.columns[name] for name in (*names, "seconds")}
