"""Files of one run as one run: resumed, rewound, forked from another (C11)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tunebook.importers.wandb.run_file import Column, Defined, RunFile

Columns = dict[str, Column]


@dataclass(slots=True, kw_only=True)
class JoinedRun:
    """A run with all of its files, in the order in which they began.

    Attributes:
        files: of the run; the last one says how it ended.
        columns: the history; a later file replaces an earlier one from its first step on.
        replaced: steps of earlier files that a later one has anew.
        missing: run that it goes on from, where that is not here.
    """

    files: list[RunFile]
    columns: Columns
    replaced: int = 0
    missing: str = ""

    @property
    def id(self) -> str:
        """The run's id."""
        return self.files[0].id

    @property
    def last(self) -> RunFile:
        """The file that began last."""
        return self.files[-1]

    def text(self, name: str) -> str:
        """The latest text of this name, such as `group`; empty where there is none."""
        return next((f.texts[name] for f in reversed(self.files) if f.texts.get(name)), "")

    @property
    def config(self) -> dict[str, Any]:
        """Of a key that was set again the later value."""
        return {key: value for file in self.files for key, value in file.config.items()}

    @property
    def summary(self) -> dict[str, Any]:
        """Of a key that was set again the later value."""
        return {key: value for file in self.files for key, value in file.summary.items()}

    @property
    def defined(self) -> list[Defined]:
        """What `define_metric` said."""
        return [said for file in self.files for said in file.defined]

    @property
    def other(self) -> dict[str, str]:
        """Names whose values are no numbers."""
        return {name: kind for file in self.files for name, kind in file.other.items()}

    @property
    def seconds(self) -> float | None:
        """That all files took together."""
        took = [f.runtime - f.offset for f in self.files if f.runtime is not None]
        return sum(took) if took else None


def join_runs(files: Sequence[RunFile]) -> list[JoinedRun]:
    """One run for each id, in the order in which they began."""
    ordered = sorted(files, key=lambda f: (f.start is None, f.start or 0.0))
    by_id: dict[tuple[str, str, str], list[RunFile]] = {}
    for file in ordered:
        of = (file.texts.get("entity", ""), file.texts.get("project", ""), file.id)
        by_id.setdefault(of, []).append(file)
    runs = {of: _joined(own) for of, own in by_id.items()}
    known = {(*of[:2], of[2]): run for of, run in runs.items()}
    forked = [of for of, run in runs.items() if _origin(run) is not None]
    for of in forked:
        _add_origin(of, known, seen=set())
    return list(runs.values())


def _joined(files: list[RunFile]) -> JoinedRun:
    run = JoinedRun(files=files, columns=dict(files[0].columns))
    for file in files[1:]:
        if file.branch is not None and file.branch[0] == file.id:  # rewound
            run.columns = _until(run.columns, file.branch[1])
        steps = set[int]()
        for name, column in file.columns.items():
            before = run.columns.get(name)
            if before is None:
                run.columns[name] = column
                continue
            kept = int(np.searchsorted(before.steps, column.steps[0]))
            steps.update(before.steps[kept:].tolist())
            run.columns[name] = _after(before, kept, column)
        run.replaced += len(steps)
    return run


def _after(before: Column, kept: int, column: Column) -> Column:
    return Column(
        steps=np.concatenate([before.steps[:kept], column.steps]),
        values=np.concatenate([before.values[:kept], column.values]),
    )


def _until(columns: Columns, step: int) -> Columns:
    """The columns up to a step, which is included."""
    found = {}
    for name, column in columns.items():
        kept = int(np.searchsorted(column.steps, step, side="right"))
        if kept:
            found[name] = Column(steps=column.steps[:kept], values=column.values[:kept])
    return found


def _origin(run: JoinedRun) -> tuple[str, int] | None:
    branch = run.files[0].branch
    return branch if branch is not None and branch[0] != run.id else None


def _add_origin(
    of: tuple[str, str, str], known: Mapping[tuple[str, str, str], JoinedRun], seen: set[Any]
) -> None:
    """Put the history up to the fork in front; changes the run."""
    run = known[of]
    origin = _origin(run)
    if origin is None or of in seen or run.missing:
        return
    seen.add(of)
    above = (*of[:2], origin[0])
    if above not in known:
        run.missing = origin[0]
        return
    _add_origin(above, known, seen)
    for name, column in _until(known[above].columns, origin[1]).items():
        own = run.columns.get(name)
        if own is None:
            run.columns[name] = column
        else:
            kept = int(np.searchsorted(column.steps, own.steps[0]))
            run.columns[name] = _after(column, kept, own)
