"""Scalars, texts and hyperparameters in the event files of one folder."""

from __future__ import annotations

import re
import struct
from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tunebook.importers.tensorboard.hparams import Plugin
from tunebook.importers.tensorboard.protobuf import (
    Malformed,
    Value,
    double,
    fields,
    inner,
    signed,
    text,
)
from tunebook.importers.tensorboard.records import End, records

HPARAMS, SCALARS = "hparams", "scalars"
TEXTS = ("args", "hparams", "hyperparameters", "config", "params", "hyperparams")
"""Names under which programs write their configuration as text."""

_TEXT_SUFFIX = "/text_summary"
_START = 1  # of a session of the writer: what was logged from its step on counts no more
_NUMBERS = {1: "<f4", 2: "<f8", 3: "<i4", 9: "<i8", 19: "<f2"}
"""By the number of a tensor's type, how its content is stored."""
_LISTED = {1: 5, 2: 6, 3: 7, 9: 10}
"""And the field that has its numbers where there is no content."""
_float = struct.Struct("<f").unpack
_double = struct.Struct("<d").unpack
_SCALAR = re.compile(
    rb"\x09(.{8})(?:\x10([\x80-\xff]*[\x00-\x7f]))?\x2a([\x00-\x7f])\x0a(.)\x0a(.)(.*)\x15(.{4})",
    re.DOTALL,
)
"""An event of one scalar, as nearly all are: time, step, sizes, tag and value."""


