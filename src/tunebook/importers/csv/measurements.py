"""A curves file of millions of rows, read by blocks into codes and numbers (C11).

Rows without quotes are cut by their commas in NumPy, a block at a time; a file with quotes goes
through the csv module, by blocks too. Memory is the file's own size and a few numbers a row.
"""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from tunebook.domain.errors import TableError
from tunebook.importers.csv.columns import ABSENT, header_of, numbers, text_of

COLUMNS = ("trial", "step", "metric", "value")

BLOCK_BYTES = 1 << 20
BLOCK_ROWS = 1 << 15
_FEW_NAMES = 16
_LONGEST = 64  # bytes of a number's cell; a longer one is read by Python
_COMMA, _NEWLINE, _RETURN = 44, 10, 13

Bytes = NDArray[np.uint8]
Places = NDArray[np.int64]
Cells = NDArray[np.bytes_] | list[str]
Block = tuple[Cells, NDArray[np.int64], Cells, NDArray[np.float64]]
"""Trials, steps, metrics and values of some rows."""


@dataclass(slots=True)
class _Names:
    """Names in the order of their first row, each with a number."""

    known: dict[str, int] = field(default_factory=dict)
    _by_cell: dict[bytes | str, int] = field(default_factory=dict)

    def codes(self, column: Cells) -> NDArray[np.int64]:
        """The number of each cell's name."""
        column = column if isinstance(column, np.ndarray) else np.array(column, dtype=object)
        new = np.append(True, column[1:] != column[:-1])  # rows of one trial stand together
        cells = column[new]
        codes = np.full(len(cells), -1, np.int64)
        for _ in range(_FEW_NAMES):  # and metrics are few, in turn
            left = np.flatnonzero(codes < 0)
            if len(left) < 10 * _FEW_NAMES:
                break
            codes[cells == cells[left[0]]] = self._code(cells[left[0]])
        for i in np.flatnonzero(codes < 0):
            codes[i] = self._code(cells[i])
        return np.repeat(codes, np.diff(np.append(np.flatnonzero(new), len(column))))

    def _code(self, cell: bytes | str) -> int:
        found = self._by_cell.get(cell)
        if found is None:
            text = (cell.decode() if isinstance(cell, bytes) else cell).strip()
            found = self._by_cell[cell] = self.known.setdefault(text, len(self.known))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurements:
    """The rows of a curves file that have a value, as columns.

    Attributes:
        trials, metrics: names, in the order of their first row.
        trial, metric: of each row, its place in those.
        step, value: of each row.
    """

    trials: tuple[str, ...]
    metrics: tuple[str, ...]
    trial: NDArray[np.int64]
    metric: NDArray[np.int64]
    step: NDArray[np.int64]
    value: NDArray[np.float64]


def read_measurements(content: bytes, source: str) -> Measurements:
    """Read a curves file, `trial,step,metric,value` under a header line.

    Args:
        content: of the file, as it is stored but for gzip.
        source: its name, for errors.

    Raises:
        TableError: it is no text, a column is missing, a row has another number of cells, or a
            step or value is no number; says in which line.
    """
    text_of(content, source)
    content = content.removeprefix(b"\xef\xbb\xbf")
    plain = b'"' not in content and content.count(b"\r") == content.count(b"\r\n")
    blocks = _plain_blocks(content, source) if plain else _quoted_blocks(content, source)
    trials, metrics = _Names(), _Names()
    found: list[
        tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]
    ]
    found = [
        (trials.codes(t), metrics.codes(m), step, value) for t, step, m, value in blocks if len(t)
    ]
    empty = np.empty(0, np.int64)
    columns = [np.concatenate(c) for c in zip(*found, strict=True)] or [empty] * 4
    return Measurements(
        trials=tuple(trials.known),
        metrics=tuple(metrics.known),
        trial=columns[0],
        metric=columns[1],
        step=columns[2].astype(np.int64),
        value=columns[3].astype(np.float64),
    )


def _columns_of(header: tuple[str, ...], source: str) -> dict[str, int]:
    for column in COLUMNS:
        if column not in header:
            raise TableError(
                f'{source}: a curves file has the columns {", ".join(COLUMNS)}; "{column}" '
                f"is not among {', '.join(header)}",
                next_step="write one row a measurement, under trial,step,metric,value",
            )
    return {name: header.index(name) for name in COLUMNS}


def _plain_blocks(content: bytes, source: str) -> Iterator[Block]:
    """Blocks of a file in which every comma parts two cells and every newline two rows."""
    first = content.find(b"\n")
    head = content if first < 0 else content[:first]
    header = header_of(next(csv.reader([head.decode()]), []), source, rows=first >= 0)
    at = _columns_of(header, source)
    begin, line = first + 1, 2
    while begin < len(content):
        end = content.rfind(b"\n", begin, begin + BLOCK_BYTES) + 1
        if begin + BLOCK_BYTES >= len(content) or end <= 0:
            end = content.find(b"\n", min(begin + BLOCK_BYTES, len(content))) + 1 or len(content)
        part = content[begin:end]
        yield _cut(part if part.endswith(b"\n") else part + b"\n", len(header), at, source, line)
        line += part.count(b"\n")
        begin = end


