"""Logs into the book: by batches while a trial runs, and to the last line once it has ended (I2).

A log is deleted only after the book has committed all of it, synced. What was printed is kept as
its last 4 kB.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from tunebook.domain.errors import TrialBusyError
from tunebook.domain.trial import Outcome, TrialKey
from tunebook.store import Logged, Store
from tunebook.training.log import AttemptFiles, LogPart, attempt_files, read_log
from tunebook.training.log_reading import Report

TAIL_BYTES = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """What an attempt reported while it was followed.

    Attributes:
        first, last: step of a report, and its seconds since the attempt began.
        values: by metric, the last one.
        at: when the last report was read, on the monotonic clock.
    """

    first: tuple[int, float]
    last: tuple[int, float]
    values: Mapping[str, float]
    at: float

    def seconds_to(self, step: int) -> float | None:
        """Seconds from the last report to a step at the speed so far; None before there is one."""
        steps, seconds = self.last[0] - self.first[0], self.last[1] - self.first[1]
        if steps <= 0 or seconds <= 0:
            return None
        return max(0, step - self.last[0]) * seconds / steps


@dataclass(frozen=True, slots=True)
class Followed:
    """How far the log of a running attempt was taken in: no line of it is read again.

    Attributes:
        lines, offset: of the log, in the book.
        first_step: from which the attempt started.
        reported: while this process followed it; None before its first report.
    """

    lines: int
    offset: int
    first_step: int
    reported: Reported | None = field(default=None, compare=False)


def follow_all(
    store: Store, running: Sequence[tuple[TrialKey, int, Followed | None]]
) -> list[Followed | TrialBusyError | None]:
    """Take in what attempts have logged since the place given with each, by one transaction.

    Args:
        running: attempts, each with where the call before ended; None for all that is not stored.

    Returns:
        of each where the next call goes on; None where it has not begun its log; an error where
        another attempt has superseded it, which spoils no other.
    """
    found: list[Followed | TrialBusyError | None] = [None] * len(running)
    logged: list[Logged] = []
    places: list[int] = []
    with store.together():
        unknown = [(key, attempt) for key, attempt, before in running if before is None]
        known_lines = store.lines_of(unknown) if unknown else {}
        for i, (key, attempt, before) in enumerate(running):
            log = attempt_files(store.files, key, attempt).log
            known = before.lines if before else known_lines.get((key, attempt), 0)
            try:
                part = (
                    read_log(log, offset=before.offset)
                    if before
                    else read_log(log, skip_lines=known)
                )
            except FileNotFoundError:
                continue
            first_step = part.first_step or (before.first_step if before else 0)
            reported = _reported(before.reported if before else None, part.reports)
            found[i] = Followed(known + part.lines, part.offset, first_step, reported)
            if part.lines:
                logged.append(_logged(key, attempt, first_step, known, part))
                places.append(i)
        for i, taken in zip(places, store.take_in(logged) if logged else (), strict=True):
            if not taken.stored:
                found[i] = _superseded(*running[i][:2])
    return found


def _reported(before: Reported | None, fresh: Sequence[Report]) -> Reported | None:
    """The reports so far with those that were just read."""
    if not fresh:
        return before
    values = {name: value for _, _, metrics in fresh for name, value in metrics.items()}
    return Reported(
        first=before.first if before else fresh[0][:2],
        last=fresh[-1][:2],
        values={**before.values, **values} if before else values,
        at=time.monotonic(),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """An attempt that is over, to be recorded.

    Attributes:
        override: how the executor saw it end. The log's own end line, where there is one, is the
            truth and comes first.
    """

    key: TrialKey
    attempt: int
    override: Outcome | None = None


def settle(
    store: Store, key: TrialKey, attempt: int, override: Outcome | None = None
) -> Outcome | None:
    """Record the end of an attempt: the rest of its log, then its outcome; then drop its files.

    Returns:
        the outcome that was recorded; None where there is none, or the attempt was superseded or
        had ended already. Without an outcome every file is left where it is.

    Raises:
        TrialBusyError: it was superseded, and its log has what is not stored.
    """
    (found,) = settle_all(store, [End(key=key, attempt=attempt, override=override)])
    if isinstance(found, Exception):
        raise found
    return found


def settle_all(store: Store, ends: Sequence[End]) -> list[Outcome | Exception | None]:
    """`settle` for many attempts, by one transaction.

    A log that can't be read, or an attempt that was superseded, spoils no other; an error of the
    store undoes all of them.

    Args:
        ends: at most one of each trial.

    Returns:
        of each what `settle` returns or raises.
    """
    found: list[Outcome | Exception | None] = [None] * len(ends)
    read: dict[int, _Read] = {}
    with store.together():
        known = store.lines_of([(end.key, end.attempt) for end in ends])
        for i, end in enumerate(ends):
            try:
                read[i] = _read(store, end, known.get((end.key, end.attempt), 0))
            except OSError as error:
                found[i] = error
        fates = store.take_in([one.logged for one in read.values()])
        taken = dict(zip(read, fates, strict=True))
    for i, one in read.items():
        if taken[i].finished:
            found[i] = one.logged.outcome
            try:
                _drop(one.files, damaged=one.damaged)
            except OSError as error:  # it is recorded all the same
                found[i] = error
        elif not taken[i].stored and one.new:
            found[i] = _superseded(ends[i].key, ends[i].attempt)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    logged: Logged
    files: AttemptFiles
    new: bool
    damaged: bool


def _read(store: Store, end: End, known: int) -> _Read:
    """What the log of an attempt that is over says beyond the lines that are known."""
    files = attempt_files(store.files, end.key, end.attempt)
    try:
        part = read_log(files.log, skip_lines=known)
    except FileNotFoundError:
        part = LogPart(lines=0)
    outcome = part.outcome or end.override
    damaged = 0
    if outcome is not None:
        damaged = part.damaged if not known else _damaged(files.log)
        said = f" ({damaged} damaged lines of its log)" if damaged else ""
        tail = outcome.output_tail or output_tail(files.output)
        outcome = replace(outcome, detail=outcome.detail + said, output_tail=tail)
    return _Read(
        logged=_logged(end.key, end.attempt, part.first_step, known, part, outcome),
        files=files,
        new=part.lines > 0,
        damaged=damaged > 0,
    )


def _logged(
    key: TrialKey,
    attempt: int,
    first_step: int,
    known: int,
    part: LogPart,
    outcome: Outcome | None = None,
) -> Logged:
    from tunebook.store.curves.chunk_table import by_metric

    return Logged(
        key=key,
        attempt=attempt,
        first_step=first_step,
        lines=known + part.lines,
        points=by_metric(part.reports),
        outcome=outcome,
    )


def _superseded(key: TrialKey, attempt: int) -> TrialBusyError:
    return TrialBusyError(
        f"attempt {attempt} at trial {key.name} was superseded by a later one",
        next_step="nothing: the later attempt's measurements stand",
    )


def output_tail(path: Path) -> str:
    """The last 4 kB that a trial printed, without control characters."""
    try:
        with path.open("rb") as stream:
            size = stream.seek(0, 2)
            stream.seek(max(0, size - TAIL_BYTES))
            text = stream.read().decode(errors="replace")
    except OSError:
        return ""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in text if c.isprintable() or c in "\n\t")


def _damaged(log: Path) -> int:
    try:
        return read_log(log).damaged
    except FileNotFoundError:
        return 0


def _drop(files: AttemptFiles, *, damaged: bool) -> None:
    with suppress(FileNotFoundError):
        if damaged:
            files.log.rename(files.log.with_suffix(".damaged"))
        else:
            files.log.unlink()
    files.output.unlink(missing_ok=True)
    files.lock.unlink(missing_ok=True)
