"""The text of a file as a header and rows, however its cells are separated (C11).

Spreadsheets of many countries and tools write semicolons, tabs, decimal commas, percent signs, two
header lines, blank rows and unnamed indexes. What is not plain CSV is read, and said in a note.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from tunebook.domain.errors import TableError
from tunebook.domain.formats.languages import english
from tunebook.domain.formats.numbers import listed
from tunebook.importers.csv.quantities import plain_cells, read_powers_and_spreads, read_units

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "vertical bars"}

_LOOKED_AT = 200  # rows that decide what separates the cells
_COMMA_NUMBER = re.compile(r"[+-]?(\d{1,3}(\.\d{3})+|\d*),\d+([eE][+-]?\d+)?%?")
_POINT_NUMBER = re.compile(r"[+-]?\d*\.\d+([eE][+-]?\d+)?%?")
_WHOLE = re.compile(r"[+-]?\d+([eE][+-]?\d+)?%?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}([.,]\d{3})+%?")
_PERCENT = re.compile(r"[+-]?\d*\.?\d+([eE][+-]?\d+)?\s*%")
_WORDS = frozenset({"", "nan", "none", "null", "na", "n/a", "-", "inf", "-inf"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """Rows under a header.

    Attributes:
        header: names of the columns; an unnamed index is called "".
        columns: of each name, its cells without blanks around them.
        lines: line of each row in the file.
        left_out: a text for each row with another number of cells.
        notes: what was not plain CSV, a sentence each.
    """

    header: tuple[str, ...]
    columns: dict[str, list[str]]
    lines: list[int]
    left_out: tuple[str, ...]
    notes: tuple[str, ...]


def empty_file(source: str) -> TableError:
    """The file has nothing in it."""
    return TableError(f"{source} is empty", next_step="it needs a header line and a row a trial")


def no_rows(source: str) -> TableError:
    """The file has nothing below its header."""
    return TableError(
        f"{source} has a header and no rows: there is nothing to read",
        next_step="add a row a trial",
    )


def named_twice(source: str, name: str) -> TableError:
    """Two columns have one name."""
    return TableError(
        f'{source}, line 1: a column has one name; "{name}" stands twice',
        next_step="rename one of the two, or drop it",
    )


def read_grid(text: str, source: str) -> Grid:
    """Read the rows of a text under its header line.

    Raises:
        TableError: there is no header, no row, or no row that fits; or a name stands twice.
    """
    text, delimiter = _separated(text)
    rows, lines = _rows(text, delimiter, source)
    notes = () if delimiter == "," else (f"Cells are separated by {DELIMITERS[delimiter]}.",)
    return grid_of(rows, lines, source, notes=notes, commas_part=delimiter == ",")


def grid_of(
    rows: list[list[str]],
    lines: list[int],
    source: str,
    *,
    notes: Sequence[str] = (),
    commas_part: bool = False,
) -> Grid:
    """Rows of cells under their header, which is among them.

    Args:
        rows: texts without blanks around them; a row has a cell that is not empty.
        lines: line of each row in its file.
        source: name of the file, for errors.
        notes: on how the rows were read.
        commas_part: commas separate cells, so that a decimal comma needs more evidence.

    Raises:
        TableError: there is no header, no row, or no row that fits; or a name stands twice.
    """
    if not rows:
        raise empty_file(source)
    header, rows, lines = _header(rows, lines)
    if not rows:
        raise no_rows(source)
    notes = list(notes)
    width = len(header)
    good, kept, left_out = [], [], []
    for row, line in zip(rows, lines, strict=True):
        if len(row) > width and not any(row[width:]):
            row = row[:width]
        if len(row) == width:
            good.append(row)
            kept.append(line)
        else:
            left_out.append(f"line {line}: {len(row)} cells, where the header has {width}")
    good, kept = _without_sums(good, kept, left_out)
    if not good:
        raise TableError(
            f"{source} has no row that can be read: {left_out[0]}",
            next_step="give every row a cell for each column; a cell that is not there is empty",
        )
    return grid_of_columns(
        header,
        [list(c) for c in zip(*good, strict=True)],
        kept,
        source,
        left_out=left_out,
        notes=notes,
        commas_part=commas_part,
    )


_SUMS = frozenset(
    {"mean", "average", "avg", "std", "stdev", "median", "total", "sum", "max", "min", "maximum",
     "minimum", "best", "worst", "count", "summe", "gesamt", "somme", "suma", "somma"}
)  # fmt: skip
_MOST_SUMS = 6


def _without_sums(
    rows: list[list[str]], lines: list[int], left_out: list[str]
) -> tuple[list[list[str]], list[int]]:
    """Rows without those at the end that sum up the ones above; adds these to `left_out`."""
    end = len(rows)
    while end > 3 and len(rows) - end < _MOST_SUMS and _is_sum(rows[end - 1], rows[: end - 1]):
        end -= 1
        name = next(filter(None, rows[end]))
        left_out.append(f'line {lines[end]}: "{name}" sums up the rows above')
    return rows[:end], lines[:end]


def _is_sum(row: Sequence[str], above: Sequence[Sequence[str]]) -> bool:
    """True for `Mean,,,0.31`: a word for a sum, and empty cells where all rows above have some."""
    word = english(next(filter(None, row), ""))
    lacks = any(not c and all(r[i] for r in above) for i, c in enumerate(row))
    return word.split("_")[0] in _SUMS and lacks


def grid_of_columns(
    header: Sequence[str],
    cells: list[list[str]],
    lines: list[int],
    source: str,
    *,
    left_out: Sequence[str] = (),
    notes: Sequence[str] = (),
    commas_part: bool = True,
) -> Grid:
    """Columns with their numbers as numbers are written here; arguments as `grid_of` takes them.

    Raises:
        TableError: a name stands twice.
    """
    columns, doubled = _named(header, [plain_cells(c) for c in cells], source)
    return Grid(
        header=tuple(columns),
        lines=lines,
        left_out=tuple(left_out),
        notes=(
            *notes,
            *doubled,
            *read_powers_and_spreads(columns),
            *read_units(columns),
            *_decimal_commas(columns, commas_part),
            *_percents(columns),
        ),
        columns=columns,
    )


def _separated(text: str) -> tuple[str, str]:
    """The text without Excel's first line `sep=;`, and what separates its cells."""
    first, _, rest = text.partition("\n")
    said = re.fullmatch(r"sep=(.)\s*", first)
    if said and said.group(1) in DELIMITERS:
        return "\n" + rest, said.group(1)
    best, most = ",", (0.0, 1)
    for delimiter in DELIMITERS:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        widths = []
        try:
            for row in reader:
                if any(row) and not (row[0].startswith("#") and len(row) == 1):
                    widths.append(len(row))
                if len(widths) > _LOOKED_AT:
                    break
        except csv.Error:
            continue
        if not widths or widths[0] < 2:
            continue
        share = sum(w == widths[0] for w in widths) / len(widths)
        if (share, widths[0]) > most:
            best, most = delimiter, (share, widths[0])
    return text, best


