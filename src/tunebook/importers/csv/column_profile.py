"""The cells of one column at a glance: how many, how many distinct, numbers or words (C11)."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from tunebook.importers.csv.columns import ABSENT, number_of
from tunebook.importers.csv.statuses import is_bad_end

MOSTLY = 0.9
"""Of the cells that are there: so many with a value of their own make a label or a measurement."""

_MISSING = frozenset({*ABSENT, "nan"})
_CLOCK = re.compile(r"(?:(\d+) days?,? ?)?(\d+):(\d\d?):(\d\d?(?:\.\d+)?)")
TIME_UNITS = {
    "us": 1e-6, "ms": 1e-3, "millis": 1e-3, "milliseconds": 1e-3,
    "s": 1.0, "sec": 1.0, "secs": 1.0, "second": 1.0, "seconds": 1.0, "m": 60.0,
    "min": 60.0, "mins": 60.0, "minute": 60.0, "minutes": 60.0, "h": 3600.0, "hr": 3600.0,
    "hrs": 3600.0, "hour": 3600.0, "hours": 3600.0, "d": 86400.0, "day": 86400.0, "days": 86400.0,
}  # fmt: skip
_QUANTITY = re.compile(r"(\d+(?:\.\d+)?(?:e[+-]?\d+)?) ?([a-z]+)[ ,]*")
_LONG_COUNT = 12
_EPOCH_FROM, _EPOCH_TO = 9e8, 4e9  # seconds: 1998 to 2096


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Look:
    """One column.

    Attributes:
        rows: number of rows.
        there: cells that hold something, in order.
        distinct: number of different ones.
        numbers: the column as numbers, NaN where a cell is empty; None where a cell is a word.
    """

    rows: int
    there: tuple[str, ...]
    distinct: int
    numbers: NDArray[np.float64] | None

    @property
    def numeric(self) -> bool:
        """True where all that is there are numbers."""
        return self.numbers is not None and bool(self.there)

    @property
    def whole(self) -> bool:
        """True for whole numbers alone."""
        if self.numbers is None:
            return False
        known = self.numbers[~np.isnan(self.numbers)]
        return bool(len(known)) and bool((np.isfinite(known) & (known == np.floor(known))).all())

    @property
    def own(self) -> bool:
        """True where nearly every row has a value of its own."""
        return len(self.there) >= 2 and self.distinct >= MOSTLY * len(self.there)

    @property
    def unique(self) -> bool:
        """True where every row has a value of its own."""
        return self.distinct == self.rows == len(self.there)

    @property
    def counts(self) -> bool:
        """True for 0, 1, 2, ... or 1, 2, 3, ... in the file's order, or in the reverse of it.

        A long count may begin anywhere, as ids do.
        """
        if not (self.unique and self.whole and self.numbers is not None):
            return False
        steps = np.diff(self.numbers)
        begins = float(self.numbers.min()) in (0.0, 1.0) or self.rows >= _LONG_COUNT
        return begins and bool((steps == 1).all() or (steps == -1).all())


def look_at(cells: Sequence[str]) -> Look:
    """Summarise a column."""
    there = tuple(c for c in cells if c.lower() not in ABSENT)
    read = {c: number_of(c) for c in set(there)}
    slips = {c for c, v in read.items() if v is None and is_bad_end(c)}
    if len(read) > 2 * len(slips):  # "diverged" among losses
        read |= dict.fromkeys(slips, math.nan)
    numbers = None
    if all(v is not None for v in read.values()):
        numbers = np.array([math.nan if (v := read.get(c)) is None else v for c in cells])
    distinct = len({c for c in read if c.lower() != "nan"})
    return Look(rows=len(cells), there=there, distinct=distinct, numbers=numbers)


def is_missing(cell: str) -> bool:
    """True for a cell that says "not there", NaN included."""
    return cell.lower() in _MISSING


def seconds_of(cell: str) -> float | None:
    """A duration in seconds: `83.2`, `0 days 00:01:23`, `1:23:04`, `1.4min`, `1h 23m 4s`.

    Example:
        >>> [seconds_of(c) for c in ("83.2", "0 days 00:01:23.5", "1h 2m 3s", "soon")]
        [83.2, 83.5, 3723.0, None]
    """
    number = number_of(cell)
    if number is not None:
        return number
    clock = _CLOCK.fullmatch(cell.strip())
    if clock:
        days, hours, minutes, seconds = clock.groups()
        return (
            86400.0 * int(days or 0) + 3600.0 * int(hours) + 60.0 * int(minutes) + float(seconds)
        )
    text = cell.strip().lower()
    if not text or _QUANTITY.sub("", text):
        return None
    parts = _QUANTITY.findall(text)
    if any(unit not in TIME_UNITS for _, unit in parts):
        return None
    return sum(float(amount) * TIME_UNITS[unit] for amount, unit in parts)


def moment_of(cell: str) -> float | None:
    """A date with a time, or a Unix time, in seconds; None for anything else."""
    number = number_of(cell)
    if number is not None:
        for unit in (1.0, 1e3, 1e6, 1e9):
            if _EPOCH_FROM <= number / unit <= _EPOCH_TO:
                return number / unit
        return None
    text = cell.strip().removesuffix(" UTC").replace("Z", "+00:00")
    if len(text) < 8 or not text[:1].isdigit():
        return None
    found = _by_iso(text) or next(filter(None, (_by_form(text, f) for f in _FORMS)), None)
    if found is None:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()


_FORMS = (
    "%Y-%m-%d_%H-%M-%S", "%Y-%m-%d-%H-%M-%S", "%Y%m%d-%H%M%S", "%Y%m%d_%H%M%S",
    "%Y/%m/%d %H:%M:%S", "%Y/%m/%d %H:%M", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y",
    "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M",
)  # fmt: skip


def _by_iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _by_form(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form)
    except ValueError:
        return None
