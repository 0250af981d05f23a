"""An experiment of MLflow as its stores keep it, whichever store it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

DELETED = "deleted"
"""The lifecycle stage of what was deleted and can still be restored."""

PARENT = "mlflow.parentRunId"
OWN_TAGS = "mlflow."
"""Prefix of tags that MLflow sets by itself."""
SYSTEM_METRICS = "system/"
"""Prefix of metrics that MLflow measures of the machine."""

STATUSES = {1: "running", 2: "scheduled", 3: "finished", 4: "failed", 5: "killed"}
"""By their number in a run's folder; a database and a server have the words."""


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Every value that a run logged of one metric, in no order.

    Attributes:
        steps: as they were logged; all 0 where none were given.
        times: milliseconds since 1970.
        values: NaN and infinities as they were logged.
    """

    steps: NDArray[np.int64]
    times: NDArray[np.int64]
    values: NDArray[np.float64]


@dataclass(slots=True, kw_only=True)
class Recorded:
    """One run.

    Attributes:
        id: of 32 hexadecimal digits.
        name: the one that is shown; not unique, and it may be empty.
        status: one of STATUSES.
        started, ended: milliseconds since 1970, or None.
        params: as texts; MLflow keeps nothing else.
        tags: those that people set, and the parent's id.
        metrics: by name; without those of the machine.
        deleted: it is in the trash.
    """

    id: str
    name: str = ""
    status: str = "finished"
    started: int | None = None
    ended: int | None = None
    params: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, History] = field(default_factory=dict)
    deleted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """One experiment.

    Attributes:
        id: its number, as text.
        name: as people gave it.
        runs: how many it holds, deleted ones perhaps among them; None where there are some, and
            counting them would read them all.
    """

    id: str
    name: str
    runs: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a store holds of one experiment.

    Attributes:
        runs: in no order, deleted ones among them.
        notes: on how they were read, a sentence each.
        left_out: "run: reason" for those that can't be read.
    """

    runs: Sequence[Recorded]
    notes: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


class Store(Protocol):
    """A place where MLflow keeps experiments."""

    def experiments(self) -> list[Experiment]:
        """Those that are not deleted."""

    def read(self, experiment: Experiment) -> Reading:
        """Every run of one."""
