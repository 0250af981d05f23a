"""What the ledger of a research agent can tell, and what it can't (C11 D2).

Assumption of the count by chance: where no change matters, the runs are draws of one distribution,
so run i beats all before it with probability 1/i, independently of the others (Rényi 1962). The
bound is that count's 97.5 % quantile, which is exact whatever the distribution.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tunebook.domain.finding import Finding, Number, Remedy, RemedyKind, Severity
from tunebook.domain.formats.numbers import digits, listed, number, plural
from tunebook.domain.ledger import Ledger, Verdict

QUANTILE = 0.975
MOST_RECORDS = 200
"""Counts beyond have no chance worth a number: of a billion runs, 21 are expected."""
SAME = 5
"""Runs with one value, to the last digit, from which on it is told; and SHARE of all."""
SHARE = 0.05


@dataclass(frozen=True, slots=True)
class Chain:
    """The runs that were kept, in order.

    Attributes:
        rows: their places in the ledger.
        better: whether each beats every one before it; the first does not count.
        gains: of those that do, over the best before, in the metric's units.
    """

    rows: NDArray[np.int64]
    better: NDArray[np.bool_]
    gains: NDArray[np.float64]


def chain_of(ledger: Ledger) -> Chain:
    """The kept runs and baselines that have a value."""
    kept = [v in (Verdict.KEPT, Verdict.BASELINE) for v in ledger.verdicts]
    rows = np.flatnonzero(np.array(kept, bool) & np.isfinite(ledger.values) & ~ledger.reruns)
    losses = ledger.sign * ledger.values[rows]
    before = np.minimum.accumulate(losses)[:-1]
    gains = before - losses[1:]
    better = np.concatenate([[False], gains > 0])[: len(rows)]
    return Chain(rows=rows, better=better, gains=gains[gains > 0])


def records_by_chance(runs: int) -> tuple[float, int]:
    """How many runs beat all before them where no change matters: the mean and the bound.

    Example:
        >>> records_by_chance(100)
        (4.19, 8)
    """
    chances = np.ones(1)
    for i in range(2, runs + 1):
        chances = np.append(chances, 0.0) * (1 - 1 / i) + np.append(0.0, chances) / i
        chances = chances[:MOST_RECORDS]
    mean = sum(1 / i for i in range(2, runs + 1))
    return round(mean, 2), int(np.searchsorted(np.cumsum(chances), QUANTILE))


def ledger_findings(ledger: Ledger) -> list[Finding]:
    """All that a ledger tells, the most pressing first."""
    chain = chain_of(ledger)
    found = [_same(ledger)]
    if len(np.unique(ledger.values[np.isfinite(ledger.values)])) > 1:
        found += [_not_better(ledger, chain), _gains(ledger, chain), _progress(ledger, chain)]
    told = [f for f in (*found, _about(ledger)) if f is not None]
    order = [Severity.PROBLEM, Severity.WARNING, Severity.NOTE, Severity.PASS]
    return sorted(told, key=lambda f: order.index(f.severity))


def _finding(
    check: str,
    severity: Severity,
    ledger: Ledger,
    numbers: dict[str, Number],
    sentence: str,
    remedy: Remedy | None = None,
) -> Finding:
    return Finding(
        check=check,
        severity=severity,
        subject=ledger.metric,
        numbers=numbers,
        sentence=sentence,
        remedy=remedy,
    )


def _about(ledger: Ledger) -> Finding:
    kept, crashed = ledger.count(Verdict.KEPT), ledger.count(Verdict.CRASHED)
    discarded, baselines = ledger.count(Verdict.DISCARDED), ledger.count(Verdict.BASELINE)
    others = ledger.count(Verdict.OTHER)
    numbers: dict[str, Number] = {
        "runs": len(ledger), "kept": kept, "discarded": discarded, "crashed": crashed,
        "baselines": baselines, "others": others,
        "without a value": int(np.isnan(ledger.values).sum()),
    }  # fmt: skip
    return _finding(
        "C11", Severity.NOTE, ledger, numbers,
        f"This is a ledger of {plural(len(ledger), 'run')}, one a row: {kept} kept, {crashed} "
        "crashed. It shows progress and its size. It has no hyperparameters, so it can't show "
        "which of them matter or whether a range is wide enough.",
    )  # fmt: skip


def _progress(ledger: Ledger, chain: Chain) -> Finding | None:
    """Whether more runs beat all before them than would by chance."""
    values = ledger.sign * ledger.values[np.isfinite(ledger.values)]
    if len(values) < 2:
        return None
    records = int((np.diff(np.minimum.accumulate(values)) < 0).sum())
    mean, most = records_by_chance(len(values))
    numbers: dict[str, Number] = {"runs that beat all before": records, "by chance": mean,
                                  "by chance, at most": most}  # fmt: skip
    ends = ""
    if len(chain.gains):
        kept = ledger.values[chain.rows]
        best = float(kept[np.argmin(ledger.sign * kept)])
        first = float(kept[0])
        numbers |= {"first kept": first, "best kept": best, "steps": len(chain.gains)}
        ends = (
            f"Kept runs improve {ledger.metric} from {number(first)} to "
            f"{number(best)} in {plural(len(chain.gains), 'step')}. "
        )
    if records > most:
        return _finding(
            "C11", Severity.NOTE, ledger, numbers,
            f"{ends}{plural(records, 'run')} beat all before them; without any real change at "
            f"most {most} of {len(values)} would (97.5 %). If {ledger.metric} kept its meaning, "
            "the improvement as a whole is more than noise; single steps need not be.",
        )  # fmt: skip
    return _finding(
        "C11", Severity.WARNING, ledger, numbers,
        f"{ends}Not enough evidence of progress: {plural(records, 'run')} beat all before them, "
        f"and without any real change up to {most} of {len(values)} would. Rerun the first and "
        "the best kept state with new seeds, and compare them.",
        Remedy(kind=RemedyKind.MORE_TRIALS, because="chance alone gives as many records"),
    )  # fmt: skip


def _gains(ledger: Ledger, chain: Chain) -> Finding | None:
    """The size of the kept gains beside what reruns moved."""
    if not len(chain.gains):
        return None
    median, least = float(np.median(chain.gains)), float(chain.gains.min())
    numbers: dict[str, Number] = {"median gain": median, "smallest gain": least}
    moved = _moved(ledger)
    because = "single runs can't tell a small gain from noise"
    again = Remedy(kind=RemedyKind.MORE_TRIALS, because=because)
    if not len(moved):
        return _finding(
            "D2", Severity.WARNING, ledger, numbers,
            "Whether a kept gain is more than noise is not known: no row says that it reruns a "
            "kept state. "
            f"The median gain in {ledger.metric} is {digits(median)}, the smallest "
            f"{digits(least)}. Train the last kept state 3 times with new seeds; a gain "
            "below 2.8 of their standard deviations can be noise.",
            again,
        )  # fmt: skip
    typical = float(np.median(moved))
    below = int((chain.gains <= typical).sum())
    numbers |= {"reruns": len(moved), "a rerun moved": typical, "gains below it": below}
    return _finding(
        "D2", Severity.WARNING if below else Severity.NOTE, ledger, numbers,
        f"{below} of {len(chain.gains)} kept gains in {ledger.metric} are no larger than what a "
        f"rerun moved: {digits(typical)} ({plural(len(moved), 'rerun')}, by their "
        "descriptions). Rerun what was kept for such a gain before you build on it.",
        again if below else None,
    )  # fmt: skip


def _moved(ledger: Ledger) -> NDArray[np.float64]:
    """How far each rerun is from the last run that was kept before it."""
    moved, last = [], np.nan
    for verdict, value, rerun in zip(ledger.verdicts, ledger.values, ledger.reruns, strict=True):
        if rerun:
            moved.append(abs(value - last))
        elif verdict in (Verdict.KEPT, Verdict.BASELINE) and np.isfinite(value):
            last = value
    found = np.array(moved, np.float64)
    return found[np.isfinite(found)]


def _not_better(ledger: Ledger, chain: Chain) -> Finding | None:
    """Kept runs that are no better than one that was kept before."""
    kept = np.array([ledger.verdicts[i] is Verdict.KEPT for i in chain.rows], bool)
    worse = chain.rows[1:][(~chain.better & kept)[1:]]
    if not len(worse):
        return None
    lines = listed([str(ledger.lines[i]) for i in worse], 6)
    return _finding(
        "C11", Severity.WARNING, ledger, {"kept without a gain": len(worse)},
        f"{plural(len(worse), 'kept run')} did not improve {ledger.metric} over an earlier kept "
        f"run: line {lines}. Either they were kept for another reason, or the metric changed "
        "its meaning. Compare only runs that were measured alike.",
    )  # fmt: skip


def _same(ledger: Ledger) -> Finding | None:
    """Many runs with one value to the last digit."""
    values = ledger.values[np.isfinite(ledger.values)]
    if not len(values):
        return None
    distinct, counts = np.unique(values, return_counts=True)
    most = int(counts.max())
    if most < max(SAME, SHARE * len(values)):
        return None
    value = float(distinct[np.argmax(counts)])
    return _finding(
        "B2", Severity.WARNING, ledger, {"runs": most, "value": value},
        f"{most} of {len(values)} runs have exactly the same {ledger.metric}, "
        f"{number(value)}: their changes did not reach it. Check that what was changed is "
        "read, and that the evaluation can show it.",
        Remedy(kind=RemedyKind.INSPECT, because="changes should not agree to the last digit"),
    )  # fmt: skip
