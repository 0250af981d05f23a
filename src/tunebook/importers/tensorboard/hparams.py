"""What the plugin for hyperparameters wrote: values, domains, how a session ended."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tunebook.domain.errors import SpaceError
from tunebook.domain.space import Axis, Choice, Float, Integer, Scale
from tunebook.importers.tensorboard.protobuf import Malformed, double, fields, inner, text

_STATUSES = {1: "complete", 2: "failed", 3: "running"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """Where a hyperparameter's values come from: choices, or an interval without a scale."""

    choices: tuple[Any, ...] = ()
    low: float = math.nan
    high: float = math.nan

    def axis(self, scale: Scale) -> Axis | None:
        """The range, of numbers from lowest to highest on this scale; None where it is none."""
        values = tuple(dict.fromkeys(self.choices))
        kinds = {type(v) for v in values}
        if len(values) > 1 and (kinds == {str} or kinds == {bool}):
            return Choice(values)
        numbers = [v for v in values if isinstance(v, int | float) and not isinstance(v, bool)]
        if len(numbers) < len(values):
            return None
        low, high = (min(numbers), max(numbers)) if numbers else (self.low, self.high)
        if not (math.isfinite(low) and math.isfinite(high) and low < high):
            return None
        unfit = (scale is Scale.LOG and low <= 0) or (
            scale is Scale.NEAR_ONE and not 0 <= low < high < 1
        )
        scale = Scale.LINEAR if unfit else scale
        try:
            if kinds == {int} and scale is not Scale.NEAR_ONE:
                return Integer(int(low), int(high), scale)
            return Float(low, high, scale)
        except SpaceError:
            return None


@dataclass(slots=True, kw_only=True)
class Session:
    """One run of a program with one set of hyperparameters.

    Attributes:
        config: name to value; whole numbers are integers, as the file has doubles alone.
        group: of sessions that repeat one configuration.
        start: seconds since 1970, or 0.
        status: how it ended; empty where no end was written.
    """

    config: dict[str, Any] = field(default_factory=dict)
    group: str = ""
    start: float = 0.0
    status: str = ""


@dataclass(slots=True, kw_only=True)
class Plugin:
    """What one folder's files say.

    Attributes:
        session: None where they describe none.
        status: of its end, empty where no end was written.
        domains: by hyperparameter.
        metrics: names of the metrics, "group/tag" where they have a group.
    """

    session: Session | None = None
    status: str = ""
    domains: dict[str, Domain] = field(default_factory=dict)
    metrics: list[str] = field(default_factory=list)

    def take(self, content: bytes) -> None:
        """Add one message of the plugin.

        Raises:
            Malformed: it is none.
        """
        for number, value in fields(content):
            if number == 2:
                self._experiment(inner(value))
            elif number == 3:
                self.session = _session(inner(value))
            elif number == 4:
                ended = dict(fields(inner(value))).get(1, 0)
                self.status = _STATUSES.get(ended, "") if isinstance(ended, int) else ""

    def _experiment(self, content: bytes) -> None:
        for number, value in fields(content):
            if number == 4:
                name, domain = _hparam_info(inner(value))
                if name and domain is not None:
                    self.domains[name] = domain
            elif number == 5:
                metric = _metric(inner(value))
                if metric and metric not in self.metrics:
                    self.metrics.append(metric)


def _session(content: bytes) -> Session:
    found = Session()
    for number, value in fields(content):
        if number == 1:
            entry = dict(fields(inner(value)))
            if 1 in entry:
                found.config[text(entry[1])] = value_of(inner(entry.get(2, b"")))
        elif number == 4:
            found.group = text(value)
        elif number == 5:
            found.start = double(value)
    return found


def value_of(content: bytes, depth: int = 0) -> Any:
    """A value of any kind: null, number, text, boolean, table or list.

    Raises:
        Malformed: it is none.
    """
    if depth > _DEEP:
        raise Malformed("a value that is nested too deeply")
    found: Any = None
    for number, value in fields(content):
        if number == 2:
            read = double(value)
            found = int(read) if read.is_integer() and abs(read) < 2**53 else read
        elif number == 3:
            found = text(value)
        elif number == 4:
            found = bool(value)
        elif number == 5:
            entries = [dict(fields(inner(v))) for n, v in fields(inner(value)) if n == 1]
            found = {
                text(e.get(1, b"")): value_of(inner(e.get(2, b"")), depth + 1) for e in entries
            }
        elif number == 6:
            found = [value_of(inner(v), depth + 1) for n, v in fields(inner(value)) if n == 1]
    return found


_DEEP = 20


def _hparam_info(content: bytes) -> tuple[str, Domain | None]:
    name, domain = "", None
    for number, value in fields(content):
        if number == 1:
            name = text(value)
        elif number == 5:
            listed = value_of(_as_list(inner(value)))
            plain = [v for v in listed if isinstance(v, str | bool | int | float)]
            domain = Domain(choices=tuple(plain))
        elif number == 6:
            ends: Mapping[int, Any] = dict(fields(inner(value)))
            zero = bytes(8)
            domain = Domain(low=double(ends.get(1, zero)), high=double(ends.get(2, zero)))
    return name, domain


def _as_list(content: bytes) -> bytes:
    """A list of values as a value, so that one function reads both."""
    size, length = bytearray(), len(content)
    while True:
        size.append(length & 127 | (128 if length > 127 else 0))
        length >>= 7
        if not length:
            return bytes([6 << 3 | 2]) + bytes(size) + content


def _metric(content: bytes) -> str:
    named = dict(fields(content)).get(1, b"")
    parts = dict(fields(inner(named)))
    return "/".join(filter(None, (text(parts.get(1, b"")), text(parts.get(2, b"")))))
