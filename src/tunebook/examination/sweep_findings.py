"""What a file shows beside its checks: workloads, identical results (B2 C11)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from tunebook.domain.finding import Finding, Remedy, RemedyKind, Severity
from tunebook.domain.formats.numbers import listed, plural
from tunebook.domain.origin import Kind
from tunebook.domain.table import TrialTable

BY_CHANCE = 0.01
"""Identical results of different configurations are told where so many pairs are expected by
chance: pairs of trials times the smallest step of the results over their spread, times 3 since
results crowd near the best."""
CROWDED = 3.0
WHOLE = 1e-3
"""Steps are counts where their ratios are whole numbers as nearly as this."""
FEWEST = 5
"""Complete trials below which a step of the results can't be told."""


def sweep_findings(table: TrialTable) -> tuple[Finding, ...]:
    """Findings on a table that was read from a file, the most pressing first."""
    found = (workload_finding(table), identical_finding(table))
    return tuple(f for f in found if f is not None)


def workload_finding(table: TrialTable) -> Finding | None:
    """A warning where trials ran on several datasets or tasks."""
    names = [] if table.origin is None else list(table.origin.names(Kind.WORKLOAD))
    values = {n: sorted({str(c[n]) for c in table.config if n in c}) for n in names}
    values = {n: own for n, own in values.items() if len(own) > 1}
    if not values:
        return None
    name, own = max(values.items(), key=lambda item: len(item[1]))
    metric = table.objective.metric
    return Finding(
        check="C11",
        severity=Severity.WARNING,
        subject=name,
        numbers={"workloads": len(own)},
        sentence=f"{metric} can't be compared between workloads: {name} has {len(own)} values "
        f"({listed(own, 4)}). Each is read as a study of its own. Audit one workload at a time.",
    )


def identical_finding(table: TrialTable) -> Finding | None:
    """A warning where different configurations have the same result to the last digit."""
    rows = np.flatnonzero(table.complete & np.isfinite(table.value))
    values = table.value[rows]
    distinct = np.unique(values)
    if len(rows) < FEWEST or len(distinct) < 2:
        return None
    groups: dict[float, list[int]] = {}
    for i, value in zip(rows.tolist(), values.tolist(), strict=True):
        groups.setdefault(value, []).append(i)
    same = {
        value: own
        for value, own in groups.items()
        if len(own) > 1 and len({tuple(sorted(_settings(table, i))) for i in own}) > 1
    }
    pairs = len(rows) * (len(rows) - 1) / 2
    with np.errstate(over="ignore"):
        spread = float(distinct[-1] - distinct[0])
    if not np.isfinite(spread):
        return None
    expected = CROWDED * pairs * _step(distinct) / spread
    if not same or expected > BY_CHANCE:
        return None
    value, own = max(same.items(), key=lambda item: len(item[1]))
    differing = _differing(table, same.values())
    trials = [table.name[i] for group in same.values() for i in group]
    subject = differing[0] if len(differing) == 1 else ""
    return Finding(
        check="B2",
        severity=Severity.WARNING,
        subject=subject,
        numbers={"trials": len(trials), "value": value},
        sentence=f"{plural(len(own), 'trial')} with different configurations have exactly the "
        f"same {table.objective.metric}: {listed([table.name[i] for i in own], 4)}. They differ "
        f"in {listed(differing, 3)}. Training may not read it, or a result was copied.",
        remedy=Remedy(
            kind=RemedyKind.INSPECT,
            subject=subject,
            because="different configurations should not agree to the last digit",
        ),
        trials=tuple(trials),
    )


def _settings(table: TrialTable, row: int) -> list[tuple[str, str]]:
    return [(name, repr(value)) for name, value in table.config[row].items()]


def _step(distinct: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    """The smallest step between results: of counts one count, else a unit of the last digit."""
    gaps = np.diff(distinct)
    least = float(gaps.min())
    with np.errstate(over="ignore", invalid="ignore"):
        steps = gaps / least
        counts = len(gaps) > 1 and bool((np.abs(steps - np.round(steps)) < WHOLE).all())
    if counts:
        return least
    places = max(len(repr(float(v)).partition(".")[2].partition("e")[0]) for v in distinct)
    return float(min(least, 10.0**-places))


def _differing(table: TrialTable, groups: Iterable[Sequence[int]]) -> list[str]:
    """Hyperparameters that differ within a group of trials with one result."""
    found: dict[str, None] = {}
    for own in groups:
        for name in dict.fromkeys(n for i in own for n in table.config[i]):
            if len({repr(table.config[i].get(name)) for i in own}) > 1:
                found[name] = None
    return list(found)