def _cut(part: bytes, width: int, at: dict[str, int], source: str, line: int) -> Block:
    """The columns of some whole lines, the first of which is `line` of its file."""
    letters = np.frombuffer(part, np.uint8)
    ends = np.flatnonzero(letters == _NEWLINE)
    commas = np.flatnonzero(letters == _COMMA)
    starts = np.concatenate([[0], ends[:-1] + 1])
    lines = line + np.arange(len(ends))
    stops = ends - ((ends > starts) & (letters[ends - 1] == _RETURN))
    filled = stops > starts
    cells = np.diff(np.searchsorted(commas, np.append(starts, len(letters)))) + 1
    wrong = np.flatnonzero(filled & (cells != width))
    if len(wrong):
        raise _ragged(source, int(lines[wrong[0]]), int(cells[wrong[0]]), width)
    starts, stops, lines = starts[filled], stops[filled], lines[filled]
    inner = commas.reshape(len(starts), width - 1)
    begins = np.column_stack([starts, inner + 1])
    closes = np.column_stack([inner, stops])

    def column(name: str, rows: slice | NDArray[np.bool_] = slice(None)) -> NDArray[np.bytes_]:
        return _cells(letters, begins[rows, at[name]], closes[rows, at[name]])

    value = column("value")
    there = _there(value)
    value, lines = value[there], lines[there]
    steps = column("step", there)
    return (
        column("trial", there),
        whole_steps(_numbers(steps, lines, source, "step"), steps, lines, source),
        column("metric", there),
        _numbers(value, lines, source, "value"),
    )


def _cells(letters: Bytes, begins: Places, closes: Places) -> NDArray[np.bytes_]:
    """The cells between these places, as fixed-width texts."""
    widths = closes - begins
    widest = max(int(widths.max(initial=1)), 1)
    padded = np.concatenate([letters, np.zeros(widest, np.uint8)])
    square = sliding_window_view(padded, widest)[begins]
    square[np.arange(widest) >= widths[:, None]] = 0
    return square.view(f"S{widest}").ravel()


def _letters(cells: NDArray[np.bytes_]) -> Bytes:
    """One row of bytes a cell."""
    return cells.view(np.uint8).reshape(len(cells), cells.dtype.itemsize)


def _there(cells: NDArray[np.bytes_]) -> NDArray[np.bool_]:
    """False for cells that say "not there"; numbers begin with none of its letters but nan's."""
    first = _letters(cells)[:, 0]
    doubtful = np.flatnonzero(~np.isin(first, np.frombuffer(b"0123456789-+.", np.uint8)))
    there = np.ones(len(cells), dtype=bool)
    for i in doubtful:
        there[i] = cells[i].decode().strip().lower() not in ABSENT
    return there


def _numbers(
    cells: NDArray[np.bytes_], lines: Places, source: str, column: str
) -> NDArray[np.float64]:
    if cells.dtype.itemsize <= _LONGEST and not (_letters(cells) == ord("_")).any():
        try:
            return cells.astype(np.float64)
        except ValueError:
            pass
    texts = [cell.decode() for cell in cells.tolist()]
    return numbers(texts, lines.tolist(), source, column)


def whole_steps(
    steps: NDArray[np.float64],
    cells: Sequence[bytes | str] | NDArray[np.bytes_],
    lines: Places,
    source: str,
) -> NDArray[np.int64]:
    """Steps as whole numbers, or the line of the first that is none."""
    whole = np.isfinite(steps) & (np.abs(steps) < 2**53)
    whole[whole] = steps[whole] == np.floor(steps[whole])
    if not whole.all():
        i = int(np.argmin(whole))
        cell = cells[i]
        shown = cell.decode() if isinstance(cell, bytes) else cell
        raise TableError(
            f'{source}, line {lines[i]}: "step" is a whole number; got "{shown}"',
            next_step="number measurements by their training step, from 0",
        )
    return steps.astype(np.int64)


def _quoted_blocks(content: bytes, source: str) -> Iterator[Block]:
    """Blocks of a file with quotes, or with other line ends, by the csv module."""
    reader = csv.reader(io.TextIOWrapper(io.BytesIO(content), "utf-8", newline=""))
    try:
        first = next((row for row in reader if row), [])
        rows = ((row, reader.line_num) for row in reader if row)
        header = header_of(first, source, rows=True)
        at = _columns_of(header, source)
        while block := list(itertools.islice(rows, BLOCK_ROWS)):
            for row, line in block:
                if len(row) != len(header):
                    raise _ragged(source, line, len(row), len(header))
            kept = [(r, n) for r, n in block if r[at["value"]].strip().lower() not in ABSENT]
            lines = np.array([n for _, n in kept], np.int64)
            trial, step, metric, value = ([r[at[c]] for r, _ in kept] for c in COLUMNS)
            steps = numbers(step, lines.tolist(), source, "step")
            yield (
                trial,
                whole_steps(steps, step, lines, source),
                metric,
                numbers(value, lines.tolist(), source, "value"),
            )
    except csv.Error as error:
        raise TableError(f"{source}, line {reader.line_num}: this is no CSV: {error}") from None


def _ragged(source: str, line: int, cells: int, width: int) -> TableError:
    return TableError(
        f"{source}, line {line}: {cells} cells, where the header has {width}",
        next_step="is the file cut off? Write it anew, or drop that line",
    )
