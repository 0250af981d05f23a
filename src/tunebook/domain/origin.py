"""What a file's columns were taken for: the origin of a table that was read (C11)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


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


def by_column(uses: Iterable[ColumnUse]) -> dict[str, ColumnUse]:
    """Column to its use."""
    return {use.column: use for use in uses}
