"""A CSV file as a program writes it: rows added, or the whole file written anew (I1).

Loggers write the file anew with a longer header once a metric turns up that was not there before
(Lightning's CSVLogger, pandas' to_csv of a growing table), so the header is read each time.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tunebook.training.objects_in_text import Numbers

MARGIN = 256
"""Bytes before the place read up to that must be unchanged, if rows were only added."""


class Csv:
    """A file with a header line, one row a report.

    Args:
        file: which may not be there yet.
        step: name of the column of steps.

    Attributes:
        notes: what was passed over, in words; whoever shows them empties it.
    """

    def __init__(self, file: Path, step: str = "step") -> None:
        self.notes: list[str] = []
        self._file, self._step = file, step
        self._first, self._before, self._read = b"", b"", 0
        self._header: list[str] = []
        self._known: dict[str, str] = {}  # the first row
        self._begun = False  # it was met since the file was last read from its beginning
        self._given: Counter[str] = Counter()
        self._met: Counter[str] = Counter()
        self._odd = 0

    def line(self, text: str) -> Iterator[Numbers]:
        """Standard output has no numbers."""
        del text
        return iter(())

    def more(self, *, ended: bool) -> Iterator[Numbers]:
        """Cells that were not there at the last call, row by row, under the present header."""
        try:
            with self._file.open("rb") as opened:
                if not self._only_grew(opened):
                    self._read, self._header, self._begun = 0, [], False
                    self._met.clear()
                opened.seek(self._read)
                gained = opened.read()
                whole = len(gained) if ended else gained.rfind(b"\n") + 1
                self._read += whole
                self._note_place(opened)
        except FileNotFoundError:
            return
        text = gained[:whole].decode("utf-8-sig", "replace")
        for row in csv.reader(io.StringIO(text, newline="")):
            if row:
                yield from self._row(row)

    def _only_grew(self, opened: io.BufferedReader) -> bool:
        if opened.seek(0, io.SEEK_END) < self._read:
            return False
        opened.seek(0)
        if opened.read(len(self._first)) != self._first:
            return False
        opened.seek(self._read - len(self._before))
        return opened.read(len(self._before)) == self._before

    def _note_place(self, opened: io.BufferedReader) -> None:
        opened.seek(0)
        self._first = opened.read(min(MARGIN * 16, self._read)).partition(b"\n")[0]
        opened.seek(max(0, self._read - MARGIN))
        self._before = opened.read(self._read - opened.tell())

    def _row(self, row: list[str]) -> Iterator[Numbers]:
        names = [cell.strip() for cell in row]
        if not self._header or self._is_header(names):
            self._header = names
            return
        if len(row) != len(self._header):
            self._odd += 1
            if self._odd == 1:
                self.notes.append(
                    f"a row of {self._file.name} has {len(row)} cells, and its header "
                    f"{len(self._header)}; such rows are passed over"
                )
            return
        cells = {n: c for n, c in zip(self._header, row, strict=True) if n and c.strip()}
        if not self._begun:
            self._settle(cells)
        fresh = {}
        for name, cell in cells.items():
            self._met[name] += 1
            if self._met[name] > self._given[name]:
                self._given[name] += 1
                fresh[name] = cell
        if fresh.keys() - {self._step}:
            yield {**({self._step: cells[self._step]} if self._step in cells else {}), **fresh}

    def _settle(self, first: dict[str, str]) -> None:
        """Told by its first row: is this the file that was read before, written anew?"""
        self._begun = True
        if not all(_same(first.get(name, cell), cell) for name, cell in self._known.items()):
            self._given.clear()
        self._known = first

    def _is_header(self, row: list[str]) -> bool:
        """A second header below the first, of a program that adds to the file."""
        alike = set(row) & set(self._header)
        return bool(alike) and not any(_is_number(cell) for cell in row) and "" not in row


def _same(a: str, b: str) -> bool:
    """Also where 3 became 3.0, as in a column of pandas that got an empty cell."""
    return a == b or (_is_number(a) and _is_number(b) and float(a) == float(b))


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
