"""Attempts that have ended, until the book has it on record (I2).

An end is taken off the pile only once it is recorded, so that a book that is away for a while
loses none. Every step may be repeated: whether an interrupted one took place is then not known.
"""

from __future__ import annotations

import time
from collections import deque
from contextlib import suppress
from itertools import islice

from tunebook.domain.errors import (
    BookAwayError,
    BookBusyError,
    StoreError,
    TrainingLoadError,
    TrialBusyError,
)
from tunebook.domain.trial import Cause, Outcome, TrialKey, TrialRecord
from tunebook.execution import Ended
from tunebook.execution.outcome import failed
from tunebook.execution.recovery import to_repeat_s
from tunebook.store import Store
from tunebook.store.ingest import End, settle_all
from tunebook.training.log import attempt_files

RETRIES = 3
"""How often a trial is started anew after an executor lost it; the next loss makes it failed."""
NOT_NOW = (BookAwayError, BookBusyError)

Settled = tuple[TrialKey, Outcome]
Recorded = Outcome | Exception | None
GROUP_S = 0.1
"""How long an end may wait for others to be recorded with it; its log is synced before."""
MOST_TOGETHER, MOST_BYTES = 250, 32_000_000
"""Attempts, and bytes of their logs, that are recorded by one transaction: no lease waits long."""


