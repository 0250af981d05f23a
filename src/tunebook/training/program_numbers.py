"""Numbers of an unchanged program, as it writes them: lines, JSON lines, CSV, event files (I1)."""

from __future__ import annotations

import importlib
import io
import re
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, Protocol

from tunebook.domain.errors import ReportError
from tunebook.domain.program import Program
from tunebook.training.objects_in_text import Numbers, objects_in
from tunebook.training.program_csv import Csv

EVENT_READER = "tensorboard.backend.event_processing.event_accumulator"
EPOCH = "epoch"
"""Hugging Face's trainer prints dictionaries with it, and without a step."""


class Reader(Protocol):
    """Takes in what a program writes, piece by piece."""

    notes: list[str]
    """What was passed over, in words; whoever shows them empties it."""

    def line(self, text: str) -> Iterator[Numbers]:
        """The numbers of a line of standard output."""

    def more(self, *, ended: bool) -> Iterator[Numbers]:
        """What has been written elsewhere since the last call; the program may have `ended`."""


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


class Lines:
    """Numbers in lines of standard output."""

    def __init__(self, read: Callable[[str], Iterator[Numbers]]) -> None:
        self.notes: list[str] = []
        self._read = read

    def line(self, text: str) -> Iterator[Numbers]:
        """The numbers of one line, where it has any."""
        return self._read(text)

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

    def __init__(self, file: Path, wanted: Collection[str] = ()) -> None:
        self.notes: list[str] = []
        self._wanted = wanted
        self._tail = _Tail(file)

    def line(self, text: str) -> Iterator[Numbers]:
        """Standard output has no numbers."""
        del text
        return iter(())

    def more(self, *, ended: bool) -> Iterator[Numbers]:
        """The objects of lines that are whole."""
        for text in self._tail.lines(ended=ended):
            yield from objects_in(text, self._wanted)


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
        self.notes: list[str] = []
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
