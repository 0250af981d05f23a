"""A sweep whose names and cells drive no terminal and break no page (C11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from tunebook.domain.space import Axis, Choice
from tunebook.importers.csv.columns import TrialRows
from tunebook.importers.csv.known_tools import Stated
from tunebook.importers.source import SweepSource


def legible(text: str) -> str:
    """The text with a blank for each line end or tab, and a sign for each control character.

    Example:
        >>> legible("lr\\x1b[31m"), legible("two\\nlines"), legible("val/loss")
        ('lr�[31m', 'two lines', 'val/loss')
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else " " if c.isspace() else "�" for c in text)


def legible_source(source: SweepSource) -> SweepSource:
    """The same sweep with legible texts; itself where all of them are."""
    rows, curves = source.rows, source.curves
    said = [rows.source, *rows.header, *rows.notes, *rows.left_out, *source.objectives]
    if curves is not None:
        said += [*curves.trials, *curves.metrics]
    cells_are = all(_all_legible(cells) for cells in rows.cells.values())
    if cells_are and _all_legible(said) and _all_legible(list(source.declared)):
        return source
    return replace(
        source,
        rows=_rows(rows),
        curves=curves
        and replace(
            curves,
            trials=tuple(map(legible, curves.trials)),
            metrics=tuple(map(legible, curves.metrics)),
        ),
        declared={legible(name): _axis(axis) for name, axis in source.declared.items()},
        objectives=tuple(map(legible, source.objectives)),
        reduce={legible(metric): how for metric, how in source.reduce.items()},
    )


def _all_legible(texts: Sequence[str]) -> bool:
    return "".join(texts).isprintable()


def _rows(rows: TrialRows) -> TrialRows:
    return replace(
        rows,
        source=legible(rows.source),
        header=tuple(map(legible, rows.header)),
        cells={
            legible(name): cells if _all_legible(cells) else list(map(legible, cells))
            for name, cells in rows.cells.items()
        },
        left_out=tuple(map(legible, rows.left_out)),
        notes=tuple(map(legible, rows.notes)),
        stated=rows.stated and _stated(rows.stated),
    )


def _stated(said: Stated) -> Stated:
    kinds = {legible(c): (kind, legible(name)) for c, (kind, name) in said.kinds.items()}
    return replace(said, kinds=kinds, cut_short=legible(said.cut_short))


def _axis(axis: Axis) -> Axis:
    if not isinstance(axis, Choice):
        return axis
    return Choice(tuple(legible(v) if isinstance(v, str) else v for v in axis.values))