def _rows(text: str, delimiter: str, source: str) -> tuple[list[list[str]], list[int]]:
    """Rows with a cell, stripped, and the line on which each ends."""
    rows: list[list[str]] = []
    lines: list[int] = []
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in reader:
            cells = [cell.strip().replace("\N{MINUS SIGN}", "-") for cell in row]
            if any(cells):
                rows.append(cells)
                lines.append(reader.line_num)
    except csv.Error as error:
        raise TableError(
            f"{source}, line {reader.line_num}: this is no CSV: {error}",
            next_step="write it anew: a header line, then one row a trial",
        ) from None
    return rows, lines


def _header(
    rows: list[list[str]], lines: list[int]
) -> tuple[list[str], list[list[str]], list[int]]:
    """The header, of one line or two, and the rows below; comments above are passed over."""
    at = 0
    while (
        at + 1 < len(rows) and rows[at][0].startswith("#") and len(rows[at]) != len(rows[at + 1])
    ):
        at += 1
    # A title above the header, alone in its row.
    while at + 1 < len(rows) and _filled(rows[at]) == 1 < _filled(rows[at + 1]):
        at += 1
    header = list(rows[at])
    if header[0].startswith("#") and len(header) > 1:
        header[0] = header[0].lstrip("# ") or "#"
    at += 1
    named = [name for name in header if name]
    if at < len(rows) and len(set(named)) < len(named) and _is_second(header, rows[at]):
        header = ["_".join(filter(None, pair)) for pair in zip(header, rows[at], strict=True)]
        at += 1
    below, where = rows[at:], lines[at:]
    widths = {len(row) for row in below}
    if widths == {len(header) + 1} and any(row[-1] for row in below):
        header = ["", *header]  # a nameless index, as R writes it
    again = [row == header for row in below]
    if any(again):
        where = [line for line, same in zip(where, again, strict=True) if not same]
        below = [row for row, same in zip(below, again, strict=True) if not same]
    while (
        len(header) > 1
        and not header[-1]
        and not any(len(r) >= len(header) and r[len(header) - 1] for r in below)
    ):
        header = header[:-1]
    return header, below, where


