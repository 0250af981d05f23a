"""Logs into the book: by batches while a trial runs, and to the last line once it has ended (I2).

A log is deleted only after the book has committed all of it, synced. What was printed is kept as
its last 4 kB.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from tunebook.store import Store
from tunebook.training.log import AttemptFiles, LogPart, attempt_files, read_log
from tunebook.words.trial import Outcome, TrialKey

TAIL_BYTES = 4096


def _rest(store: Store, key: TrialKey, attempt: int, known: int) -> LogPart | None:
    """Take in what a log has beyond so many lines."""
    try:
        part = read_log(attempt_files(store.files, key, attempt).log, skip_lines=known)
    except FileNotFoundError:
        return None
    if part.lines:
        lines = known + part.lines
        store.append(key, attempt, part.first_step, part.measurements, lines)
    return part


@dataclass(frozen=True, slots=True)
class Followed:
    """How far the log of a running attempt was taken in: no line of it is read again.

    Attributes:
        lines, offset: of the log, in the book.
        first_step: from which the attempt started.
    """

    lines: int
    offset: int
    first_step: int


def follow(store: Store, key: TrialKey, attempt: int, before: Followed | None) -> Followed | None:
    """Take in what an attempt has logged since `before`; None for all that is not stored yet.

    Returns:
        where the next call goes on; None where the attempt has not begun its log.

    Raises:
        TrialBusyError: the attempt was superseded.
    """
    log = attempt_files(store.files, key, attempt).log
    known = before.lines if before else store.ingested_lines(key, attempt)
    try:
        part = read_log(log, offset=before.offset) if before else read_log(log, skip_lines=known)
    except FileNotFoundError:
        return None
    first_step = part.first_step or (before.first_step if before else 0)
    after = Followed(known + part.lines, part.offset, first_step)
    if part.lines:
        store.append(key, attempt, first_step, part.measurements, after.lines)
    return after


def settle(
    store: Store, key: TrialKey, attempt: int, override: Outcome | None = None
) -> Outcome | None:
    """Record the end of an attempt: the rest of its log, then its outcome; then drop its files.

    Args:
        override: how the executor saw it end. The log's own end line, where there is one, is the
            truth and comes first.

    Returns:
        the outcome that was recorded; None where there is none, or the attempt was superseded or
        had ended already. Without an outcome every file is left where it is.
    """
    files = attempt_files(store.files, key, attempt)
    with store.together():
        known = store.ingested_lines(key, attempt)
        part = _rest(store, key, attempt, known)
        outcome = part.outcome if part is not None and part.outcome is not None else override
        if outcome is None:
            return None
        damaged = part.damaged if part is not None and not known else _damaged(files.log)
        detail = outcome.detail + (f" ({damaged} damaged lines of its log)" if damaged else "")
        outcome = replace(
            outcome, detail=detail, output_tail=outcome.output_tail or output_tail(files.output)
        )
        recorded = store.finish(key, attempt, outcome)
    if recorded:
        _drop(files, damaged=bool(damaged))
    return outcome if recorded else None


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
