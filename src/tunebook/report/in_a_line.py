"""A round and its decision in a line: the best trial, the verdict, the objective (D1 D6)."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from tunebook.domain.decision import Decision, Estimand, Verdict
from tunebook.domain.design import Objective
from tunebook.domain.formats.numbers import better
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Configuration


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """The best trial of a search; its value is optimistic, since it was selected for it.

    Attributes:
        trial: its name, `3.17`.
        value: of the objective, in its own units.
        config: every hyperparameter of the trial, fixed ones included.
    """

    trial: str
    value: float
    config: Configuration = field(default_factory=dict)


def best_trial(table: TrialTable) -> Best | None:
    """The complete trial with the best objective, or None."""
    if not table.complete.any():
        return None
    i = int(np.nanargmin(np.where(table.complete, table.losses, np.nan)))
    return Best(trial=table.name[i], value=float(table.value[i]), config=dict(table.config[i]))


def verdict_label(decision: Decision) -> str:
    """The verdict for a badge, with its reason where it does not adopt."""
    first = decision.baseline is None
    if decision.verdict is Verdict.ADOPT:
        return "Adopt as the first baseline" if first else "Adopt"
    if decision.verdict is Verdict.MORE_EVIDENCE:
        return "More evidence needed"
    head = "No baseline yet" if first else "Keep the baseline"
    best = next((s for s in decision.sides if s.config == decision.config), None)
    bar = 0.5 if decision.estimand is Estimand.BEATS else decision.least_improvement
    short = best is not None and best.gain is not None and best.gain.high <= bar
    if best is not None and best.unused and not short:
        return f"{head} (stopped early, adoption unlikely)"
    than = " than chance" if first else " by enough" if decision.least_improvement else ""
    return f"{head} ({'not' if short else 'not shown to be'} better{than})"


def objective_text(objective: Objective) -> str:
    """`valid/error, lower is better`."""
    return f"{objective.metric}, {better(objective)}"
