"""An objective that no trial reported: what was reported in its place, and what to do (C3)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tunebook.domain.design import Objective
from tunebook.domain.errors import close_words
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Cause

MOST_NAMED = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreportedObjective:
    """An objective that is the name of no metric.

    Attributes:
        objective: of the book.
        reported: metrics that the trials reported in its place.
        meant: the one of them that the objective's name is likely to mean, or "".
    """

    objective: Objective
    reported: tuple[str, ...]
    meant: str

    @property
    def corrected(self) -> str:
        """`maximize:valid/accuracy`; METRIC stands for a name that only a person knows."""
        return f"{self.objective.direction.value}:{self.meant or 'METRIC'}"

    @property
    def sentence(self) -> str:
        """What is wrong, and what the trials reported."""
        said = f'The objective "{self.objective.metric}" was never reported'
        if not self.reported:
            return f"{said}, and no other metric was."
        slip = f' Did you mean "{self.meant}"?' if self.meant else ""
        more = ", ..." if len(self.reported) > MOST_NAMED else ""
        return f"{said}.{slip} The trials reported {', '.join(self.reported[:MOST_NAMED])}{more}."


def unreported_objective(table: TrialTable) -> UnreportedObjective | None:
    """Tell whether every trial that ended did so without a report of the objective.

    Returns:
        None if one ended otherwise, or none has ended.
    """
    ended = [c for c, s in zip(table.cause, table.status, strict=True) if s.ended]
    if not ended or any(cause is not Cause.NOT_REPORTED for cause in ended):
        return None
    reported = tuple(name for name, curves in table.curves.items() if np.size(curves.values))
    metric = table.objective.metric
    close = close_words(metric, reported)
    meant = close[0] if close else reported[0] if len(reported) == 1 else ""
    return UnreportedObjective(objective=table.objective, reported=reported, meant=meant)
