"""Attempts that have ended, until the book has it on record (I2).

An end is taken off the pile only once it is recorded, so that a book that is away for a while
loses none. Every step may be repeated: whether an interrupted one took place is then not known.
"""

from __future__ import annotations

import time
from collections import deque
from contextlib import suppress

from tunebook.execution import Ended
from tunebook.execution.recovery import to_repeat_s
from tunebook.store import Store
from tunebook.store.ingest import settle
from tunebook.store.requests import CANCELLED_DETAIL
from tunebook.words.errors import (
    BookAwayError,
    BookBusyError,
    StoreError,
    TrainingLoadError,
    TrialBusyError,
)
from tunebook.words.trial import Cause, Outcome, Status, TrialKey, TrialRecord

RETRIES = 3
"""How often a trial is started anew after an executor lost it; the next loss makes it failed."""
NOT_NOW = (BookAwayError, BookBusyError)

Settled = tuple[TrialKey, Outcome]


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
        self._lost: dict[TrialKey, set[int]] = {}
        self._killed: set[TrialKey] = set()
        self._tried_before = False

    @property
    def keys(self) -> list[TrialKey]:
        """Trials on the pile, whose leases are still to be renewed."""
        return [trial.key for trial, _ in self._pile]

    def add(self, trial: TrialRecord, ended: Ended) -> None:
        """Put an attempt on the pile."""
        self._pile.append((trial, ended))

    def settle(self, *, closing: bool = False) -> None:
        """Record each, so that none is left claimed, and only then say what went wrong first.

        Args:
            closing: the run is at its end: a lost trial is given back, however often it was lost.

        Raises:
            TrainingLoadError: a worker could not load the training code.
            StoreError: a worker could not write its log.
            BookAwayError, BookBusyError: the book can't be written now; the rest stays.
        """
        wrong: list[Exception] = []
        while self._pile:
            trial, ended = self._pile[0]
            try:
                self._settle(trial, ended, closing=closing)
            except TrialBusyError:  # another host has claimed it meanwhile, and will end it
                pass
            except NOT_NOW:
                self._tried_before = True
                raise
            except (TrainingLoadError, StoreError, OSError) as error:
                wrong.append(error)
            self._pile.popleft()
            self._tried_before = False
        if wrong:
            raise wrong[0]

    def _settle(self, trial: TrialRecord, ended: Ended, *, closing: bool) -> None:
        key, attempt = ended.key, ended.attempt
        if ended.unloadable:
            self._store.release(key, attempt)
            raise TrainingLoadError(
                f"training code can't be loaded, so no trial was run: {ended.unloadable}",
                next_step="mend that line, then run again",
            )
        if ended.unwritable:
            self._store.release(key, attempt, ended.seconds)
            raise StoreError(
                f"trial {key.name} could not write its files: {ended.unwritable}",
                next_step="make room or mend the disk, then run again: nothing acknowledged is "
                "lost",
            )
        first_kill = ended.killed and key not in self._killed
        told = None if first_kill else ended.outcome
        outcome = settle(self._store, key, attempt, told)
        if outcome is None and self._tried_before:
            outcome = self._on_record(key, attempt)
        if outcome is None and told is None:
            self._give_back(trial, ended, closing=closing)
            if first_kill:
                self._killed.add(key)
        elif outcome is not None:
            self.settled.append((key, outcome))

    def _on_record(self, key: TrialKey, attempt: int) -> Outcome | None:
        """How this attempt ended, where a try that seemed to fail had recorded it."""
        trial = next(t for t in self._store.trials(key.round) if t.key == key)
        if trial.attempt != attempt or not trial.status.ended:
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
            outcome = Outcome(
                status=Status.FAILED,
                cause=Cause.RETRIES_SPENT,
                detail=f"its worker was lost {len(lost)} times",
                seconds=seconds,
                ended_at=time.time(),
            )
            if self._store.finish(key, attempt, outcome) or self._tried_before:
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


def cancelled(seconds: float) -> Outcome:
    """The end of a trial that a person cancelled."""
    return Outcome(
        status=Status.FAILED,
        cause=Cause.CANCELLED,
        detail=CANCELLED_DETAIL,
        seconds=seconds,
        ended_at=time.time(),
    )
