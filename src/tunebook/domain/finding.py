"""What the results say, how sure that is, and what to do about it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import ClassVar

from tunebook.domain.formats.display import Shown
from tunebook.domain.formats.names import unmistakable
from tunebook.domain.frozen import freeze
from tunebook.domain.trial import Value


class Severity(StrEnum):
    """How much a finding asks of the reader, from nothing to everything."""

    PASS = "pass"
    NOTE = "note"
    WARNING = "warning"
    PROBLEM = "problem"


WORST_FIRST = (Severity.PROBLEM, Severity.WARNING, Severity.NOTE, Severity.PASS)


class RemedyKind(StrEnum):
    """What can be done about a finding."""

    WIDEN = "widen"  # values: low, high, scale; conditions: the branch
    MORE_TRIALS = "more_trials"  # values: trials
    TRAIN_LONGER = "train_longer"  # values: max_train_steps, or the hyperparameter that sets it
    TRAIN_SHORTER = "train_shorter"  # values: max_train_steps
    SHRINK = "shrink"  # values: low, high, scale
    REPARAMETRISE = "reparametrise"
    FIX = "fix"  # values: value
    ADD = "add"  # values: names of remedies as hyperparameters
    INSPECT = "inspect"  # look at the code: probably a bug
    CORRECT = "correct"  # values: objective, as the book should have it
    STATE = "state"  # values: what the table does not say, such as chance


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate with its uncertainty, in the units of what is estimated.

    Attributes:
        estimate, low, high: where a bound is not known it is infinite.
        confidence: chance that such an interval holds the truth.
    """

    estimate: float
    low: float
    high: float
    confidence: float = 0.95

    def __str__(self) -> str:
        return f"{self.estimate:.4g} [{self.low:.4g}, {self.high:.4g}]"


@dataclass(frozen=True, slots=True, kw_only=True)
class PairwiseDifference:
    """Value `a` against value `b` of a scientific hyperparameter (C9).

    `difference` is a minus b in the objective's own units; `significant` says that the two differ
    at C9's level, which all pairs share.
    """

    OLD_NAMES: ClassVar[Mapping[str, str]] = MappingProxyType({"told_apart": "significant"})

    a: Value
    b: Value
    difference: float
    low: float
    high: float
    significant: bool

    @property
    def told_apart(self) -> bool:
        """The name of `significant` in 0.1."""
        warnings.warn("told_apart is now significant", DeprecationWarning, stacklevel=2)
        return self.significant


Number = Interval | float | int | str | tuple[PairwiseDifference, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """A change that would answer a finding, structured so that advice can carry it out.

    Attributes:
        kind: what to do.
        subject: the hyperparameter, or empty for the round as a whole.
        conditions: the branch that it speaks of.
        values: the numbers, named as RemedyKind says.
        because: the reason, a clause that ends a sentence.
    """

    kind: RemedyKind
    subject: str = ""
    conditions: Mapping[str, Value] = field(default_factory=dict)
    values: Mapping[str, Value] = field(default_factory=dict)
    because: str = ""

    def __post_init__(self) -> None:
        freeze(self, "conditions", "values")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Finding(Shown):
    """One thing that the results say.

    Attributes:
        check: playbook id, "C1".
        severity: pass, note, warning, problem.
        subject: what it is about, `learning_rate[optimizer=adam]`.
        numbers: by name, with their uncertainty where they have one.
        sentence: one that a person can act on.
        remedy: what to do, or None where nothing needs doing.
        trials: names of the trials that show it.
        study: key of the study that it speaks of; None where it speaks of the whole table.
        settled: False where there is not enough evidence; such findings come after the others
            of their severity.

    Example:
        >>> Finding(
        ...     check="C3", severity=Severity.WARNING, subject="lr", numbers={"share": 0.25},
        ...     sentence="All trials with lr > 0.3 fail; none below it do.",
        ... ).severity == "warning"
        True
    """

    check: str
    severity: Severity
    subject: str
    numbers: Mapping[str, Number]
    sentence: str
    remedy: Remedy | None = None
    trials: tuple[str, ...] = ()
    study: str | None = None
    settled: bool = True

    def __post_init__(self) -> None:
        freeze(self, "numbers")

    def _in_short(self) -> str:
        return f"{self.check} {self.severity}{f': {self.subject}' if self.subject else ''}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NotApplicable:
    """A check that can't speak: why, and what would let it.

    Attributes:
        check: playbook id.
        reason: what is missing, a sentence.
        needs: what would let it speak.
    """

    check: str
    reason: str
    needs: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckFailed(NotApplicable):
    """A check that raised an error: a bug of Tunebook, which leaves the other checks valid."""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Examination(Shown):
    """Every check that applied to one table, and those that did not.

    Attributes:
        trials: number of rows read.
        left_out: "name: reason" for each trial that no check counted.
        findings: by severity, worst first, settled ones first, then in the playbook's order.
        not_applicable: checks that did not apply.

    Example:
        >>> Examination(trials=4, left_out=(), findings=[], not_applicable=()).findings
        []
    """

    trials: int
    left_out: tuple[str, ...]
    findings: list[Finding]
    not_applicable: tuple[NotApplicable, ...]

    def _in_short(self) -> str:
        return f"of {self.trials} trials: {len(self.findings)} findings"


def subject_name(hyperparameter: str, conditions: Mapping[str, Value]) -> str:
    """`learning_rate[optimizer=adam]`, or the bare name where nothing conditions it."""
    where = ", ".join(f"{k}={unmistakable(v)}" for k, v in conditions.items())
    return f"{hyperparameter}[{where}]" if where else hyperparameter
