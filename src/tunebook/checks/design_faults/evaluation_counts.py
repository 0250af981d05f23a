"""The best of a curve is biased by how often it was evaluated: by how much here? (C11)

The best of k values of white noise lies 1.5 standard deviations from their mean for k = 10 and 2.5
for k = 100 (Blom 1958: the normal quantile of (k - 3/8) / (k + 1/4)). Evaluations far from the
plateau do not take part, so this is the most that counting with the best can be off; the noise is
the late one of the curves. An exact fact about counts, with a bound; no test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from tunebook.domain.design import Reduce
from tunebook.domain.finding import Finding, Severity
from tunebook.domain.formats.numbers import digits
from tunebook.domain.table import Curves, TrialTable

if TYPE_CHECKING:
    from jaxtyping import Float, Int

OFTEN = 1.5
"""Evaluations of an often evaluated trial (upper tenth) over a rare one's (lower tenth)."""
BETWEEN = 1.2
"""Median evaluations of one scientific value over another's."""
READ = 512
"""Curves whose noise is read, evenly over the trials."""
FEWEST = 8


def best_of(count: Float[np.ndarray, "..."] | float) -> Float[np.ndarray, "..."]:
    """Mean of the best of so many values of white noise, in standard deviations.

    Example:
        >>> [round(float(best_of(k)), 1) for k in (1, 10, 100)]
        [0.0, 1.5, 2.5]
    """
    k = np.asarray(count, dtype=float)
    return np.asarray(special.ndtri((k - 0.375) / (k + 0.25)))


def late_noise(curves: Curves, rows: Int[np.ndarray, "chosen"]) -> float:
    """Median over curves of the standard deviation from one value to the next, second half.

    From the median absolute difference of neighbours, so that a spike does not count.
    """
    if len(rows) > READ:
        rows = rows[np.linspace(0, len(rows) - 1, READ).astype(int)]
    found = []
    for i in rows:
        values = curves.of(int(i))[1]
        steps = np.diff(values[len(values) // 2 :])
        steps = steps[np.isfinite(steps)]
        if len(steps) >= 2:
            away = float(np.median(np.abs(steps - np.median(steps))))
            found.append((1.4826 * away if away else float(np.std(steps))) / np.sqrt(2))
    return float(np.median(found)) if found else 0.0


def evaluation_finding(table: TrialTable) -> Finding | None:
    """What to say where trials that count with their best were evaluated unequally often."""
    curves = table.curves.get(table.objective.metric)
    rows = np.flatnonzero(table.complete)
    if curves is None or table.objective.reduce is not Reduce.BEST or len(rows) < FEWEST:
        return None
    counts = np.diff(curves.offsets)[rows]
    few, often = np.quantile(counts, [0.1, 0.9], method="nearest")
    who = _between_values(table, counts, rows)
    if few < 1 or (often < OFTEN * few and who is None):
        return None
    if who is not None:
        few, often = who[2], who[4]
    noise = late_noise(curves, rows)
    bias = noise * float(best_of(often) - best_of(few))
    if not bias > 0:
        return None
    metric = table.objective.metric
    said = (
        f"{who[1]} was evaluated {who[2]:.0f} times a trial, {who[3]} {who[4]:.0f} times"
        if who
        else f"trials were evaluated {few:.0f} to {often:.0f} times (the middle four fifths)"
    )
    return Finding(
        check="C11",
        severity=Severity.WARNING if who else Severity.NOTE,
        subject=str(who[0]) if who else metric,
        numbers={"fewest": int(few), "most": int(often), "noise": noise, "bias": bias},
        sentence=f"A trial counts with the best of its {metric} curve, and {said}. The best of "
        f"more evaluations is better by luck: here by up to {digits(bias)}, at a late noise of "
        f"{digits(noise)}. Compare equal numbers of evaluations, or count with the last value or "
        "the mean of the last ones (reduce=last, mean-last-5).",
    )


def _between_values(
    table: TrialTable, counts: Int[np.ndarray, "complete"], rows: Int[np.ndarray, "complete"]
) -> tuple[str, object, float, object, float] | None:
    """The scientific values evaluated most unequally: name, and (value, median count) of both."""
    worst = None
    for name in table.scientific:
        column = table.column(name)
        own: dict[object, list[int]] = {}
        for count, i in zip(counts, rows, strict=True):
            if column[i] is not None:
                own.setdefault(column[i], []).append(int(count))
        if not 2 <= len(own) <= 50:
            continue
        middle = {v: float(np.median(c)) for v, c in own.items() if len(c) >= 3}
        if len(middle) < 2:
            continue
        few, often = min(middle, key=middle.__getitem__), max(middle, key=middle.__getitem__)
        ratio = middle[often] / max(middle[few], 1.0)
        if ratio > BETWEEN and (worst is None or ratio > worst[0]):
            worst = ratio, (name, few, middle[few], often, middle[often])
    return worst[1] if worst else None
