"""Which hyperparameters matter, and which must be tuned together? (C10)

Three claims, for each study (a flat branch of the space, so nothing is averaged over what is not
there); 5 % of tables in which anything is told falsely, all three together:

- "a hyperparameter matters". Null: the objective does not depend on it. F-test of its curve in an
  additive fit to the normal scores of the losses, among all trials (infeasible ones share the
  worst rank; level WHOLE, by Holm over the hyperparameters of the table) and among the better
  half (level BETTER); or a told interaction.
- "two hyperparameters interact: tune them together". Null: the objective is an increasing function
  of a sum of single effects, so that the best value of one does not depend on the other. Test in
  `model.py`, among the complete trials and among all (level PAIRS, by Holm); the smallest
  share that matters is LEAST_TOGETHER, and its interval leaves out 0.
- "it can be fixed". Null: its total share is LITTLE or more, or among the better half LITTLE_NEAR.
  Told where the upper ends of both lie below (5 % shared over the study's hyperparameters),
  nothing told it to matter, and another hyperparameter does.

Estimator: least squares on polynomials of each hyperparameter's scale, of degree 6 at most, and
their products in pairs (`model.py`), on ranks throughout, so explosions do not dominate;
shares and their 95 % intervals in `sensitivity_indices.py`. Of one hyperparameter that alone
varies, `share_of_one` reads what a polynomial misses. Shares of single hyperparameters add up
to what the fit explains at most, and a total is never smaller than the share by itself.

Assumes curves smooth on the declared scale, no effect of three hyperparameters that shows in none
of their pairs, and trials not chosen by earlier results (where they were, nothing is fixed).
Seeds of one configuration count once. The intervals hold for random search; quasi-random trials
make them wider than they need be. Measured: docs/claims/sensitivity.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tunebook.checks.importance.result import StudyReading
from tunebook.checks.importance.subsets import BETTER, FEWEST, WHOLE, StudyViews, read_study
from tunebook.checks.importance.verdicts import judge, tell_pairs, told
from tunebook.checks.importance.wording import findings_of
from tunebook.domain.design import Objective
from tunebook.domain.finding import Finding, NotApplicable
from tunebook.domain.table import TrialTable


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SensitivityResult:
    """Every study, and what it says."""

    objective: Objective
    studies: tuple[StudyReading, ...]
    findings: tuple[Finding, ...]


def check(table: TrialTable, *, seed: int = 0) -> SensitivityResult | NotApplicable:
    """Fit every study that varies something, and judge hyperparameters and pairs."""
    keys = [key for key, branch in table.branches.items() if branch.axes]
    rng = np.random.default_rng(seed)
    where = np.array(table.study, dtype=object)
    read = [
        read_study(table, key, np.flatnonzero(table.counted & (where == key)), rng) for key in keys
    ]
    spoken = [s for s in read if s.whole is not None]
    if not spoken:
        return _silent(read)
    matters, near = told(spoken, "whole", WHOLE), told(spoken, "better", BETTER)
    pairs = tell_pairs(spoken)
    studies = tuple(judge(table, s, matters, near, pairs.get(s.key, ())) for s in read)
    return SensitivityResult(
        objective=table.objective, studies=studies, findings=findings_of(table, studies)
    )


def _silent(read: Sequence[StudyViews]) -> NotApplicable:
    if not read:
        return NotApplicable(
            check="C10",
            reason="no hyperparameter was varied",
            needs=f"a study that varies something, with {FEWEST} trials or more",
        )
    most = max(read, key=lambda s: s.configurations - s.needs)
    alike = most.configurations >= most.needs
    seeds = f" of {most.configurations} configurations" * (most.configurations < len(most.losses))
    return NotApplicable(
        check="C10",
        reason="nothing in the trials differs: one configuration, or one result, in all of them"
        if alike
        else f"the largest study has {len(most.losses)} trials{seeds} that ended",
        needs="trials of different configurations with different results"
        if alike
        else f"{most.needs} trials of different configurations in it",
    )
