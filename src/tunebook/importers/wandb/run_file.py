"""One `.wandb` file as what it says of its run (C11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tunebook.importers.wandb import items
from tunebook.importers.wandb.fields import Field, fields, signed, varint
from tunebook.importers.wandb.log import read_log

HISTORY, SUMMARY, CONFIG, STATS, TELEMETRY, METRIC = 2, 3, 5, 7, 11, 12
RUN, EXIT, PREEMPTING = 17, 18, 23
_READ = frozenset({HISTORY, SUMMARY, CONFIG, STATS, TELEMETRY, METRIC, RUN, EXIT, PREEMPTING})

_OF_HISTORY = b"\x12\x05_step"
"""In a summary that W&B made of a row of the history, and in no other."""
_CLOCK = b"\x12\x06_wandb\x12\x07runtime"
"""In a summary of how long the run took so far, and of nothing else."""
_SUMMARIES = {
    1: "min",
    2: "max",
    3: "mean",
    4: "best",
    5: "last",
    6: "none",
    7: "copy",
    8: "first",
}
_GOALS = {1: "minimize", 2: "maximize"}
_RUN_TEXTS = {
    1: "id", 2: "entity", 3: "project", 6: "group", 7: "job_type", 8: "display_name", 9: "notes",
    12: "sweep", 13: "host",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A metric in a run's history: the steps at which it has a number, and the numbers."""

    steps: NDArray[np.int64]
    values: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Defined:
    """What `define_metric` said of a metric, or of all that a pattern names.

    Attributes:
        name: of the metric, or a pattern such as `val/*`.
        step: name of the metric that its steps are counted by; empty for W&B's own count.
        summaries: which of its values the summary has: "min", "max", "mean", "best", "none" ...
        goal: "minimize", "maximize" or "".
    """

    name: str
    step: str = ""
    summaries: tuple[str, ...] = ()
    goal: str = ""


@dataclass(slots=True, kw_only=True)
class RunFile:
    """One file of a run; a run that was resumed has several.

    Attributes:
        file: its name, for texts.
        texts: id, entity, project, group, job_type, display_name, notes, sweep, host.
        tags: of the run.
        config, summary: nested as W&B has them.
        defined: see `Defined`, in the order in which they were said.
        columns: the history, by name; steps rise.
        other: names in the history whose values are no numbers, with what they are.
        start: seconds since 1970, None where it is not known.
        seen: when the file last heard of the run, in seconds since 1970.
        offset: seconds that the run took before this file.
        runtime: seconds at its end, those before it included.
        branch: run and step that this one goes on from; None for none.
        exit_code: None where the end is not recorded.
        closed: the script itself finished the run.
        preempting: the run said that its machine was about to be taken away.
        cut, damaged: as the `Log` has it.
        unread: records that make no sense.
        only_ends: it was read from files beside the log, which have no curves.
    """

    file: str
    texts: dict[str, str] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    config: dict[str, Any] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    defined: list[Defined] = field(default_factory=list)
    columns: dict[str, Column] = field(default_factory=dict)
    other: dict[str, str] = field(default_factory=dict)
    start: float | None = None
    seen: float = 0.0
    offset: float = 0.0
    runtime: float | None = None
    branch: tuple[str, int] | None = None
    exit_code: int | None = None
    closed: bool = False
    preempting: bool = False
    cut: bool = False
    damaged: int = 0
    unread: int = 0
    only_ends: bool = False

    @property
    def id(self) -> str:
        """The run's id; empty where the file has no record of it."""
        return self.texts.get("id", "")


def read_run_file(content: bytes, file: str) -> RunFile:
    """Read what a file's bytes say of its run; records that make no sense are counted.

    Raises:
        NewerLog, ValueError: as `read_log`.
    """
    log = read_log(content)
    run = RunFile(file=file, cut=log.cut, damaged=log.damaged)
    history = _History()
    summaries: list[_Summary] = []
    last = 0
    for data in log.records:
        try:
            number, begin, end = _kind(data)
            if number == HISTORY:
                if last == SUMMARY and _OF_HISTORY in summaries[-1].data:
                    summaries[-1].repeats = True
                history.add(data, begin, end)
            elif number == SUMMARY:
                if _CLOCK in data:
                    continue
                summaries.append(_Summary(data, begin, end, len(history.steps)))
            elif number:
                _take(run, number, data[begin:end])
            last = number
        except (ValueError, IndexError):
            run.unread += 1
    _add_history(run, history)
    _add_summary(run, summaries, history)
    return run