def _filled(row: Sequence[str]) -> int:
    return sum(map(bool, row))


def _is_second(header: Sequence[str], row: Sequence[str]) -> bool:
    """True for a row that tells the columns of one name apart, and holds no number."""
    if len(row) != len(header):
        return False
    doubled = [
        cell for name, cell in zip(header, row, strict=True) if header.count(name) > 1 and name
    ]
    pairs = list(zip(header, row, strict=True))
    return all(doubled) and not any(map(_is_number, row)) and len(set(pairs)) == len(pairs)


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _named(
    header: Sequence[str], cells: list[list[str]], source: str
) -> tuple[dict[str, list[str]], list[str]]:
    """Columns by name, and notes; an empty column without a name is dropped."""
    columns: dict[str, list[str]] = {}
    notes = []
    for i, (name, column) in enumerate(zip(header, cells, strict=True)):
        if not name and not any(column):
            continue
        own = name or ("" if i == 0 else f"unnamed {i + 1}")
        if own in columns and columns[own] == column:
            notes.append(f'Column "{own}" is there twice with the same cells; it is read once.')
            continue
        if own in columns:
            raise named_twice(source, own)
        columns[own] = column
    return columns, notes


def _decimal_commas(columns: dict[str, list[str]], commas_part: bool) -> list[str]:
    """Numbers with a decimal comma get a point, where no number of the file has one.

    Between commas, one number below one must show it: `64,64` in quotes may be a list.
    """
    told = {name: _marks(cells) for name, cells in columns.items()}
    if commas_part and not any(
        cell.lstrip("+-").startswith("0,")
        for name, (comma, _) in told.items()
        if comma
        for cell in columns[name]
    ):
        return []
    if any(point for _, point in told.values()):
        return []
    found = []
    for name, (comma, _) in told.items():
        if comma:
            columns[name] = [_with_point(cell) for cell in columns[name]]
            found.append(name)
    if not found:
        return []
    return [f"Numbers have a decimal comma, read as a point: {listed(found, 6)}."]


def _marks(cells: Sequence[str]) -> tuple[bool, bool]:
    """Whether a column's numbers have a decimal comma, and whether one has a decimal point."""
    distinct = {c for c in cells if c.lower() not in _WORDS}
    with_comma = {c for c in distinct if _COMMA_NUMBER.fullmatch(c)}
    whole = {c for c in distinct if _WHOLE.fullmatch(c)}
    point = any(_POINT_NUMBER.fullmatch(c) and not _THOUSANDS.fullmatch(c) for c in distinct)
    comma = bool(with_comma) and with_comma | whole == distinct
    return comma and any(not _THOUSANDS.fullmatch(c) for c in with_comma), point


def _with_point(cell: str) -> str:
    if not _COMMA_NUMBER.fullmatch(cell):
        return cell
    return cell.replace(".", "").replace(",", ".")


def _percents(columns: dict[str, list[str]]) -> list[str]:
    """Columns of percentages become fractions."""
    notes = []
    for name, cells in columns.items():
        there = [c for c in cells if c.lower() not in _WORDS]
        if not there or not all(_PERCENT.fullmatch(c) for c in there):
            continue
        columns[name] = [_fraction(c) for c in cells]
        example = there[0].replace(" ", "")
        notes.append(f"{name}: percent signs were read: {example} is {_fraction(there[0])}.")
    return notes


def _fraction(cell: str) -> str:
    if not cell.endswith("%"):
        return cell
    try:
        return str(Decimal(cell[:-1].strip()).scaleb(-2))
    except InvalidOperation:
        return cell
