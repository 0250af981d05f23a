"""How large an effect could still be where none was shown (C10).

Bound on the share: the largest upper end over the hyperparameters of a study. The ends hold for
all of them at once, so that a larger share is ruled out at 95 % (`sensitivity_indices`).
Bound on the effect: the square root of that share times the spread of the complete trials. It is
a standard deviation of what the hyperparameter does over its range, in the objective's units.
Assumption: the spread is the interquartile range over 1.349, which is the standard deviation of
normal values and ignores the tails, as ranks do. Error rate: docs/claims/nothing_matters.md.
"""

from __future__ import annotations

import numpy as np

from tunebook.checks.importance.result import StudyReading, Verdict
from tunebook.domain.finding import Number
from tunebook.domain.formats.numbers import digits, percent
from tunebook.domain.table import TrialTable

NORMAL = 1.349
"""Interquartile range of normal values of standard deviation 1."""
MOST_TOLD = 0.95
"""A share above which the bound says nothing."""


def bound_of(table: TrialTable, study: StudyReading) -> tuple[str, dict[str, Number]]:
    """A sentence on what would have been seen, and its numbers; empty where nothing is bounded."""
    judged = [h for h in study.hyperparameters if h.verdict in (Verdict.LITTLE, Verdict.OPEN)]
    if not judged or len(judged) < len(study.hyperparameters):
        return "", {}
    share = max(h.upper[0] for h in judged)
    own = table.of_study(study.study)
    values = own.value[own.complete]
    if not share <= MOST_TOLD or len(values) < 2:
        return "", {}
    low, high = np.quantile(values, [0.25, 0.75])
    effect = float(np.sqrt(share) * (high - low) / NORMAL)
    numbers: dict[str, Number] = {"share_at_most": share, "effect_at_most": effect}
    if effect <= 0:
        return "", {}
    return (
        f" None explains more than {percent(share)}: an effect above {digits(effect)} in "
        f"{table.objective.metric} would have been seen.",
        numbers,
    )