@dataclass(slots=True)
class _History:
    """Rows of the history as they stand, by the bytes of their keys."""

    steps: list[int | None] = field(default_factory=list)
    columns: dict[bytes, items.Cells] = field(default_factory=dict)
    last_row: dict[str, int] = field(default_factory=dict)

    def add(self, data: bytes, begin: int, end: int) -> None:
        """Add a record, or what of it makes sense."""
        self.steps.append(None)
        self.steps[-1] = items.add_row(data, begin, end, len(self.steps) - 1, self.columns)


@dataclass(slots=True)
class _Summary:
    """A record of the summary, after so many rows of the history."""

    data: bytes
    begin: int
    end: int
    rows: int
    repeats: bool = False


def _kind(data: bytes) -> tuple[int, int, int]:
    """Which of the read kinds a record is, 0 for others, with the place of its content."""
    at, size = 0, len(data)
    while at < size:
        tag = data[at]
        at += 1
        if tag > 127:
            tag, at = varint(data, at - 1)
        wire = tag & 7
        if wire == 2:
            length = data[at]
            at += 1
            if length > 127:
                length, at = varint(data, at - 1)
            if tag >> 3 in _READ:
                if at + length > size:
                    raise ValueError("a record that is longer than its bytes")
                return tag >> 3, at, at + length
            at += length
        elif wire == 0:
            while data[at] > 127:
                at += 1
            at += 1
        else:
            at += 8 if wire == 1 else 4
    return 0, 0, 0


def _take(run: RunFile, kind: int, data: bytes) -> None:
    """Add a record that is neither history nor summary."""
    if kind == RUN:
        _take_run(run, data)
    elif kind == CONFIG:
        _configure(run, data)
    elif kind == METRIC:
        said = _defined(data)
        if said is not None:
            run.defined.append(said)
    elif kind == STATS:
        stamp = next((v for n, v in fields(data) if n == 2), b"")
        run.seen = max(run.seen, _seconds(stamp) or 0.0)
    elif kind == PREEMPTING:
        run.preempting = True
    elif kind == TELEMETRY:
        run.closed = run.closed or _finishes(data)
    else:
        known = dict(fields(data))
        if not known.get(3):  # not_complete
            run.exit_code = signed(known.get(1, 0))
        run.runtime = float(signed(known.get(2, 0))) or run.runtime


def _take_run(run: RunFile, data: bytes) -> None:
    for number, value in fields(data):
        if number in _RUN_TEXTS and isinstance(value, bytes):
            run.texts[_RUN_TEXTS[number]] = value.decode("utf-8", "replace")
        elif number == 10 and isinstance(value, bytes):
            run.tags.append(value.decode("utf-8", "replace"))
        elif number == 4 and isinstance(value, bytes):
            _configure(run, value)
        elif number == 17 and run.start is None:
            run.start = _seconds(value)
        elif number == 20:
            run.offset = float(signed(value))
        elif number == 23 and isinstance(value, bytes):
            run.branch = _branch(value)


def _branch(data: bytes) -> tuple[str, int] | None:
    """Run and step; None where the place is no step."""
    known = dict(fields(data))
    origin, value, metric = known.get(1, b""), known.get(2, 0), known.get(3, b"")
    if not isinstance(origin, bytes) or metric not in (b"", b"_step"):
        return None
    if isinstance(value, bytes):  # a double
        value = int(np.frombuffer(value, "<f8")[0]) if len(value) == 8 else 0
    return origin.decode("utf-8", "replace"), value


def _configure(run: RunFile, data: bytes) -> None:
    for path, value, removed in items.items(data, 0, len(data)):
        if removed:
            items.drop(run.config, path)
        else:
            items.put(run.config, path, items.value_of(value))


