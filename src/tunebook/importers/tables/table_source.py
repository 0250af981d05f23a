"""Rows under a header as a sweep; configurations in one cell become columns of their own (C11)."""

from __future__ import annotations

from collections.abc import Sequence

from tunebook.importers.csv.columns import TrialRows
from tunebook.importers.csv.dialect import Grid
from tunebook.importers.csv.nested import spread_nested
from tunebook.importers.source import SweepSource


def source_of_grid(grid: Grid, source: str, notes: Sequence[str] = ()) -> SweepSource:
    """The sweep in a grid.

    Args:
        grid: one row a trial.
        source: name of the place, for errors and findings.
        notes: on how it was read, before those of the grid.
    """
    cells, spread = spread_nested(grid.columns)
    return SweepSource(
        rows=TrialRows(
            source=source,
            header=tuple(cells),
            lines=tuple(grid.lines),
            cells=cells,
            left_out=grid.left_out,
            notes=(*notes, *grid.notes, *spread),
        )
    )
