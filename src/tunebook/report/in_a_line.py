"""A round and its decision in a line: the best trial, the verdict, the objective (D1 D6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tunebook.domain.decision import Decision, Estimand, Verdict
from tunebook.domain.design import Objective
from tunebook.domain.formats.numbers import better
from tunebook.report.outcome import Best

if TYPE_CHECKING:
    from tunebook.domain.table import TrialTable


def best_trial(table: TrialTable) -> Best | None:
    """The complete trial with the best objective, or None."""
    import numpy as np

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
