"""What a book's store hands out and takes in, beside the nouns of the domain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tunebook.domain.design import Round
from tunebook.domain.origin import Imported
from tunebook.domain.record import TrainingSource
from tunebook.domain.trial import Outcome, TrialKey, TrialRecord

if TYPE_CHECKING:
    from tunebook.store.curves.chunks import Points


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRound:
    """A round as the store keeps it; its number is its place in the book, from 1.

    Attributes:
        imported: where it came from; None for a round that the book ran.
    """

    number: int
    plan: Round
    source: TrainingSource | None
    created_at: float
    spent_twice_s: float = 0.0
    imported: Imported | None = None


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
