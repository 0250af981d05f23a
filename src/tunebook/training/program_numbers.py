"""Numbers of an unchanged program, as it writes them: lines, JSON lines, CSV, event files (I1)."""

from __future__ import annotations

import csv
import importlib
import io
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any

from tunebook.domain.errors import ReportError
from tunebook.domain.program import Program
from tunebook.training.objects_in_text import Numbers, objects_in

EVENT_READER = "tensorboard.backend.event_processing.event_accumulator"
EPOCH = "epoch"
"""Hugging Face's trainer prints dictionaries with it, and without a step."""

MARGIN = 256
"""Bytes before the place read up to that must be unchanged, if rows were only added."""


def reader_of(program: Program, where: str, objective: str = "") -> Reader:
    """The reader that a program asks for.

    Args:
        program: its `metrics` says which.
        where: the file or folder, its placeholders filled in.
        objective: the book's metric: a Python dictionary with it is one of metrics.
    """
    kind, pattern = program.reader
    if kind == "pattern":
        compiled = re.compile(pattern)
        return Lines(lambda text: filter(None, [_matched(compiled, text)]))
    if kind == "json":
        wanted = {objective, program.step, EPOCH, *program.names}
        return JsonLines(Path(where), wanted) if where else Lines(lambda t: objects_in(t, wanted))
    return Csv(Path(where), program.step) if kind == "csv" else Events(Path(where))


class Reader:
    """Takes in what a program writes, piece by piece; each kind of output overrides a method.

    Attributes:
        notes: what was passed over, in words; whoever shows them empties it.
    """

    def __init__(self) -> None:
        self.notes: list[str] = []

    def line(self, text: str) -> Iterator[Numbers]:  # noqa: ARG002
        """The numbers of a line of standard output."""
        return iter(())

    def more(self, *, ended: bool) -> Iterator[Numbers]:  # noqa: ARG002
        """What was written elsewhere since the last call; the program may have `ended`."""
        return iter(())


class Lines(Reader):
    """Numbers in lines of standard output."""

    def __init__(self, read: Callable[[str], Iterator[Numbers]]) -> None:
        super().__init__()
        self._read = read

    def line(self, text: str) -> Iterator[Numbers]:
        return self._read(text)


class JsonLines(Reader):
    """A growing file of JSON objects, one a line."""

    def __init__(self, file: Path, wanted: Collection[str] = ()) -> None:
        super().__init__()
        self._file, self._wanted = file, wanted
        self._read, self._rest = 0, b""

    def more(self, *, ended: bool) -> Iterator[Numbers]:
        try:
            with self._file.open("rb") as opened:
                if opened.seek(0, io.SEEK_END) < self._read:  # begun anew
                    self._read, self._rest = 0, b""
                opened.seek(self._read)
                gained = opened.read()
        except FileNotFoundError:
            return
        self._read += len(gained)
        *whole, self._rest = (self._rest + gained).split(b"\n")
        if ended and self._rest:  # the last line may have no end
            whole, self._rest = [*whole, self._rest], b""
        for line in whole:
            yield from objects_in(line.decode("utf-8", "replace"), self._wanted)


class Csv(Reader):
    """A CSV file with a header line, one row a report: rows added, or the whole file written anew.

    Loggers write the file anew with a longer header once a metric turns up that was not there
    before (Lightning's CSVLogger, pandas' to_csv of a growing table), so the header is read each
    time.

    Args:
        file: which may not be there yet.
        step: name of the column of steps.
    """

    def __init__(self, file: Path, step: str = "step") -> None:
        super().__init__()
        self._file, self._step = file, step
        self._first, self._before, self._read = b"", b"", 0
        self._header: list[str] = []
        self._known: dict[str, str] = {}  # the first row
        self._begun = False  # it was met since the file was last read from its beginning
        self._given: Counter[str] = Counter()
        self._met: Counter[str] = Counter()
        self._odd = 0

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


class Events(Reader):
    """A folder of TensorBoard event files, read by TensorBoard's own reader."""

    def __init__(self, folder: Path) -> None:
        try:
            module = importlib.import_module(EVENT_READER)
        except ImportError as error:
            raise ReportError(
                "reading event files needs TensorBoard, which is not installed",
                next_step="pip install 'tunebook[tensorboard]'",
            ) from error
        super().__init__()
        self._folder = folder
        self._make = module.EventAccumulator
        self._seen: dict[tuple[Path, str], int] = {}
        self._open: dict[Path, Any] = {}

    def more(self, *, ended: bool) -> Iterator[Numbers]:  # noqa: ARG002 - as every reader
        """Scalars that were written since the last call, by step."""
        gained: list[tuple[int, str, float]] = []
        for file in sorted(self._folder.rglob("*tfevents*")):
            if file not in self._open:
                self._open[file] = self._make(str(file), size_guidance={"scalars": 0})
            events = self._open[file]
            events.Reload()
            for tag in events.Tags()["scalars"]:
                known = events.Scalars(tag)
                already = self._seen.get((file, tag), 0)
                self._seen[file, tag] = len(known)
                gained += [(e.step, tag, e.value) for e in known[already:]]
        for step, tag, value in sorted(gained, key=lambda one: one[0]):
            yield {"step": step, tag: value}


def _matched(pattern: re.Pattern[str], text: str) -> Numbers:
    found = pattern.search(text)
    return {} if found is None else {k: v for k, v in found.groupdict().items() if v is not None}


def _same(a: str, b: str) -> bool:
    """Also where 3 became 3.0, as in a column of pandas that got an empty cell."""
    return a == b or (_is_number(a) and _is_number(b) and float(a) == float(b))


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
