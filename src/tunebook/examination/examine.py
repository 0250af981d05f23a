"""Every check that applies, on one table, worst finding first (C, B2)."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import compress
from typing import TYPE_CHECKING

import numpy as np
import scipy.linalg  # noqa: F401  its library must be there for a limit of its threads
from threadpoolctl import threadpool_limits

from tunebook.checks import CHECKS, SPECS, Result, playbook_order
from tunebook.checks.included_optimizers.check import lost_to_included
from tunebook.checks.never_read.check import never_read
from tunebook.checks.spec import Assumes, Uses
from tunebook.checks.variance_sources.labels import without_labels
from tunebook.domain.design import Objective
from tunebook.domain.error_kind import OF_THE_CODE
from tunebook.domain.finding import (
    WORST_FIRST,
    CheckFailed,
    Examination,
    Finding,
    NotApplicable,
    RemedyKind,
    Severity,
)
from tunebook.domain.formats.equal_numbers import representatives
from tunebook.domain.formats.notation import format_objective
from tunebook.domain.formats.numbers import plural, reduced_text
from tunebook.domain.space import Axis, Branch, Choice, Scale
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Status, Value
from tunebook.examination.carried_over import with_carried, without_the_best
from tunebook.examination.independent_part import part_text, reading_of
from tunebook.examination.memory import remembered_results
from tunebook.examination.objective_direction import direction_finding
from tunebook.examination.sweep_limits import limit_findings

if TYPE_CHECKING:
    from jaxtyping import Float as F


OF_THE_DIRECTION = ("C1", "C2", "C4", "C6", "C7", "C8", "C9")
"""Checks whose findings turn around where the objective has the other direction."""
HUGE = 1e100


def results(
    table: TrialTable,
    *,
    seed: int = 0,
    carried: TrialTable | None = None,
    repeats: TrialTable | None = None,
) -> dict[str, Result | NotApplicable]:
    """Run every check of the catalogue on a table, in the playbook's order.

    An error in a check is its result (`CheckFailed`), and the other checks still report. What a
    check said of the same trials a moment ago is not worked out again (`memory`).
    Arithmetic on the NaN of infeasible trials is no error. Finite values beyond 1e100 are read as
    1e100: no check could distinguish them from divergence, and their squares would overflow.
    Values that differ in the last digit are read as one. Linear algebra uses one thread: matrices
    are small, and on a busy machine threads that wait for each other take four times as long
    (10 s and 2.5 s for 512 trials with curves).

    Args:
        table: the trials of one round.
        seed: of every resampling.
        carried: the same with those of earlier rounds that lie in its space.
        repeats: the same with its reruns and the rounds that repeat its search, which D2 reads.
    """
    whole = _within_reach(table)
    table = without_labels(whole)
    tables = {
        use: _carried_for(use, carried) if use.carries and carried is not None else table
        for use in Uses
    }
    tables[Uses.REPEATS] = whole if repeats is None else _within_reach(repeats)
    with (
        threadpool_limits(1, user_api="blas"),
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
    ):
        warnings.simplefilter("ignore", RuntimeWarning)
        return remembered_results({c: tables[SPECS[c].uses] for c in CHECKS}, seed)


def _carried_for(uses: Uses, carried: TrialTable) -> TrialTable:
    """The trials that a check reads where some were carried over."""
    own = without_labels(_within_reach(carried))
    return without_the_best(own) if uses is Uses.CARRIED_WITHOUT_BEST else own


def _within_reach(table: TrialTable) -> TrialTable:
    """The table with no finite value beyond HUGE, and equal values of a hyperparameter as one."""
    table = with_equal_values(table)

    def bounded(values: F[np.ndarray, "values"]) -> F[np.ndarray, "values"]:
        return np.where(np.isfinite(values), np.clip(values, -HUGE, HUGE), values)

    if not any(_far(v) for v in (table.value, *(c.values for c in table.curves.values()))):
        return table
    curves = {n: replace(c, values=bounded(c.values)) for n, c in table.curves.items()}
    return replace(table, value=bounded(table.value), curves=curves)


def _far(values: F[np.ndarray, "values"]) -> bool:
    with np.errstate(invalid="ignore"):
        size = np.abs(values)
        return bool(((size > HUGE) & np.isfinite(size)).any())


def examine(
    table: TrialTable,
    *,
    seed: int = 0,
    unread: Mapping[str, Sequence[str]] | None = None,
    carried: TrialTable | None = None,
    repeats: TrialTable | None = None,
) -> Examination:
    """What every check says of one table of trials.

    Args:
        table: the trials of one round, or of a sweep that was run elsewhere.
        seed: of every resampling; the same table and seed give the same examination.
        unread: varied hyperparameter to the trials whose training code never read it.
        carried: the same trials with those of earlier rounds that lie in their space.
        repeats: the same trials with their reruns and the rounds that repeat their search.

    Example:
        >>> import tunebook as tb
        >>> table = tb.TrialTable.from_csv("trials.csv", objective=tb.minimize("error"))
        ... # doctest: +SKIP
        >>> tb.examine(table).findings  # doctest: +SKIP
    """
    found = results(table, seed=seed, carried=carried, repeats=repeats)
    return conclude(table, found, unread=unread, carried=carried)


def conclude(
    table: TrialTable,
    found: Mapping[str, Result | NotApplicable],
    *,
    unread: Mapping[str, Sequence[str]] | None = None,
    carried: TrialTable | None = None,
) -> Examination:
    """Put results that are there already together as an examination; see `examine`."""
    findings = [
        f
        if carried is None or not SPECS[check].uses.carries
        else with_carried(f, _carried_for(SPECS[check].uses, carried))
        for check, r in found.items()
        if not isinstance(r, NotApplicable)
        for f in r.findings
    ]
    findings = _one_length(findings)
    findings += lost_to_included(findings, table.objective)
    suspected = bool(getattr(found.get("C11"), "adaptive", False))
    lost = _Lost.of(table)
    doubt = direction_finding(table.objective, of_file=table.origin is not None)
    findings = [
        _with_caveats(f, table, lost, suspected=suspected, doubted=doubt is not None)
        for f in findings
    ]
    findings += [never_read(table, name, trials) for name, trials in (unread or {}).items()]
    findings += [*limit_findings(table), *([doubt] if doubt else [])]
    if table.planned_objective is not None:
        findings.append(_exploratory(table, table.planned_objective))
    return Examination(
        trials=len(table),
        left_out=(*table.left_out, *_not_counted(table)),
        findings=sorted(findings, key=_order),
        not_applicable=tuple(
            r
            for r in found.values()
            if isinstance(r, CheckFailed)
            or (isinstance(r, NotApplicable) and r.check not in {f.check for f in findings})
        ),
    )


def _one_length(findings: Sequence[Finding]) -> list[Finding]:
    """Findings that name one length to train at: where longer is better, B9 fixes it there."""
    longer = {
        f.remedy.subject: f.remedy.values[f.remedy.subject]
        for f in findings  # in the order of checks, so that C6, which read the curves, is last
        if f.remedy and f.remedy.kind is RemedyKind.TRAIN_LONGER
        if f.remedy.subject in f.remedy.values
    }
    agreed = []
    for finding in findings:
        remedy = finding.remedy
        if remedy and remedy.subject in longer and finding.check in ("B9", "C1"):
            key = "value" if finding.check == "B9" else remedy.subject
            remedy = replace(remedy, values={key: longer[remedy.subject]})
        agreed.append(replace(finding, remedy=remedy))
    return agreed


@dataclass(frozen=True, slots=True)
class _Lost:
    """Trials of each study that failed without a stated cause, and that crashed."""

    failed: Counter[str]
    crashed: Counter[str]

    @classmethod
    def of(cls, table: TrialTable) -> _Lost:
        return cls(
            Counter(compress(table.study, table.unexplained)),
            Counter(s for s, c in zip(table.study, table.cause, strict=True) if c in OF_THE_CODE),
        )


def _with_caveats(
    finding: Finding, table: TrialTable, lost: _Lost, *, suspected: bool, doubted: bool
) -> Finding:
    """A finding that says what its check takes for granted and these trials do not give."""
    said = list(_caveats(finding, table, lost, suspected=suspected))
    if doubted and finding.check in OF_THE_DIRECTION:
        said.append("Correct the direction first (C11): the other one reverses this.")
    return replace(finding, sentence=" ".join([finding.sentence, *said])) if said else finding


def _caveats(
    finding: Finding, table: TrialTable, lost: _Lost, *, suspected: bool
) -> Iterator[str]:
    spec = SPECS.get(finding.check)
    if spec is None:
        return
    failed, crashed = (
        counts.total() if finding.study is None else counts[finding.study]
        for counts in (lost.failed, lost.crashed)
    )
    if failed and spec.leaves_out_failed:
        yield f"Left out: {plural(failed, 'trial')} that failed without a stated cause."
    if crashed and finding.check == "C10":  # an error in the code looks like an effect
        yield f"{plural(crashed, 'trial')} crashed and ranked last: rule out a coding error first."
    if spec.assumes is not Assumes.ANY_TRIALS and suspected:
        yield "If earlier results chose later trials (C11), its error rate does not hold."
    elif spec.assumes is Assumes.ANY_TRIALS:
        return
    elif said := part_text(table, reading_of(finding.check, table)):
        yield said
    elif table.adaptive:
        yield "Its error rate does not hold: earlier results chose later trials."


def _exploratory(table: TrialTable, planned: Objective) -> Finding:
    asked = table.objective
    return Finding(
        check="C11",
        severity=Severity.NOTE,
        subject=asked.metric,
        numbers={
            "planned": f"{format_objective(planned)}, {planned.reduced}",
            "taken": f"{format_objective(asked)}, {asked.reduced}",
        },
        sentence=f"Exploratory: {format_objective(asked)} ({reduced_text(asked)}) was chosen as "
        "the objective after the results were seen. What is found here is a question for another "
        "round, no evidence: of many metrics, some show an effect by luck.",
        remedy=None,
    )


def _order(finding: Finding) -> tuple[int, bool, str, int]:
    place = playbook_order(finding.check)
    return WORST_FIRST.index(finding.severity), not finding.settled, *place


def _not_counted(table: TrialTable) -> list[str]:
    """ "name: reason" for every trial that no statistic counts."""
    reasons = []
    for name, status, cause in zip(table.name, table.status, table.cause, strict=True):
        if status is Status.FAILED:
            why = f"{cause}, not its own fault" if cause else "no cause is recorded"
            if table.origin is not None:  # a foreign status is no proof of whose fault it was
                why = f"{cause}, by the file's status" if cause else "the file does not say why"
            reasons.append(f"{name}: failed, {why}")
        elif not status.ended:
            reasons.append(f"{name}: {status}, has not ended")
    return reasons


def with_equal_values(table: TrialTable) -> TrialTable:
    """The same trials with one number for each value; the table itself where all differ.

    Such numbers come from arithmetic and float32. Read as different they would make repeats of a
    configuration new ones, and choices of one value two. On a scale of 1 - x the last digits
    matter, so that its values stay as they are.
    """
    near_one = {
        n for b in table.branches.values() for n, a in b.axes.items()
        if not isinstance(a, Choice) and a.scale is Scale.NEAR_ONE
    }  # fmt: skip
    names = dict.fromkeys(n for c in table.config for n in c if n not in near_one)
    merged = {n: same for n in names if (same := representatives(table.column(n)))}
    if not merged:
        return table
    config = tuple(
        {n: merged[n].get(v, v) if n in merged else v for n, v in c.items()} for c in table.config
    )
    branches = {key: replace(b, axes=_axes(b, merged)) for key, b in table.branches.items()}
    return replace(table, config=config, branches=branches)


def _axes(branch: Branch, merged: Mapping[str, Mapping[Value, Value]]) -> dict[str, Axis]:
    """The axes of a branch, each choice with one of its equal values."""
    found: dict[str, Axis] = {}
    for name, axis in branch.axes.items():
        same = merged.get(name, {})
        if isinstance(axis, Choice) and any(v in same for v in axis.values):
            axis = Choice(tuple(dict.fromkeys(same.get(v, v) for v in axis.values)))
        found[name] = axis
    return found
