"""What fails, where, and why: shares by cause, the place that fails, trials at chance (C3).

Claim: "configurations in this place fail more often"; its null, estimator and error rate stand in
`cuts.py` and `combinations.py`; ALPHA is shared by all studies of a table. Trials of a foreign
file that failed without a stated cause are tested with the infeasible ones: the null, that failing
depends on no hyperparameter, is the same whatever the cause. That
failing depends on nothing is said only where nine of ten failures in one half of an axis would
have shown in four of five studies. A complete trial at chance is a failure where chance is given;
where it is not, `chance_level.py` looks for trials that ended as guessing would.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from tunebook.checks.failures.counts import StudyFeasibility, count_failures
from tunebook.checks.failures.regions import ALPHA, can_be_placed, failing_place
from tunebook.checks.failures.wording import at_chance_finding, study_finding
from tunebook.domain.design import Objective
from tunebook.domain.finding import Finding, NotApplicable
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Cause, Status
from tunebook.statistics.chance_level import ChanceLevel, chance_level, failed_at_chance

if TYPE_CHECKING:
    pass


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FeasibilityResult:
    """All studies, the table they come from, and what they say.

    Attributes:
        objective: which metric decides.
        table: counted trials, and those that failed without a stated cause; these, and those at
            a chance that is given, are infeasible in it.
        studies: in the table's order.
        at_chance: complete trials that ended as guessing would, where chance is not given.
        findings: what this says.
    """

    objective: Objective
    table: TrialTable
    studies: tuple[StudyFeasibility, ...]
    at_chance: ChanceLevel | None
    findings: tuple[Finding, ...]


def check(table: TrialTable, *, seed: int = 0) -> FeasibilityResult | NotApplicable:
    """Count what failed in each study, and look for the place where it fails."""
    counted = _with_unexplained(table)
    if not len(counted):
        return NotApplicable(
            check="C3", reason="no trial has ended", needs="trials that are complete or infeasible"
        )
    level = chance_level(counted)
    if level is not None and level.given:
        counted, level = failed_at_chance(counted, level.stuck), None
    names = np.array(counted.study)
    rows = {s: np.flatnonzero(names == s) for s in counted.branches}
    own = {s: counted.take(r) for s, r in rows.items() if len(r)}
    stuck = {s: level.stuck[rows[s]] for s in own} if level is not None else {}
    failed = [t.infeasible for t in own.values()]
    looked_at = sum(can_be_placed(f) for f in [*failed, *stuck.values()])
    alpha, rng = ALPHA / max(looked_at, 1), np.random.default_rng(seed)
    studies = tuple(count_failures(s, t, alpha, rng) for s, t in own.items())
    findings = [replace(study_finding(own[s.study], s), study=s.study) for s in studies]
    if level is not None:
        places = {s: failing_place(s, own[s], stuck[s], alpha, rng).place for s in own}
        findings.append(at_chance_finding(counted, level, places))
    return FeasibilityResult(
        objective=table.objective,
        table=counted,
        studies=studies,
        at_chance=level,
        findings=tuple(findings),
    )


def _with_unexplained(table: TrialTable) -> TrialTable:
    """Counted trials, and those that failed without a stated cause as failures of that cause."""
    own = table.take(table.counted | table.unexplained)
    fates = zip(own.unexplained, own.status, own.cause, strict=True)
    found = [
        (Status.INFEASIBLE, Cause.NOT_STATED) if unexplained else (status, cause)
        for unexplained, status, cause in fates
    ]
    return replace(own, status=tuple(s for s, _ in found), cause=tuple(c for _, c in found))
