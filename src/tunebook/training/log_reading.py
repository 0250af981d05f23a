"""Logs read back: whole lines whose checksum holds, as they were reported (I2)."""

from __future__ import annotations

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tunebook.domain.trial import Cause, Measurement, Outcome, Status

Report = tuple[int, float, Mapping[str, float]]
"""Step, seconds since the attempt began, numbers by metric."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPart:
    """Whole lines read from a log.

    Attributes:
        lines: how many lines were read, damaged ones included.
        first_step: the step from which the attempt started.
        reports: in the order in which they were made.
        outcome: how the attempt ended, or None where it has not.
        damaged: lines whose checksum does not hold; they are skipped.
        offset: bytes up to the end of the last whole line.
    """

    lines: int
    first_step: int = 0
    reports: tuple[Report, ...] = ()
    outcome: Outcome | None = None
    damaged: int = 0
    offset: int = 0

    @property
    def measurements(self) -> tuple[Measurement, ...]:
        """Each number of the reports for itself, in their order."""
        return tuple(
            Measurement(step=step, metric=name, value=float(value), time_s=at)
            for step, at, metrics in self.reports
            for name, value in metrics.items()
        )


def read_log(path: Path, *, skip_lines: int = 0, offset: int = 0) -> LogPart:
    """Read the whole lines of a log, from a byte offset or past a number of lines.

    A line that was not finished is left for the next reading.
    """
    with path.open("rb") as stream:
        stream.seek(offset)
        content = stream.read()
    whole = content[: content.rfind(b"\n") + 1]
    lines = whole.split(b"\n")[:-1]
    # Of lines that are known, those that say where it started and how it ended are heard again.
    again = [line for line in lines[:skip_lines] if not line[9:].startswith(_MEASURED)]
    fresh = lines[skip_lines:]
    first_step, outcome = 0, None
    reports: list[Report] = []
    known, _ = _records(again) if again else ([], 0)
    records, damaged = _records(fresh)
    for record in (*(r for r in known if "m" not in r), *records):
        if "m" in record:
            reports.append((record["s"], record["t"], record["m"]))
        elif "start" in record:
            first_step = record["start"]
        elif "end" in record:
            outcome = outcome_of(record["end"])
    return LogPart(
        lines=len(fresh),
        first_step=first_step,
        reports=tuple(reports),
        outcome=outcome,
        damaged=damaged,
        offset=offset + len(whole),
    )


_MEASURED = b'{"s":'
_decode = json.JSONDecoder().decode


def _records(lines: list[bytes]) -> tuple[list[dict[str, Any]], int]:
    """What sound lines say, and how many are damaged."""
    sound: list[bytes] = []
    for line in lines:
        text = line[9:]
        if line[:8] == b"%08x" % zlib.crc32(text):
            sound.append(text)
    try:
        # One call for all: a call for each would take most of the time.
        found = _decode((b"[" + b",".join(sound) + b"]").decode())
    except ValueError:
        found = [_record(text) for text in sound]
    if len(found) != len(sound):
        found = [_record(text) for text in sound]
    records = [record for record in found if isinstance(record, dict)]
    return records, len(lines) - len(records)


def _record(text: bytes) -> object:
    try:
        return _decode(text.decode())
    except ValueError:
        return None


def outcome_of(data: Mapping[str, Any]) -> Outcome:
    """How an attempt ended, from the plain data that `asdict` made of it."""
    return Outcome(
        **{
            **data,
            "status": Status(data["status"]),
            "cause": None if data["cause"] is None else Cause(data["cause"]),
            "unread": tuple(data["unread"]),
        }
    )
