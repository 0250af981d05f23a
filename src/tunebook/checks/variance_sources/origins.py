"""The sources of variance by name, and one of them as it was measured (D2)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from tunebook.domain.finding import Interval


class Origin(StrEnum):
    """Where a difference between two results may come from."""

    TRIAL = "trial"
    STUDY = "study"
    SPLIT = "data split"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One source of variance.

    Attributes:
        origin: which.
        deviation: standard deviation, 95 %; None where it was not measured.
        levels: seeds, studies or splits that it was read from; `groups` configurations, or
            scientific settings for studies.
        alone: smallest and largest of one configuration's own, where several were pooled.
        with_trial: the luck of one training is in it, since no seed was repeated.
        left_out: configurations that are worse than the best and whose noise is not like its own.
        rounds: earlier rounds whose reruns measured it, where this one has too few.
    """

    origin: Origin
    deviation: Interval | None = None
    levels: int = 0
    groups: int = 0
    with_trial: bool = False
    alone: tuple[float, float] = (0.0, 0.0)
    left_out: int = 0
    rounds: tuple[int, ...] = ()
