"""The failures of one study: shares by cause, and the place that fails (C3)."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from tunebook.checks.failures.regions import FailingPlace, PlaceReading, failing_place
from tunebook.domain.finding import Interval
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Cause
from tunebook.statistics.estimators import proportion


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StudyFeasibility:
    """One study's failures.

    Attributes:
        study: which.
        trials, infeasible: counted trials, and how many of them failed.
        share: of these, with its interval.
        causes: how many failed of each cause, the most frequent first.
        reading: the place, or how sure it is that there is none.
    """

    study: str
    trials: int
    infeasible: int
    share: Interval
    causes: tuple[tuple[Cause, int], ...]
    reading: PlaceReading

    @property
    def unexplained(self) -> int:
        """How many of them failed without a stated cause: they may be no infeasible ones."""
        return dict(self.causes).get(Cause.NOT_STATED, 0)

    @property
    def fate(self) -> str:
        """What its failures are called: "infeasible", where every one has a cause."""
        return "failed" if self.unexplained else "infeasible"

    @property
    def have(self) -> str:
        """`are infeasible` or `have failed`: what a caption says of them."""
        return "have failed" if self.unexplained else "are infeasible"

    @property
    def place(self) -> FailingPlace | None:
        """Where it fails, if in one place."""
        return self.reading.place


def count_failures(
    study: str, own: TrialTable, level: float, rng: np.random.Generator
) -> StudyFeasibility:
    """Count one study's failures by cause, and look for their place.

    Args:
        study: which.
        own: its counted trials.
        level: error rate of naming a place.
        rng: for the relabelling.
    """
    failed = own.infeasible
    counts = Counter(c for c, f in zip(own.cause, failed, strict=True) if f and c is not None)
    return StudyFeasibility(
        study=study,
        trials=len(own),
        infeasible=int(failed.sum()),
        share=proportion(int(failed.sum()), len(own)),
        causes=tuple(counts.most_common()),
        reading=failing_place(study, own, failed, level, rng),
    )
