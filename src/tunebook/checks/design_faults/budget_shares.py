"""Did every scientific value get as many trials and as many steps? (B4)

Trials are counted: an exact fact. Lengths are where the curves of complete trials end; where
they differ within a value too, that one value trained longer is said where Mann and Whitney's test
finds it at 0.1 %, shared over all pairs.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from tunebook.domain.finding import Finding, Remedy, RemedyKind, Severity
from tunebook.domain.space import Choice, Integer, spell
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Value
from tunebook.statistics.distributions import mann_whitney

if TYPE_CHECKING:
    from jaxtyping import Int

UNEVEN = 1.25
"""Trials of one scientific value over another's: less is what uneven losses make. A judgement."""
LONGER = 1.05
"""Steps of one scientific value over another's. A judgement."""
LEVEL = 0.001
FEWEST = 8
LISTED = 12


def _values_compared(table: TrialTable) -> Iterable[tuple[str, dict[Value, Int[np.ndarray, "n"]]]]:
    """Each scientific hyperparameter that is compared by its values, with the rows of each."""
    for name in table.scientific:
        axes = [b.axes[name] for b in table.branches.values() if name in b.axes]
        if any(not isinstance(a, Choice | Integer) for a in axes):
            continue
        rows: dict[Value, list[int]] = {}
        for i, value in enumerate(table.column(name)):
            if value is not None:
                rows.setdefault(value, []).append(i)
        if 2 <= len(rows) <= 50:
            yield name, {v: np.array(r) for v, r in rows.items()}


def uneven_trials(table: TrialTable) -> Iterable[Finding]:
    """B4: as many trials for each scientific value."""
    for name, rows in _values_compared(table):
        counts = {v: len(r) for v, r in rows.items()}
        most, fewest = max(counts, key=counts.__getitem__), min(counts, key=counts.__getitem__)
        if counts[most] <= max(UNEVEN * counts[fewest], counts[fewest] + 1):
            continue
        listed = ", ".join(f"{spell(v)}: {n}" for v, n in list(counts.items())[:LISTED])
        others = f" ({listed})" if len(counts) > 2 else ""
        yield Finding(
            check="B4",
            severity=Severity.WARNING if counts[most] >= 2 * counts[fewest] else Severity.NOTE,
            subject=name,
            numbers={"most": counts[most], "fewest": counts[fewest]},
            sentence=f"The values of {name} had unequal budgets: {counts[most]} trials with "
            f"{name}={spell(most)}, {counts[fewest]} with {name}={spell(fewest)}{others}. "
            "The best of more trials is better by luck alone: compare at the smallest budget.",
            remedy=Remedy(
                kind=RemedyKind.MORE_TRIALS,
                values={"trials": counts[most] * len(counts)},
                because=f"each of the {len(counts)} values then has {counts[most]}",
            ),
        )


def uneven_steps(table: TrialTable) -> Iterable[Finding]:
    """B4: as many steps for each scientific value."""
    curves = table.curves.get(table.objective.metric)
    if curves is None:
        return
    there = np.flatnonzero(table.complete & (np.diff(curves.offsets) > 0))
    ends = np.full(len(table), -1, dtype=np.int64)
    ends[there] = curves.steps[curves.offsets[there + 1] - 1]
    for name, rows in _values_compared(table):
        own = {v: ends[r][ends[r] >= 0] for v, r in rows.items()}
        own = {v: e for v, e in own.items() if len(e) >= FEWEST}
        if len(own) < 2:
            continue
        middle = {v: float(np.median(e)) for v, e in own.items()}
        long, short = max(middle, key=middle.__getitem__), min(middle, key=middle.__getitem__)
        pairs = len(list(combinations(own, 2)))
        if middle[long] <= LONGER * middle[short] or _alike(own[long], own[short], pairs):
            continue
        yield Finding(
            check="B4",
            severity=Severity.WARNING,
            subject=name,
            numbers={"longest": middle[long], "shortest": middle[short]},
            sentence=f"The values of {name} trained for different lengths: the median is "
            f"{middle[long]:.0f} steps with {name}={spell(long)} and {middle[short]:.0f} with "
            f"{name}={spell(short)}. "
            "The effect of a value is mixed with that of its training length.",
            remedy=Remedy(
                kind=RemedyKind.INSPECT,
                subject=name,
                because="values are compared at one training length, unless a step of one is "
                "not a step of the other",
            ),
        )


def _alike(a: Int[np.ndarray, "n"], b: Int[np.ndarray, "m"], pairs: int) -> bool:
    return bool(mann_whitney(a, b) >= LEVEL / pairs)
