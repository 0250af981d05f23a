"""Where a book is kept: one Protocol, an SQL store and a fake in memory (tests only).

Only the host of a book talks to its store; workers write files (`training/log.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from tunebook.domain.decision import Decision, Launch, RerunPlan, Setting
from tunebook.domain.design import Objective, Round
from tunebook.domain.environment import Environment
from tunebook.domain.record import TrainingSource
from tunebook.domain.sealing import Look, Seal
from tunebook.domain.trial import Measurement, Outcome, Purpose, TrialKey, TrialRecord

if TYPE_CHECKING:
    from tunebook.domain.curves import Curves
    from tunebook.store.curves.chunks import Points


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRound:
    """A round as the store keeps it; its number is its place in the book, from 1."""

    number: int
    plan: Round
    source: TrainingSource | None
    created_at: float
    spent_twice_s: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A host's right to run one trial until its lease ends.

    Attributes:
        trial: its record, with the new attempt number.
        lease_s: seconds, on the database's clock, until someone else may claim it.
    """

    trial: TrialRecord
    lease_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked of the hosts of a round.

    Attributes:
        paused: no trial is to begin until the pause is over.
        drained_at: hosts that began before are to end once their trials have; seconds on the
            database's clock, or None.
        cancelled: numbers of running trials that are to be ended.
    """

    paused: bool = False
    drained_at: float | None = None
    cancelled: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """What an attempt has logged beyond what is stored, and how it ended.

    Attributes:
        first_step: from which the attempt started.
        lines: of its log, these included; not more than are stored where there is nothing new.
        points: by metric.
        outcome: None where it goes on.
    """

    key: TrialKey
    attempt: int
    first_step: int
    lines: int
    points: Mapping[str, Points]
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What came of one `Logged`.

    Attributes:
        stored: False where another claim has superseded the attempt, and nothing was stored.
        finished: its outcome was recorded now; False where there was none, or it had ended.
    """

    stored: bool
    finished: bool


Attempt = tuple[TrialKey, int]
"""A trial, and which attempt at it."""


