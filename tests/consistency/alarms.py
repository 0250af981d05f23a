"""For each check that passes: the same trials with the worst results that the check looks for.

A pass means something only where these results would have been an alarm. Places, seeds, steps and
fates stay as they are; only what was measured is arranged anew.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from consistency.rules import Fault, Report
from tunebook.domain.finding import Finding, Severity
from tunebook.domain.space import Choice
from tunebook.domain.table import Curves, TrialTable, reduce_curves
from tunebook.examination.examine import examine


def passes_without_an_alarm(report: Report) -> Iterator[Fault]:
    """Passes of checks that could not have alarmed on these trials, whatever they measured."""
    for finding in report.findings:
        worst = WORST.get(finding.check)
        if finding.severity is not Severity.PASS or worst is None:
            continue
        tables = worst(report.table, finding)
        if tables and not any(_alarms(table, finding) for table in tables):
            yield Fault(
                rule="pass",
                finding=f"{finding.check} {finding.subject}",
                detail=f"nothing measured on these trials would alarm: {finding.sentence}",
            )


def _alarms(table: TrialTable, finding: Finding) -> bool:
    return any(
        f.check == finding.check
        and (f.severity in (Severity.WARNING, Severity.PROBLEM) or f.remedy is not None)
        and (f.subject == finding.subject or finding.check not in ("C1",))
        for f in examine(table).findings
    )


def crowding_an_end(table: TrialTable, finding: Finding) -> list[TrialTable]:
    """C1: losses fall evenly towards either end of the axis."""
    found = []
    name = finding.subject.partition("[")[0]
    for study, branch in table.branches.items():
        axis = branch.axes.get(name)
        here = np.array([s == study for s in table.study]) & table.complete
        if axis is None or isinstance(axis, Choice) or not here.any():
            continue
        if "[" in finding.subject and not _of(finding.subject, branch.conditions):
            continue
        at = np.array([axis.to_unit(c[name]) for c in np.array(table.config)[here]])
        for towards in (at, -at):
            losses = table.losses[here]
            size = max(float(np.ptp(losses)), 1e-6)
            value = table.value.copy()
            value[here] = table.objective.sign * (losses.min() + size * (towards.max() - towards))
            found.append(replace(table, value=value, curves={}))
    return found


def _of(subject: str, conditions: object) -> bool:
    inner = subject.partition("[")[2].rstrip("]")
    return all(part.partition("=")[0] in conditions for part in inner.split(", "))


def still_falling(table: TrialTable, finding: Finding) -> list[TrialTable]:
    """C6: every curve improves by the same amount from each evaluation to the next."""
    return _with_shape(table, lambda t: 1 - t)


def done_at_once(table: TrialTable, finding: Finding) -> list[TrialTable]:
    """C7: every curve has its best in the first twentieth and gets worse from there."""
    return _with_shape(table, lambda t: np.where(t <= 0.05, -t, 0.5 * t))


def _with_shape(table: TrialTable, shape: Callable[[np.ndarray], np.ndarray]) -> list[TrialTable]:
    metric, sign = table.objective.metric, table.objective.sign
    curves = table.curves.get(metric)
    if curves is None or not table.complete.any():
        return []
    losses = table.losses[table.complete]
    size = max(float(np.ptp(losses)), 0.1 * float(np.abs(losses).max()), 1e-6)
    length = float(
        table.max_train_steps
        or max(s.max(initial=1) for s, _ in map(curves.of, range(len(table))))
    )
    rows = []
    for i in range(len(table)):
        steps, values = curves.of(i)
        loss = table.losses[i] if table.complete[i] else float(losses.max())
        rows.append(
            (steps, sign * (loss + size * shape((steps + 1) / length)) if len(steps) else values)
        )
    packed = Curves.pack(rows)
    value = np.where(table.complete, reduce_curves(packed, table.objective), np.nan)
    return [replace(table, curves={metric: packed}, value=value)]


def chosen_by_results(table: TrialTable, finding: Finding) -> list[TrialTable]:
    """C11: from trial to trial, with more or fewer exceptions, nearer to the best and better.

    Without exceptions it would be a sorted list, whose order says nothing.
    """
    return [_ever_nearer(table, share) for share in (0.1, 0.3, 0.6)]


def _ever_nearer(table: TrialTable, exceptions: float) -> TrialTable:
    order: list[int] = []
    value = table.value.copy()
    rng = np.random.default_rng(0)
    for study, branch in table.branches.items():
        here = np.flatnonzero([s == study for s in table.study])
        if not branch.axes or not table.complete[here].any():
            order += here.tolist()
            continue
        units = table.take(here).units(study)
        far = np.linalg.norm(units - units[np.nanargmin(table.losses[here])], axis=1)
        far += np.where(table.complete[here], 0.0, far.max())
        nearer = here[np.argsort(-far - rng.normal(0, exceptions * far.std(), len(far)))]
        order += nearer.tolist()
        ended = nearer[table.complete[nearer]]
        place = np.argsort(np.arange(len(ended)) + rng.normal(0, exceptions * 3, len(ended)))
        value[ended[place]] = table.objective.sign * np.sort(table.losses[ended])[::-1]
    return replace(table, value=value, curves={}).take(np.array(order))


WORST: dict[str, Callable[[TrialTable, Finding], list[TrialTable]]] = {
    "C1": crowding_an_end,
    "C6": still_falling,
    "C7": done_at_once,
    "C11": chosen_by_results,
}
