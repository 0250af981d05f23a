"""A table of texts, as a paper or a page prints it."""

from __future__ import annotations

from dataclasses import dataclass

from tunebook.domain.errors import TableError


@dataclass(frozen=True, slots=True, kw_only=True)
class TextTable:
    """Columns and rows, every cell written out.

    Attributes:
        title: what it shows.
        columns: their heads, units included.
        rows: a text for each column.
    """

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        for i, row in enumerate(self.rows):
            if len(row) != len(self.columns):
                raise TableError(
                    f"a row has a text for each column; row {i} has {len(row)} for "
                    f"{len(self.columns)}"
                )

    def markdown(self) -> str:
        """The table as Markdown, a line a row."""
        lines = [self.columns, ("---",) * len(self.columns), *self.rows]
        return "".join(
            "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines
        )
