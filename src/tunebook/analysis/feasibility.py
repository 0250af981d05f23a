"""What fails, where, and why: the share of infeasible trials and the place that fails (C3).

Claim: "configurations beyond this value of this hyperparameter fail more often"; its null,
estimator and error rate stand in `failing_places.py`. That failures lie "in no one place" is no
proof of a bug: a place that depends on two hyperparameters together shows less.
"""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass

import numpy as np

from tunebook.analysis.estimators import proportion
from tunebook.analysis.failing_places import FailingChoice, FailingRegion, failing_place
from tunebook.words.design import Objective
from tunebook.words.finding import (
    Finding,
    Interval,
    NotApplicable,
    Number,
    Remedy,
    RemedyKind,
    Severity,
)
from tunebook.words.space import Float as FloatAxis
from tunebook.words.space import Integer, Scale, spell
from tunebook.words.table import TrialTable
from tunebook.words.trial import Cause

NOTABLE = 0.2
"""A share of failures above this, with no place to it, is more likely a bug than bad luck."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StudyFeasibility:
    """One study's failures; columns have one entry a counted trial."""

    study: str
    trials: int
    infeasible: int
    share: Interval
    causes: tuple[tuple[Cause, int], ...]
    place: FailingRegion | FailingChoice | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FeasibilityResult:
    """All studies, the table they come from, and what they say."""

    objective: Objective
    table: TrialTable
    studies: tuple[StudyFeasibility, ...]
    findings: tuple[Finding, ...]


def check(table: TrialTable, *, seed: int = 0) -> FeasibilityResult | NotApplicable:
    """Count what failed in each study, and look for the place where it fails."""
    counted = table.take(table.counted)
    if not len(counted):
        return NotApplicable(
            check="C3", reason="no trial has ended", needs="trials that are complete or infeasible"
        )
    rng = np.random.default_rng(seed)
    own = {s: counted.of_study(s) for s in table.branches}
    studies = tuple(_read(s, t, rng) for s, t in own.items() if len(t))
    return FeasibilityResult(
        objective=table.objective,
        table=counted,
        studies=studies,
        findings=tuple(_finding(counted, s) for s in studies),
    )


def _read(study: str, own: TrialTable, rng: np.random.Generator) -> StudyFeasibility:
    failed = own.infeasible
    causes = Counter(c for c, f in zip(own.cause, failed, strict=True) if f and c is not None)
    return StudyFeasibility(
        study=study,
        trials=len(own),
        infeasible=int(failed.sum()),
        share=proportion(int(failed.sum()), len(own)),
        causes=tuple(causes.most_common()),
        place=failing_place(study, own, rng),
    )


def _finding(table: TrialTable, study: StudyFeasibility) -> Finding:
    subject = study.study or "the round"
    if not study.infeasible:
        return Finding(
            check="C3",
            severity=Severity.PASS,
            subject=subject,
            numbers={"infeasible": 0, "share": study.share},
            sentence=f"All {study.trials} trials were feasible."
            if study.trials > 1
            else "The one trial was feasible.",
        )
    causes = ", ".join(f"{cause}: {count}" for cause, count in study.causes)
    counted = f"{study.infeasible} of {study.trials} trials were infeasible ({causes})"
    numbers: dict[str, Number] = {"infeasible": study.infeasible, "share": study.share}
    own = table.of_study(study.study)
    failed = tuple(t for t, f in zip(own.name, own.infeasible, strict=True) if f)
    if isinstance(study.place, FailingRegion):
        return _in_a_region(table, study, study.place, counted, failed)
    if isinstance(study.place, FailingChoice):
        return _under_a_choice(study, study.place, counted, failed)
    alike = study.share.estimate > NOTABLE
    return Finding(
        check="C3",
        severity=Severity.WARNING if alike else Severity.NOTE,
        subject=subject,
        numbers=numbers,
        sentence=f"{counted}, and not in any one place of the space"
        + (": that looks like a bug rather than bad hyperparameters." if alike else "."),
        remedy=Remedy(
            kind=RemedyKind.INSPECT,
            conditions=table.branches[study.study].conditions,
            because="failing depends on no hyperparameter that was varied",
        )
        if alike
        else None,
        trials=failed,
    )


def _under_a_choice(
    study: StudyFeasibility, choice: FailingChoice, counted: str, failed: tuple[str, ...]
) -> Finding:
    return Finding(
        check="C3",
        severity=Severity.NOTE,
        subject=choice.subject,
        numbers={
            "infeasible": study.infeasible,
            "share": study.share,
            "value": str(choice.value),
            "p_value": choice.p_value,
            "share_inside": choice.share_inside,
            "share_outside": choice.share_outside,
        },
        sentence=f"{counted}; they lie at {choice.subject} = {spell(choice.value)} "
        f"({choice.share_inside.estimate:.0%} fail there, {choice.share_outside.estimate:.0%} "
        "elsewhere): leave that value out, or look at why it fails.",
        trials=failed,
    )


def _in_a_region(
    table: TrialTable,
    study: StudyFeasibility,
    region: FailingRegion,
    counted: str,
    failed: tuple[str, ...],
) -> Finding:
    branch = table.branches[study.study]
    axis = branch.axes[region.hyperparameter]
    assert isinstance(axis, FloatAxis | Integer)
    bound = _written(axis, region.threshold)
    place = f"{region.subject} {'above' if region.side == 'high' else 'below'} {spell(bound)}"
    numbers: dict[str, Number] = {
        "infeasible": study.infeasible,
        "share": study.share,
        "side": region.side,
        "threshold": region.threshold,
        "p_value": region.p_value,
        "share_inside": region.share_inside,
        "share_outside": region.share_outside,
    }
    where = (
        f"{counted}; they lie at {place} ({region.share_inside.estimate:.0%} fail there, "
        f"{region.share_outside.estimate:.0%} elsewhere)"
    )
    if region.touches_best:
        return Finding(
            check="C3",
            severity=Severity.NOTE,
            subject=region.subject,
            numbers=numbers,
            sentence=f"{where}. The best trials lie in it or next to it: instability may hold "
            "this workload back; a warm-up or gradient clipping would tell.",
            trials=failed,
        )
    low, high = (axis.low, bound) if region.side == "high" else (bound, axis.high)
    remedy = None
    if low < high:
        remedy = Remedy(
            kind=RemedyKind.SHRINK,
            subject=region.hyperparameter,
            conditions=branch.conditions,
            values={"low": low, "high": high, "scale": axis.scale.value},
            because=f"trials fail at {place}, far from the best ones",
        )
    return Finding(
        check="C3",
        severity=Severity.NOTE,
        subject=region.subject,
        numbers=numbers,
        sentence=f"{where}, far from the best trials.",
        remedy=remedy,
        trials=failed,
    )


def _written(axis: FloatAxis | Integer, threshold: float) -> float | int:
    """The threshold as people write numbers, to two digits on its scale, within the range."""
    if isinstance(axis, Integer):
        return round(threshold)
    if axis.scale is Scale.NEAR_ONE:
        bound = float(f"{1 - float(f'{1 - threshold:.2g}'):.6g}")
    elif axis.scale is Scale.LOG:
        bound = float(f"{threshold:.2g}")
    else:
        grain = 10.0 ** (math.floor(math.log10(axis.high - axis.low)) - 1)
        bound = float(f"{round(threshold / grain) * grain:.10g}")
    return bound if axis.low < bound < axis.high else threshold
