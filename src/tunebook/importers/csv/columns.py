"""CSV files of trials and curves as columns of text and packed numbers (C11).

The one module that opens a file on behalf of `TrialTable.from_csv`.
"""

from __future__ import annotations

import gzip
import math
import os
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tunebook.domain.errors import TableError, nearest
from tunebook.domain.formats.names import spell
from tunebook.importers.csv.dialect import empty_file, named_twice, no_rows, read_grid
from tunebook.importers.csv.file_kind import refuse_folder, refuse_other
from tunebook.importers.csv.known_tools import Stated

ABSENT = frozenset(
    {"", *["none", "null", "na", "n/a", "n.a.", "#n/a", "<na>", "nat", "-", "--", "–", "—", "?"]}
)
"""Cells, in lower case, that say "not there"."""

_FEW = 5  # numbers: so many and less, beside words, may be a choice
_HUGE = 1e150  # and its inverse: beyond, ranges and their squares overflow
_UNDERSCORED = re.compile(r"[+-]?\d{1,3}(_\d{3})+(\.\d*)?")
_LABELS = 20  # distinct numbers: more are no choice


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialRows:
    """The usable rows of a trials file, as text.

    Attributes:
        source: name of the file.
        header: names of the columns.
        lines: line of each row in the file, for errors.
        cells: by column, one text a row, without blanks around it.
        left_out: "name: reason" for rows that can't be read.
        notes: what was not plain CSV, a sentence each.
        stated: what the columns are, where a reader knows; None to tell from their names.
    """

    source: str
    header: tuple[str, ...]
    lines: tuple[int, ...]
    cells: dict[str, list[str]]
    left_out: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    stated: Stated | None = None

    def __len__(self) -> int:
        return len(self.lines)


def read_rows(path: str | os.PathLike[str]) -> TrialRows:
    """Read a file of one row a trial, under a header line.

    Raises:
        TableError: there is no such file, it is no CSV, it has no rows, or a column's name stands
            twice.
    """
    source = source_of(path)
    content = content_of(path)
    grid = read_grid(text_of(content, source), source)
    return TrialRows(
        source=source,
        header=grid.header,
        lines=tuple(grid.lines),
        cells=grid.columns,
        left_out=grid.left_out,
        notes=(*encoding_note(content, source), *grid.notes),
    )


def numbers(
    cells: Sequence[str], lines: Sequence[int], source: str, column: str
) -> NDArray[np.float64]:
    """A column of numbers; NaN where a cell is empty.

    Raises:
        TableError: a cell is no number; names its line.
    """
    try:
        if not any("_" in cell for cell in cells):  # which Python would take for nothing
            return np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        pass
    found = np.full(len(cells), np.nan)
    for i, cell in enumerate(cells):
        number = number_of(cell)
        if number is None and cell.strip().lower() not in ABSENT:
            raise TableError(
                f'{source}, line {lines[i]}: "{column}" must be a number; got "{cell}"',
                next_step=_way_out(cell),
            )
        found[i] = math.nan if number is None else number
    return found


def check_hyperparameter(
    cells: Sequence[str], lines: Sequence[int], source: str, name: str
) -> None:
    """A hyperparameter of numbers has no other cells: they would make a list of words of it.

    A few numbers among words, `64` beside `64,64`, are a choice.

    Raises:
        TableError: one cell is no number among many, or an infinite one: names its line.
    """
    first = {cell: i for i, cell in reversed(list(enumerate(cells)))}
    there = {c: i for c, i in first.items() if c.lower() not in ABSENT and c.lower() != "nan"}
    number = {c: number_of(c) for c in there}
    words = [c for c in there if number[c] is None]
    parted = [c for c in words if is_parted(c)]
    numeric = len(there) - len(words)
    many = parted if numeric + len(parted) > _FEW and (numeric or len(parted) > _LABELS) else []
    odd = many or (words if numeric > _LABELS and 20 * len(words) <= numeric else [])
    far = [c for c, v in number.items() if v and not 1 / _HUGE < abs(v) < _HUGE]
    if odd or (far and not words):
        cell = min(odd or far, key=there.__getitem__)
        what = "is a number elsewhere" if odd else f"is 0, or of a size below {spell(_HUGE)}"
        raise TableError(
            f'{source}, line {lines[there[cell]]}: "{name}" {what}; got "{cell}"',
            next_step=_way_out(cell),
        )


def is_parted(cell: str) -> bool:
    """A number with separators of thousands, or a decimal comma."""
    return number_of(_bare(cell)) is not None and cell[:1].isdigit() | (cell[:1] in "+-.,")


