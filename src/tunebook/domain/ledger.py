"""The ledger of an agent that changes code and keeps what helps: one row a run (C11)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class Verdict(StrEnum):
    """What became of a run."""

    KEPT = "kept"
    BASELINE = "baseline"
    DISCARDED = "discarded"
    CRASHED = "crashed"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ledger:
    """The runs of a ledger, in the order of its rows.

    Attributes:
        metric: name of the column that decides.
        sign: 1 where lower is better, -1 where higher is.
        lines: of the file.
        verdicts: one a run.
        values: of the metric; NaN where a run has none.
        reruns: runs whose text says that they repeat an earlier one unchanged, but for the seed.
    """

    metric: str
    sign: int
    lines: tuple[int, ...]
    verdicts: tuple[Verdict, ...]
    values: NDArray[np.float64]
    reruns: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.lines)

    def count(self, *verdicts: Verdict) -> int:
        """How many runs ended so."""
        return sum(own in verdicts for own in self.verdicts)
