"""What a trial printed: the file that it writes while it runs, and what the book keeps (D6)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

from tunebook.store import Store
from tunebook.training.log import attempt_files
from tunebook.words.errors import EvidenceError, nearest
from tunebook.words.trial import TrialRecord

LOOK_EVERY_S = 0.3
KEPT = 8192


def find_trial(store: Store, name: str) -> TrialRecord:
    """The trial of that name, `3.17` or `3.r2`.

    Raises:
        EvidenceError: the book has none; names the nearest.
    """
    known = {t.name: t for r in store.rounds() for t in store.trials(r.number)}
    if name not in known:
        raise EvidenceError(
            f"a trial is named ROUND.NUMBER; this book has no {name!r}." + nearest(name, known),
            next_step="tunebook status shows the rounds, and the report every trial",
        )
    return known[name]


def printed(store: Store, name: str) -> str:
    """What a trial printed so far: all of a running attempt's, the end of one that has ended.

    Raises:
        EvidenceError: the book has no such trial.
    """
    trial = find_trial(store, name)
    file = _file(store, trial)
    if file.exists():
        return file.read_text("utf-8", "replace")
    return trial.output_tail


def follow(store: Store, name: str) -> Iterator[str]:
    """What a trial prints, piece by piece, until it has ended; a new attempt is gone on with.

    Raises:
        EvidenceError: the book has no such trial.
    """
    attempt, read, shown = -1, 0, ""
    while True:
        trial = find_trial(store, name)
        if trial.attempt != attempt:
            attempt, read = trial.attempt, 0
        file = _file(store, trial)
        text, read = _gained(file, read)
        if text:
            shown = (shown + text)[-KEPT:]
            yield text
        if trial.status.ended:
            # Its file is gone once the book has its end, which may not have been shown yet.
            yield from filter(None, [_beyond(shown, trial.output_tail)])
            return
        time.sleep(LOOK_EVERY_S)


def _file(store: Store, trial: TrialRecord) -> Path:
    return attempt_files(store.files, trial.key, trial.attempt).output


def _beyond(shown: str, tail: str) -> str:
    """What of the end that the book keeps was not shown."""
    shown, tail = shown.rstrip(), tail.rstrip()
    for known in range(min(len(shown), len(tail)), 0, -1):
        if shown.endswith(tail[:known]):
            return tail[known:] + "\n" if tail[known:] else ""
    return tail + "\n" if tail else ""


def _gained(file: Path, read: int) -> tuple[str, int]:
    """What a file has beyond so many bytes; from its beginning where it was cut."""
    try:
        with file.open("rb") as opened:
            size = opened.seek(0, 2)
            opened.seek(read if size >= read else 0)
            content = opened.read()
            return content.decode("utf-8", "replace"), opened.tell()
    except FileNotFoundError:
        return "", read