def _bare(cell: str) -> str:
    kept = cell.strip().removesuffix("%")
    for sign in (",", " ", "'", "\u00a0", "\u202f"):
        kept = kept.replace(sign, "")
    return kept.replace("_", "") if _UNDERSCORED.fullmatch(kept) else kept


def _way_out(cell: str) -> str:
    if cell.endswith("%"):
        return "write all cells of the column with a percent sign, or none"
    if number_of(_bare(cell)) is not None and number_of(cell) is None:
        return "write numbers without separators of thousands, with a point: 2000.5"
    return "correct the cell; one that is not there is left empty, one that diverged says nan"


def number_of(cell: str) -> float | None:
    """The number in a cell, NaN and infinities included, or None where there is none."""
    try:
        return float(cell) if "_" not in cell else None
    except ValueError:
        return None


def header_of(cells: Sequence[str], source: str, *, rows: bool) -> tuple[str, ...]:
    """The names of the columns.

    Args:
        cells: of the first line; none where the file is empty.
        source: name of the file, for errors.
        rows: there are rows below.

    Raises:
        TableError: the file is empty, has no rows, parts its cells otherwise, or a name stands
            twice.
    """
    if not cells:
        raise empty_file(source)
    header = tuple(name.strip() for name in cells)
    if not rows:
        raise no_rows(source)
    parted = next((sign for sign in (";", "\t") if len(header) == 1 and sign in header[0]), "")
    if parted:
        raise TableError(
            f"{source}, line 1: cells stand between commas; the header has {parted!r} between "
            "them",
            next_step="save it with commas between cells, and a point in numbers",
        )
    twice = [name for i, name in enumerate(header) if name in header[:i]]
    if twice:
        raise named_twice(source, twice[0])
    return header


def source_of(path: str | os.PathLike[str]) -> str:
    """The file's name, for errors."""
    if not isinstance(path, str | os.PathLike):
        raise TableError(f"a table is named by its file; got {path!r}", next_step="give a path")
    return Path(path).name


def content_of(path: str | os.PathLike[str], *, of_any_kind: bool = False) -> bytes:
    """The file's bytes; gzip is told by its first ones, whatever the name.

    Args:
        path: of the file.
        of_any_kind: it need not be text with columns.
    """
    file = Path(path)
    try:
        if file.is_dir():
            refuse_folder(file)
        content = file.read_bytes()
        if content[:2] == b"\x1f\x8b":
            content = gzip.decompress(content)
        if not of_any_kind:
            refuse_other(content, file)
        return content
    except FileNotFoundError:
        beside = [f.name for f in file.parent.glob("*.csv*")] if file.parent.is_dir() else []
        raise TableError(
            f"there is no file {file}.{nearest(file.name, beside)}",
            next_step=f"correct the path; it is taken from {os.getcwd()}",
        ) from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise TableError(
            f"{file.name} is damaged gzip: {error}", next_step="copy or compress it anew"
        ) from None
    except OSError as error:
        raise TableError(
            f"{file} can't be read: {error.strerror or error}",
            next_step="name a CSV file that you may read",
        ) from None


def text_of(content: bytes, source: str) -> str:
    """The text of a file's bytes: UTF-8 with a mark in front or without, UTF-16 with its mark.

    Bytes that are no UTF-8 are read as Windows-1252, as spreadsheets of Western Europe write
    them; numbers and separators are the same there.

    Raises:
        TableError: they are no text at all.
    """
    text, _ = _decoded(content, source)
    return text


def encoding_note(content: bytes, source: str) -> tuple[str, ...]:
    """A sentence where the text is not UTF-8."""
    _, encoding = _decoded(content, source)
    return (f"The file is not UTF-8; it was read as {encoding}.",) if encoding else ()


def as_utf8(content: bytes, source: str) -> bytes:
    """The same text in UTF-8, with or without a mark in front."""
    text, encoding = _decoded(content, source)
    return text.encode() if encoding else content


def _decoded(content: bytes, source: str) -> tuple[str, str]:
    """The text, and the name of its encoding where that is not UTF-8."""
    wide = content[:2] in (b"\xff\xfe", b"\xfe\xff")
    try:
        if wide:
            return content.decode("utf-16"), "UTF-16"
        return content.decode("utf-8-sig"), ""
    except UnicodeDecodeError as error:
        control = any(byte < 9 or 13 < byte < 27 for byte in content[:4096])
        if not wide and not control:
            return content.decode("cp1252", "replace"), "Windows-1252"
        line = content.count(b"\n", 0, error.start) + 1
        raise TableError(
            f"{source}, line {line} is no text: byte {error.start} is part of no character",
            next_step="is it a file of another kind? Save it as CSV in UTF-8",
        ) from None