def _defined(data: bytes) -> Defined | None:
    known = dict(fields(data))

    def text(number: int) -> str:
        value = known.get(number, b"")
        return value.decode("utf-8", "replace") if isinstance(value, bytes) else ""

    said = known.get(7, b"")
    chosen = [n for n, value in fields(said) if value] if isinstance(said, bytes) else []
    name = text(1) or text(2)
    goal = known.get(8, 0)
    if not name:
        return None
    return Defined(
        name=name,
        step=text(4),
        summaries=tuple(_SUMMARIES[n] for n in chosen if n in _SUMMARIES),
        goal=_GOALS.get(goal, "") if isinstance(goal, int) else "",
    )


def _finishes(data: bytes) -> bool:
    """Whether telemetry says that the script called `finish`."""
    feature = dict(fields(data)).get(3, b"")
    return isinstance(feature, bytes) and bool(dict(fields(feature)).get(2))


def _seconds(value: Field) -> float | None:
    """A moment in seconds since 1970."""
    if not isinstance(value, bytes):
        return None
    known = dict(fields(value))
    return signed(known.get(1, 0)) + signed(known.get(2, 0)) * 1e-9


def _add_history(run: RunFile, history: _History) -> None:
    """The history as columns of numbers by step; changes the run."""
    named: dict[str, list[tuple[NDArray[np.int64], Sequence[bytes]]]] = {}
    media = set[str]()
    for key, (rows, values) in history.columns.items():
        path = items.path_of(key)
        if path[-1:] == ("_type",):
            media.add(".".join(path[:-1]))
            run.other[".".join(path[:-1])] = str(items.value_of(values[0]))
            continue
        named.setdefault(".".join(path), []).append((np.asarray(rows, np.int64), values))
    at = np.array([0 if s is None else s for s in history.steps], np.int64)
    for own_rows, texts in named.get("_step", []):
        read, other = items.numbers_of(texts)
        if other is None and np.isfinite(read).all():
            at[own_rows] = read.astype(np.int64)
    for name, parts in named.items():
        if name == "_step" or any(name.startswith(f"{one}.") for one in media):
            continue
        where = np.concatenate([r for r, _ in parts])
        history.last_row[name] = int(where.max())
        column = _column(run, name, at[where], [v for _, values in parts for v in values])
        if column is not None:
            run.columns[name] = column
    stamps, clock = run.columns.pop("_timestamp", None), run.columns.pop("_runtime", None)
    if stamps is not None:
        run.seen = max(run.seen, float(np.nanmax(stamps.values)))
    if clock is not None:
        run.runtime = max(run.runtime or 0.0, float(np.nanmax(clock.values)))
    for name in [n for n in run.columns if n.startswith("_")]:
        del run.columns[name]


def _column(
    run: RunFile, name: str, steps: NDArray[np.int64], values: Sequence[bytes]
) -> Column | None:
    """A column of rising steps, each once, of one step the later row; None without numbers."""
    read, other = items.numbers_of(values)
    if other is not None:
        first = items.value_of(values[int(np.argmax(other))])
        kind = str(first.get("_type", "table")) if isinstance(first, dict) else ""
        if first is not None:
            run.other.setdefault(name, kind or type(first).__name__)
        steps, read = steps[~other], read[~other]
    if not len(steps):
        return None
    if not (np.diff(steps) > 0).all():
        order = np.argsort(steps, kind="stable")
        steps, read = steps[order], read[order]
        last = np.append(steps[1:] != steps[:-1], True)
        steps, read = steps[last], read[last]
    return Column(steps=steps, values=read)


def _add_summary(run: RunFile, summaries: Sequence[_Summary], history: _History) -> None:
    """The summary: the last value of each metric, and what the script set itself.

    Most summaries repeat a row of the history. They are read only where `define_metric` asked for
    other values than the last ones.
    """
    repeats = not any(said.summaries for said in run.defined)
    if repeats:
        run.summary = {name: float(c.values[-1]) for name, c in run.columns.items()}
    for one in summaries:
        if one.repeats and repeats:
            continue
        try:
            for path, value, removed in items.items(one.data, one.begin, one.end):
                name = ".".join(path)
                if removed:
                    for own in [n for n in run.summary if n == name or n.startswith(f"{name}.")]:
                        del run.summary[own]
                elif not repeats or history.last_row.get(name, -1) < one.rows:
                    run.summary.update(items.flat({name: items.value_of(value)}))
        except (ValueError, IndexError):
            run.unread += 1
