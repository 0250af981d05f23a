"""Numbers of an unchanged program, as it writes them: lines, JSON lines, CSV, event files (I1)."""

from __future__ import annotations

import csv
import importlib
import io
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from tunebook.words.errors import ReportError
from tunebook.words.program import Program

EVENT_READER = "tensorboard.backend.event_processing.event_accumulator"
Numbers = Mapping[str, Any]
"""What one line or event says, by the program's own names."""


class Reader(Protocol):
    """Takes in what a program writes, piece by piece."""

    def line(self, text: str) -> Iterator[Numbers]:
        """The numbers of a line of standard output."""

    def more(self, *, ended: bool) -> Iterator[Numbers]:
        """What has been written elsewhere since the last call; the program may have `ended`."""


def reader_of(program: Program, where: str) -> Reader:
    """The reader that a program asks for.

    Args:
        program: its `metrics` says which.
        where: the file or folder, its placeholders filled in.
    """
    kind, pattern = program.reader
    if kind == "pattern":
        return Lines(lambda text: _matched(re.compile(pattern), text))
    if kind == "json":
        return JsonLines(Path(where)) if where else Lines(_json_object)
    return Csv(Path(where)) if kind == "csv" else Events(Path(where))


class Lines:
    """Numbers in lines of standard output."""

    def __init__(self, read: Any) -> None:
        self._read = read

    def line(self, text: str) -> Iterator[Numbers]:
        """The numbers of one line, where it has any."""
        found = self._read(text)
        if found:
            yield found

    def more(self, *, ended: bool) -> Iterator[Numbers]:
        """Nothing is written elsewhere."""
        del ended
        return iter(())


class _Tail:
    """Whole lines that a growing file has gained."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._read = 0
        self._rest = b""

    def lines(self, *, ended: bool) -> list[str]:
        try:
            with self._file.open("rb") as opened:
                if opened.seek(0, io.SEEK_END) < self._read:  # begun anew
                    self._read, self._rest = 0, b""
                opened.seek(self._read)
                gained = opened.read()
        except FileNotFoundError:
            return []
        self._read += len(gained)
        *whole, self._rest = (self._rest + gained).split(b"\n")
        if ended and self._rest:  # the last line may have no end
            whole, self._rest = [*whole, self._rest], b""
        return [line.decode("utf-8", "replace") for line in whole]


class JsonLines:
    """A file of JSON objects, one a line."""

    def __init__(self, file: Path) -> None:
        self._tail = _Tail(file)

    def line(self, text: str) -> Iterator[Numbers]:
        """Standard output has no numbers."""
        del text
        return iter(())

    def more(self, *, ended: bool) -> Iterator[Numbers]:
        """The objects of lines that are whole."""
        for text in self._tail.lines(ended=ended):
            found = _json_object(text)
            if found:
                yield found


class Csv:
    """A file with a header line, one row a report."""

    def __init__(self, file: Path) -> None:
        self._tail = _Tail(file)
        self._header: list[str] = []

    def line(self, text: str) -> Iterator[Numbers]:
        """Standard output has no numbers."""
        del text
        return iter(())

    def more(self, *, ended: bool) -> Iterator[Numbers]:
        """The rows that are whole."""
        for row in csv.reader(self._tail.lines(ended=ended)):
            if not self._header:
                self._header = row
            elif row:
                yield dict(zip(self._header, row, strict=False))


class Events:
    """A folder of TensorBoard event files, read by TensorBoard's own reader."""

    def __init__(self, folder: Path) -> None:
        try:
            module = importlib.import_module(EVENT_READER)
        except ImportError as error:
            raise ReportError(
                "event files are read by TensorBoard, which is not installed",
                next_step="pip install 'tunebook[tensorboard]'",
            ) from error
        self._folder = folder
        self._make = module.EventAccumulator
        self._seen: dict[tuple[Path, str], int] = {}
        self._open: dict[Path, Any] = {}

    def line(self, text: str) -> Iterator[Numbers]:
        """Standard output has no numbers."""
        del text
        return iter(())

    def more(self, *, ended: bool) -> Iterator[Numbers]:
        """Scalars that were written since the last call, by step."""
        del ended
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


def _json_object(text: str) -> Numbers:
    if not text.lstrip().startswith("{"):
        return {}
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
