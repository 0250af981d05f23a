"""Where trials come from: a file that was read or imported (C11), the stage of a procedure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from tunebook.domain.frozen import freeze
from tunebook.domain.space import Branch


class Kind(StrEnum):
    """What a column of a foreign file is."""

    HYPERPARAMETER = "hyperparameter"
    RESULT = "result"
    TRIAL = "trial"
    ORDER = "order"
    START = "start time"
    SEED = "seed"
    STATUS = "status"
    CAUSE = "cause"
    SECONDS = "seconds"
    STUDY = "study"
    RERUN_OF = "rerun_of"
    WORKLOAD = "workload"
    CONSTANT = "constant"
    BOOKKEEPING = "bookkeeping"


class Evidence(StrEnum):
    """Why a column was taken so, strongest first."""

    ASKED = "asked"  # the caller named it
    STATED = "stated"  # the source says so, by a prefix or a known layout
    NAME = "name"  # its name is a common one
    VALUES = "values"  # its values alone say so
    LEFT = "left"  # nothing says otherwise: a hyperparameter


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnUse:
    """One column and what it was taken for.

    Attributes:
        column: its name in the file.
        name: as the table calls it, without the source's prefix.
        kind: what it is; evidence: why.
    """

    column: str
    name: str
    kind: Kind
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a table came from, as far as its file says.

    Attributes:
        tool: that wrote the file, empty where it is not known.
        uses: of every column, in the file's order.
        order: the column that gives the order in which trials ran; empty for the file's order.
        notes: how the file was read where it was not plain CSV, a sentence each.
        sampler: what chose the configurations, where the source says so.
        adaptive: by earlier results, as far as the source says.
        pruner: what stopped trials early, where the source says so.
    """

    tool: str = ""
    uses: tuple[ColumnUse, ...] = ()
    order: str = ""
    notes: tuple[str, ...] = ()
    sampler: str = ""
    adaptive: bool = False
    pruner: str = ""

    def of(self, *kinds: Kind) -> tuple[ColumnUse, ...]:
        """The columns of these kinds, in the file's order."""
        return tuple(use for use in self.uses if use.kind in kinds)

    def names(self, *kinds: Kind) -> tuple[str, ...]:
        """Their names, as the table calls them."""
        return tuple(use.name for use in self.of(*kinds))


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One stage of a procedure; two with the same kind, place and index are one.

    Attributes:
        kind: what is done, such as "tune" or "confirm".
        at: where it is done: a batch size, a number of steps, a factor; 0 where there is only one.
        index: how many stages of this kind came before it there, from 0.
        name: for people; it takes no part in comparisons.
    """

    kind: str
    at: float = 0.0
    index: int = 0
    name: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundOrigin:
    """The procedure that planned a round; stored with the round, and no part of a round file.

    Attributes:
        procedure: its name in the catalogue.
        question: of the procedure, in words; another question is another run of it.
        stage: the round's stage.
        asks: the question of the stage.
        arguments: of the procedure, as plain data.
    """

    procedure: str
    question: str
    stage: Stage
    asks: str
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "arguments", MappingProxyType(dict(self.arguments)))


# What chose each trial's configuration, where its source says so: a name for each trial. `RANDOM`,
# `QUASI_RANDOM` and `GRID` choose before any result. A trial `BY_HAND` was enqueued by a person
# and is no part of a sample. Any other name, such as "TPE", is that of a sampler that earlier
# results steer. Empty where nothing is known, which proves nothing.
RANDOM = "random"
QUASI_RANDOM = "quasi-random"
GRID = "grid"
BY_HAND = "by hand"
INDEPENDENT = (RANDOM, QUASI_RANDOM, GRID)


def steered(chosen: str) -> bool:
    """True where earlier results chose the trial's configuration.

    Example:
        >>> steered("TPE"), steered("random"), steered("by hand"), steered("")
        (True, False, False, False)
    """
    return bool(chosen) and chosen not in (*INDEPENDENT, BY_HAND)


def samplers(chosen: Iterable[str]) -> tuple[str, ...]:
    """The names that occur, each once, in their order."""
    return tuple(dict.fromkeys(name for name in chosen if name))


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """What a book keeps of a sweep that it did not run itself.

    Attributes:
        source: the place as people name it.
        identity: of the sweep, by which it is found again: its whole place, and its study.
        tool: that ran it, as far as the source says.
        objective: as the source calls it, `minimize:value`.
        left_out: "name: reason" for rows that are no trials of the round.
        cut: number of those that were stopped early.
        notes: how the source was read, a sentence each.
        sampler: what chose the configurations, as far as the source says.
        adaptive: earlier results chose later configurations.
        inferred_space: ranges were read off the trials.
        one_length: all trials trained as many steps as the plan says; else it is not known.
        from_curve: the objective was reduced from a curve; else it was a column.
        branches: the flat space of each study, as it was read.
    """

    source: str
    identity: str
    tool: str = ""
    objective: str = ""
    left_out: tuple[str, ...] = ()
    cut: int = 0
    notes: tuple[str, ...] = ()
    sampler: str = ""
    adaptive: bool = False
    inferred_space: bool = False
    one_length: bool = False
    from_curve: bool = True
    branches: Mapping[str, Branch] = field(default_factory=dict)

    def __post_init__(self) -> None:
        freeze(self, "branches")


UNKNOWN_SEED = -1
"""Kept as the seed of a trial whose source does not name one."""