@dataclass(slots=True)
class Series:
    """The points of a tag as they were written."""

    walls: array[float] = field(default_factory=lambda: array("d"))
    steps: array[int] = field(default_factory=lambda: array("q"))
    values: array[float] = field(default_factory=lambda: array("d"))

    def __len__(self) -> int:
        return len(self.steps)

    def add(self, wall: float, step: int, value: float) -> None:
        """Add a point."""
        self.walls.append(wall)
        self.steps.append(step)
        self.values.append(value)

    def drop_from(self, step: int) -> None:
        """Drop the points from a step on: the writer began again there."""
        keep = np.array(self.steps, np.int64) < step
        if not keep.all():
            for name, kind in (("walls", "d"), ("steps", "q"), ("values", "d")):
                own = np.array(getattr(self, name))[keep]
                setattr(self, name, array(kind, own.tobytes()))

    def points(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Steps, rising and each once, and values: of one step the one of the later time."""
        steps, values = np.array(self.steps, np.int64), np.array(self.values, np.float64)
        if len(steps) < 2 or (steps[1:] > steps[:-1]).all():
            return steps, values
        order = np.lexsort((np.array(self.walls), steps))
        steps, values = steps[order], values[order]
        last = np.append(steps[1:] != steps[:-1], True)
        return steps[last], values[last]


@dataclass(slots=True, kw_only=True)
class Logged:
    """What the event files of a folder hold.

    Attributes:
        series: by tag.
        plugin: of the hyperparameters.
        texts: by tag without its suffix, those that may be a configuration; the last counts.
        first: time of the first record, seconds since 1970; 0 where there is none.
        seconds: that writers were at work, from the first to the last record of each file.
        ends: how many files end so.
        unread: records that are no events.
    """

    series: dict[str, Series] = field(default_factory=dict)
    plugin: Plugin = field(default_factory=Plugin)
    texts: dict[str, str] = field(default_factory=dict)
    first: float = 0.0
    seconds: float = 0.0
    ends: Counter[End] = field(default_factory=Counter)
    unread: int = 0
    _plugins: dict[str, str] = field(default_factory=dict)
    _by_tag: dict[bytes, Series] = field(default_factory=dict)


def read_events(files: Sequence[Path]) -> Logged:
    """Read the event files of one folder, in the order in which they were begun.

    Raises:
        OSError: one can't be read.
    """
    found = Logged()
    for file in files:
        first = last = 0.0
        for content in records(file):
            if isinstance(content, End):
                found.ends[content] += 1
                break
            try:
                wall = _take(found, content)
            except (Malformed, struct.error):
                found.unread += 1
                continue
            first, last = first or wall, wall
        found.first = min(filter(None, (found.first, first)), default=0.0)
        found.seconds += max(last - first, 0.0)
    return found


def _take(found: Logged, content: bytes) -> float:
    """Add one event; returns its time."""
    plain = _SCALAR.fullmatch(content)
    if plain is not None:
        wall, step, outer, middle, size, tag, value = plain.groups()
        if size[0] == len(tag) == middle[0] - 7 == outer[0] - 9:
            (time,) = _double(wall)
            at = 0 if step is None else step[0] if len(step) == 1 else _step(step)
            _series(found, tag).add(time, at, _float(value)[0])
            return float(time)
    return _take_any(found, content)


def _step(content: bytes) -> int:
    return signed(next(fields(b"\x08" + content))[1])


def _series(found: Logged, tag: bytes) -> Series:
    series = found._by_tag.get(tag)
    if series is None:
        name = text(tag)
        series = found._by_tag[tag] = found.series.setdefault(name, Series())
    return series


def _take_any(found: Logged, content: bytes) -> float:
    wall, step, summary = 0.0, 0, b""
    for number, value in fields(content):
        if number == 1:
            wall = double(value)
        elif number == 2:
            step = signed(value)
        elif number == 5:
            summary = inner(value)
        elif number == 7 and dict(fields(inner(value))).get(1) == _START:
            for series in found.series.values():
                series.drop_from(step)
    for number, value in fields(summary):
        if number == 1:
            _take_value(found, wall, step, inner(value))
    return wall


def _take_value(found: Logged, wall: float, step: int, content: bytes) -> None:
    tag, plugin, data = "", "", b""
    simple: float | None = None
    tensor: bytes | None = None
    for number, value in fields(content):
        if number == 1:
            tag = text(value)
        elif number == 2:
            (simple,) = _float(inner(value))
        elif number == 8:
            tensor = inner(value)
        elif number == 9:
            plugin, data = _metadata(inner(value))
    if plugin == HPARAMS:
        found.plugin.take(data)
        return
    if plugin:
        found._plugins.setdefault(tag, plugin)
    if simple is None and tensor is not None:
        if found._plugins.get(tag) == SCALARS:
            simple = _number(tensor)
        elif tag.removesuffix(_TEXT_SUFFIX) in TEXTS:
            found.texts[tag.removesuffix(_TEXT_SUFFIX)] = _string(tensor)
    if simple is not None:
        found.series.setdefault(tag, Series()).add(wall, step, simple)


def _metadata(content: bytes) -> tuple[str, bytes]:
    """The name of a plugin and what it keeps."""
    data = dict(fields(inner(dict(fields(content)).get(1, b""))))
    return text(data.get(1, b"")), inner(data.get(2, b""))


def _number(tensor: bytes) -> float | None:
    """The number of a tensor with one element; None of others."""
    parts: dict[int, Value] = dict(fields(tensor))
    kind = parts.get(1, 0)
    if not isinstance(kind, int) or kind not in _NUMBERS:
        return None
    content = parts.get(4)
    if isinstance(content, bytes) and content:
        dtype = np.dtype(_NUMBERS[kind])
        return float(np.frombuffer(content, dtype)[0]) if len(content) == dtype.itemsize else None
    own = parts.get(_LISTED.get(kind, 0))
    if isinstance(own, int):
        return float(signed(own))
    if not own:
        return None
    if kind in (1, 2):
        width = "<f" if kind == 1 else "<d"
        return float(struct.unpack(width, own)[0]) if len(own) == struct.calcsize(width) else None
    numbers = list(fields(b"\x08" + own))  # one number, packed
    return float(signed(numbers[0][1])) if len(numbers) == 1 else None


def _string(tensor: bytes) -> str:
    return next((text(value) for number, value in fields(tensor) if number == 8), "")