class Store(Protocol):
    """A book's record. Every method is one transaction: all of it happened, or none.

    Raises:
        BookBusyError, BookNewerError, BookDamagedError, StoreError: as named.
        BookAwayError: the server can't be reached. Whether the transaction took place is then
            not known; every method may be repeated, but for `add_spent_twice`.
    """

    location: str
    """The file's path, or a URL without its password."""

    files: Path
    """Folder for logs and checkpoints: `NAME.files/` beside a book's file."""

    def together(self) -> AbstractContextManager[None]:
        """Make all that this thread calls in the block one transaction.

        It waits for the disk once; an error that leaves the block undoes all of it.
        """

    def setting(self) -> tuple[Setting, Objective] | None:
        """What the book was made with, or None for a book without a setting yet."""

    def set_setting(self, setting: Setting, objective: Objective) -> None:
        """Write the setting of a new book, or what an older one left open.

        A training objective that no trial has reported may be replaced.

        Raises:
            StoreError: it differs otherwise from the setting of before.
        """

    def correct_objective(self, objective: Objective) -> bool:
        """Replace an objective that no trial has reported; returns whether it was replaced.

        It stays if no trial has ended yet, if one runs or is complete, if one reported the metric,
        if the new metric is sealed, and once reruns or a decision were planned by it.
        """

    def add_round(self, plan: Round, created_at: float) -> StoredRound:
        """Add a round, numbered on; where one of this goal is there already, it is returned."""

    def extend_round(self, number: int, plan: Round) -> None:
        """Replace a round's plan by one that differs in `trials` alone, upwards."""

    def set_source(self, number: int, source: TrainingSource) -> None:
        """Remember which code trains the round."""

    def add_spent_twice(self, number: int, seconds: float) -> None:
        """Count compute of a round that had to be repeated after something was lost.

        The one method that counts twice where it is repeated after a BookAwayError.
        """

    def rounds(self) -> tuple[StoredRound, ...]:
        """All rounds, in order."""

    def round(self, number: int) -> StoredRound:
        """One round, without reading the others.

        Raises:
            StoreError: there is no such round.
        """

    def add_trials(self, trials: Sequence[TrialRecord]) -> None:
        """Add pending trials. Trials that are there already (same key) are left as they are."""

    def trials(self, number: int) -> tuple[TrialRecord, ...]:
        """Trials of a round, by number."""

    def trial(self, key: TrialKey) -> TrialRecord | None:
        """One trial, without reading its round; None where the book has no such trial."""

    def measurements(self, key: TrialKey) -> tuple[Measurement, ...]:
        """All that one trial reported, by step, then metric; attempts merged.

        Where two attempts reported the same (step, metric), the later attempt's stands. Once a
        trial is complete, what an earlier attempt reported at or after the step from which the
        last attempt started, and the last attempt did not, is left out.
        """

    def curves(self, number: int) -> dict[str, dict[int, tuple[Sequence[int], Sequence[float]]]]:
        """All curves of a round: metric -> trial number -> (steps, values), merged as above."""

    def curves_of(self, number: int, trials: Sequence[int]) -> dict[str, Curves]:
        """The curves of the trials that are named, rising, as columns; merged as above.

        Returns:
            each metric that one of them reported, with an empty curve where a trial did not.
        """

    def claim(
        self,
        number: int,
        host: str,
        lease_s: float,
        limit: int = 1,
        purpose: Purpose | None = None,
        holding: Collection[int] = (),
    ) -> tuple[Claim, ...]:
        """Claim pending trials, and running ones whose lease has ended, by turn, then by number.

        `holding` names trials that this host trains: their leases never count as ended.
        Each claim raises the trial's attempt number and sets it running.
        """

    def renew(self, host: str, keys: Sequence[TrialKey], lease_s: float) -> tuple[TrialKey, ...]:
        """Renew leases; returns the keys that this host no longer holds."""

    def append(
        self,
        key: TrialKey,
        attempt: int,
        first_step: int,
        measurements: Sequence[Measurement],
        lines: int,
    ) -> None:
        """Store measurements of an attempt, idempotently.

        `lines` is the number of log lines that were ingested with this call included, so that
        lines delivered twice are stored once (see `ingested_lines`). `first_step` is the step
        from which the attempt started. Measurements of an attempt that another claim has
        superseded are refused with TrialBusyError.
        """

    def take_in(self, logged: Sequence[Logged]) -> tuple[Taken, ...]:
        """Store what many attempts have logged, idempotently, and how those ended that did.

        Each key at most once. An attempt that was superseded is left out, and spoils no other.

        Returns:
            what came of each, in their order.
        """

    def lines_of(
        self, attempts: Sequence[tuple[TrialKey, int]]
    ) -> dict[tuple[TrialKey, int], int]:
        """`ingested_lines` of many attempts; one that has not begun is not among them."""

    def ingested_lines(self, key: TrialKey, attempt: int) -> int:
        """Log lines of this attempt that are stored already."""

    def finish(self, key: TrialKey, attempt: int, outcome: Outcome) -> bool:
        """Record how an attempt ended. False, and no change, where it was superseded or ended.

        Repeated after a BookAwayError, False may mean that the first call took place: the trial's
        record then has this outcome.
        """

    def release(self, key: TrialKey, attempt: int, seconds: float = 0.0) -> None:
        """Give a claimed trial back as pending; its attempt number stays used."""

    def again(self, keys: Sequence[TrialKey]) -> tuple[TrialKey, ...]:
        """Set trials that have ended pending, to be trained anew; their attempts stay numbered.

        Returns:
            those that had ended.
        """

    def held(self, number: int) -> tuple[TrialRecord, ...]:
        """Running trials of a round, whoever holds them."""

    def reclaim(self, number: int, host_is_gone: str, lost_s: float = 0.0) -> tuple[TrialKey, ...]:
        """Set pending, at once, the running trials of a host that is known to be gone."""

    def hosts(self, number: int) -> dict[TrialKey, str]:
        """Which host holds each running trial of a round."""

    def ask(self, number: int, what: str) -> None:
        """Ask all hosts of a round to `pause` or to `drain`; replaces what was asked before."""

    def withdraw(self, number: int) -> bool:
        """Take back a pause or a drain; False where nothing was asked."""

    def asked(self, number: int) -> Asked:
        """What is asked of the hosts of a round."""

    def cancel(self, keys: Sequence[TrialKey]) -> tuple[TrialKey, ...]:
        """End trials that no host trains, as failed, and ask the hosts of running ones to.

        Returns:
            those that had not ended yet.
        """

    def prioritise(self, keys: Sequence[TrialKey], priority: int) -> None:
        """Let trials go before (above 0) or after (below 0) the others of their round."""

    def now(self) -> float:
        """Seconds since 1970 on the database's clock, which leases are kept by."""

    def add_decision(self, decision: Decision) -> None:
        """Add a decision; its number must be the next."""

    def decisions(self) -> tuple[Decision, ...]:
        """All decisions, in order."""

    def add_rerun_plan(self, plan: RerunPlan) -> None:
        """Add a plan of reruns; its number must be the next."""

    def rerun_plans(self) -> tuple[RerunPlan, ...]:
        """All plans of reruns, in order."""

    def add_launch(self, launch: Launch) -> None:
        """Add a launch; its number must be the next."""

    def launches(self) -> tuple[Launch, ...]:
        """All launches, in order."""

    def add_environment(self, environment: Environment) -> None:
        """Add what a round runs on; its number must be the next."""

    def environments(self) -> tuple[Environment, ...]:
        """All that rounds ran on, in order."""

    def add_seal(self, seal: Seal) -> None:
        """Add a sealed metric; its number must be the next."""

    def seals(self) -> tuple[Seal, ...]:
        """All sealed metrics, in order."""

    def add_look(self, look: Look) -> None:
        """Add a look at a sealed metric; its number must be the next."""

    def looks(self) -> tuple[Look, ...]:
        """All looks, in order."""

    def close(self) -> None:
        """Give up files and connections; safe to call twice."""