class Endings:
    """The pile of ended attempts of one host and round.

    Attributes:
        settled: trials whose end is on record, for whoever counts them to take.
        given_back: how many trials were set pending again so far.
        spent_twice_s: compute of attempts that have to be repeated.
    """

    def __init__(self, store: Store) -> None:
        self.settled: deque[Settled] = deque()
        self.given_back = 0
        self.spent_twice_s = 0.0
        self._store = store
        self._pile: deque[tuple[TrialRecord, Ended]] = deque()
        self._piled_at = 0.0
        self._lost: dict[TrialKey, set[int]] = {}
        self._killed: set[TrialKey] = set()
        self._tried: set[tuple[TrialKey, int]] = set()

    @property
    def keys(self) -> list[TrialKey]:
        """Trials on the pile, whose leases are still to be renewed."""
        return [trial.key for trial, _ in self._pile]

    def add(self, trial: TrialRecord, ended: Ended) -> None:
        """Put an attempt on the pile."""
        if not self._pile:
            self._piled_at = time.monotonic()
        self._pile.append((trial, ended))

    @property
    def due(self) -> bool:
        """True where the pile should be recorded now, though others are about to end."""
        return bool(self._pile) and time.monotonic() - self._piled_at >= GROUP_S

    def settle(self, *, closing: bool = False) -> None:
        """Record each, so that none is left claimed, and only then say what went wrong first.

        Those that have piled up are recorded by one transaction, which waits for the disk once.

        Args:
            closing: the run is at its end: a lost trial is given back, however often it was lost.

        Raises:
            TrainingLoadError: a worker could not load the training code.
            StoreError: a worker could not write its log.
            BookAwayError, BookBusyError: the book can't be written now; the rest stays.
        """
        wrong: list[Exception] = []
        while self._pile:
            several, done = self._next(), 0
            try:
                for told in self._recorded(several):
                    trial, ended = self._pile[0]
                    error = self._done(trial, ended, told, closing=closing)
                    wrong += [error] if error is not None else []
                    self._pile.popleft()
                    self._tried.discard((ended.key, ended.attempt))
                    done += 1
            except NOT_NOW:
                self._tried |= {(e.key, e.attempt) for e in several[done:]}
                raise
        if wrong:
            raise wrong[0]

    def _next(self) -> list[Ended]:
        """The first of the pile, and those behind it that can be recorded together with it."""
        several: list[Ended] = []
        keys: set[TrialKey] = set()
        size = 0
        for _, ended in islice(self._pile, MOST_TOGETHER):
            log = attempt_files(self._store.files, ended.key, ended.attempt).log
            with suppress(OSError):
                size += log.stat().st_size
            apart = bool(ended.unloadable or ended.unwritable)
            if several and (apart or ended.key in keys or size > MOST_BYTES):
                break
            several.append(ended)
            keys.add(ended.key)
            if apart:
                break
        return several

    def _recorded(self, several: list[Ended]) -> list[Recorded]:
        """What the book makes of attempts that have ended: outcomes, or what is wrong."""
        first = several[0]
        if first.unloadable or first.unwritable:
            return [None]
        ends = [End(key=e.key, attempt=e.attempt, override=self._told(e)) for e in several]
        try:
            return settle_all(self._store, ends)
        except NOT_NOW:
            raise
        except (StoreError, OSError) as error:
            if len(ends) == 1:
                return [error]
        # All of it was undone. Each for itself now, so that the others do not suffer from one.
        found: list[Recorded] = []
        for end in ends:
            try:
                found += settle_all(self._store, [end])
            except NOT_NOW:
                raise
            except (StoreError, OSError) as error:
                found.append(error)
        return found

    def _told(self, ended: Ended) -> Outcome | None:
        """How the executor saw it end; a first kill is no outcome, but a reason to try again."""
        first_kill = ended.killed and ended.key not in self._killed
        return None if first_kill else ended.outcome

    def _done(
        self, trial: TrialRecord, ended: Ended, recorded: Recorded, *, closing: bool
    ) -> Exception | None:
        """Do what is left to do for one of the pile; returns what went wrong with it."""
        key, attempt = ended.key, ended.attempt
        if isinstance(recorded, TrialBusyError):
            return None  # another host has claimed it meanwhile, and will end it
        if isinstance(recorded, Exception):
            return recorded
        try:
            if ended.unloadable:
                self._store.release(key, attempt)
                return TrainingLoadError(
                    f"training code can't be loaded, so no trial was run: {ended.unloadable}",
                    next_step="fix that line, then run again",
                )
            if ended.unwritable:
                self._store.release(key, attempt, ended.seconds)
                return StoreError(
                    f"trial {key.name} could not write its files: {ended.unwritable}",
                    next_step="free disk space or repair the disk, then run again; no recorded "
                    "report is lost",
                )
            told = self._told(ended)
            if recorded is None and (key, attempt) in self._tried:
                recorded = self._on_record(key, attempt)
            if recorded is not None:
                self.settled.append((key, recorded))
            elif told is None:
                self._give_back(trial, ended, closing=closing)
                if ended.killed:
                    self._killed.add(key)
        except TrialBusyError:
            return None
        except NOT_NOW:
            raise
        except (StoreError, OSError) as error:
            return error
        return None

    def _on_record(self, key: TrialKey, attempt: int) -> Outcome | None:
        """How this attempt ended, where a try that seemed to fail had recorded it."""
        trial = self._store.trial(key)
        if trial is None or trial.attempt != attempt or not trial.status.ended:
            return None
        return Outcome(
            status=trial.status,
            cause=trial.cause,
            detail=trial.detail,
            seconds=trial.seconds,
            ended_at=trial.ended_at or 0.0,
        )

    def _give_back(self, trial: TrialRecord, ended: Ended, *, closing: bool) -> None:
        """Give a lost trial back, or, once too many of its attempts were lost, end it."""
        key, attempt, seconds = trial.key, trial.attempt, ended.seconds
        lost = self._lost.setdefault(key, set())
        if not ended.preempted:
            lost.add(attempt)
        if len(lost) > RETRIES and not closing:
            detail = f"its worker was lost {len(lost)} times"
            outcome = failed(Cause.RETRIES_SPENT, detail, seconds=seconds)
            if self._store.finish(key, attempt, outcome) or (key, attempt) in self._tried:
                self.settled.append((key, outcome))
            return
        repeated_s = to_repeat_s(self._store, trial, seconds)
        self._store.release(key, attempt, seconds)
        self.given_back += 1
        self.spent_twice_s += repeated_s
        if repeated_s:
            # Adding it again could count it twice: a number for people is rather too low.
            with suppress(*NOT_NOW):
                self._store.add_spent_twice(key.round, repeated_s)
