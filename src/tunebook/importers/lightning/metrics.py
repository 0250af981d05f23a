"""A table of metrics: a row for each time that something was logged, cells mostly empty."""

from __future__ import annotations

import csv
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tunebook.importers.runs import Points

STEP, EPOCH = "step", "epoch"
_LARGEST_STEP = 2**53


@dataclass(slots=True, kw_only=True)
class Metrics:
    """What was read of one file.

    Attributes:
        curves: by metric, step to value; of a step that has several rows the last counts.
        first_epoch, last_epoch: of its rows; None where it has no such column.
        cut: the last line is half-written.
        unread: cells that are no numbers, and rows without a step.
    """

    curves: dict[str, dict[int, float]] = field(default_factory=dict)
    first_epoch: int | None = None
    last_epoch: int | None = None
    cut: bool = False
    unread: int = 0

    def points(self) -> dict[str, Points]:
        """Curves as arrays, by rising steps."""
        found: dict[str, Points] = {}
        for metric, own in self.curves.items():
            steps = np.fromiter(own, np.int64, len(own))
            values = np.fromiter(own.values(), np.float64, len(own))
            order = np.argsort(steps, kind="stable")
            found[metric] = steps[order], values[order]
        return found

    def continue_with(self, later: Metrics) -> None:
        """Add what a resumed run logged; of a step that both have, the later counts."""
        for metric, own in later.curves.items():
            self.curves.setdefault(metric, {}).update(own)
        self.last_epoch = later.last_epoch
        self.cut = later.cut
        self.unread += later.unread


def read_metrics(file: Path) -> Metrics:
    """Read a file up to its last whole line.

    Raises:
        OSError, csv.Error: it can't be read.
    """
    text = file.read_text("utf-8", errors="replace")
    whole, _, rest = text.rpartition("\n")
    found = Metrics(cut=bool(rest))
    rows = csv.reader(whole.split("\n"))
    header = next(rows, [])
    metrics = [(i, name) for i, name in enumerate(header) if name not in (STEP, EPOCH)]
    at = header.index(STEP) if STEP in header else None
    epoch = header.index(EPOCH) if EPOCH in header else None
    for row in rows:
        if not row:
            continue
        step = None if at is None or len(row) != len(header) else _whole(row[at])
        if step is None:
            found.unread += 1
            continue
        if epoch is not None and (current := _whole(row[epoch])) is not None:
            found.first_epoch = current if found.first_epoch is None else found.first_epoch
            found.last_epoch = current
        for i, name in metrics:
            if row[i]:
                try:
                    value = float(row[i])
                except ValueError:
                    found.unread += 1
                    continue
                found.curves.setdefault(name, {})[step] = value
    return found


def _whole(cell: str) -> int | None:
    try:
        value = float(cell)
        return int(value) if value.is_integer() and abs(value) < _LARGEST_STEP else None
    except (ValueError, OverflowError):
        return None
