"""When trials were evaluated: at regular steps, from early on, often enough? (I1)

Counted, not estimated: there is no chance in it. What is asked is what the playbook and the other
checks ask: regular steps; two evaluations in the first tenth of training, where instability shows
(H2); eight in all, below which no curve's end can be read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from tunebook.domain.curves import Curves
from tunebook.domain.finding import Finding, Remedy, RemedyKind, Severity
from tunebook.domain.table import TrialTable
from tunebook.statistics.curves.lengths import trained_lengths

if TYPE_CHECKING:
    from jaxtyping import Bool, Float, Int

OFF = 0.5
"""Of the usual distance between evaluations: one that differs by more is off."""
UNEVEN = 0.25
"""Share of a trial's distances that are off, the last apart, beyond which it is irregular. A
judgement: one more evaluation at the end of each epoch does no harm."""
EARLY = 0.1
FEWEST_EARLY = 2
FEWEST = 8
MOST = 0.5
"""Of the complete trials, more than which a fault is said."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evaluations:
    """When each complete trial was evaluated.

    Attributes:
        count: evaluations; apart: the usual distance in steps.
        unevenness: share of the distances that are far from the usual one.
        early: evaluations in the first tenth of training.
        length: steps of training.
    """

    count: Int[np.ndarray, "rows"]
    apart: Float[np.ndarray, "rows"]
    unevenness: Float[np.ndarray, "rows"]
    early: Int[np.ndarray, "rows"]
    length: Int[np.ndarray, "rows"]


def evaluations_of(
    curves: Curves, rows: Int[np.ndarray, "rows"], length: Int[np.ndarray, "rows"]
) -> Evaluations:
    """The evaluations of these trials, each with a curve, and the steps that it trained."""
    own = curves.take(rows)
    step, count, begin = own.steps, own.sizes, own.offsets[:-1]
    row = np.repeat(np.arange(len(rows)), count)
    last = step[begin + count - 1]
    early = np.bincount(row[step <= EARLY * length[row]], minlength=len(rows))
    # The last distance is what is left of training: it need not be whole.
    inner = (row[1:] == row[:-1]) & (np.arange(1, len(row)) != (begin + count - 1)[row[1:]])
    gap, of = np.diff(step)[inner], row[1:][inner]
    many = np.bincount(of, minlength=len(rows))
    middle = (np.cumsum(many) - many + many // 2)[many > 0]
    usual = np.full(len(rows), np.nan)
    usual[many > 0] = gap[np.lexsort((gap, of))][middle]
    off = np.abs(gap - usual[of]) > OFF * usual[of]
    unevenness = np.bincount(of[off], minlength=len(rows)) / np.maximum(many, 1)
    apart = np.where(many > 0, usual, (last - step[begin]) / np.maximum(count - 1, 1))
    return Evaluations(count=count, apart=apart, unevenness=unevenness, early=early, length=length)


def findings_on(table: TrialTable, rows: Int[np.ndarray, "rows"]) -> tuple[Finding, ...]:
    """One finding on when the objective was evaluated; none where it has no curve."""
    metric = table.objective.metric
    curves = table.curves.get(metric)
    if curves is None:
        return ()
    rows = rows[curves.sizes[rows] > 0]
    if not len(rows):
        return ()
    trained = trained_lengths(table, rows)
    seen = evaluations_of(curves, rows, trained.steps)
    short = ~_every_step(seen)
    faults = [
        (text, shows, shown)
        for text, shows, shown in (
            ("at irregular steps", "", seen.unevenness > UNEVEN),
            (
                f"fewer than {FEWEST_EARLY} times in the first tenth of training",
                "early instability",
                (seen.early < FEWEST_EARLY) & short,
            ),
            (f"fewer than {FEWEST} times", "how curves end", (seen.count < FEWEST) & short),
        )
        if shown.mean() > MOST
    ]
    every, times = max(1, int(np.median(seen.apart))), int(np.median(seen.count))
    if not faults:
        often = "once" if times == 1 else f"{times} times"
        sentence = f"{metric} is evaluated {often} a trial, {_every(every)}."
        return (_finding(table, seen, Severity.PASS, sentence, None, ()),)
    wanted = max(1, _rounded(min(every, float(np.median(seen.length)) / 20)))
    parts = [f"{int(s.sum())} of {len(rows)} trials are evaluated {text}" for text, _, s in faults]
    shows = " and ".join(shows for _, shows, _ in faults if shows)
    remedy = Remedy(
        kind=RemedyKind.INSPECT,
        values={"evaluate_every": wanted} if trained.as_planned else {},
        because="trials are evaluated " + " and ".join(text for text, *_ in faults),
    )
    names = tuple(table.name[i] for i in rows[np.logical_or.reduce([s for *_, s in faults])])
    sentence = (
        f"{'; '.join(parts)}. Evaluate {_every(wanted)}, to see "
        f"{shows or 'curves at comparable steps'}."
    )
    return (_finding(table, seen, Severity.NOTE, sentence, remedy, names),)


def _every_step(seen: Evaluations) -> Bool[np.ndarray, "rows"]:
    """Trials in which every step is evaluated: no evaluation is missing, however few they are."""
    return np.asarray((seen.apart <= 1) & (seen.unevenness == 0))


def _finding(
    table: TrialTable,
    seen: Evaluations,
    severity: Severity,
    sentence: str,
    remedy: Remedy | None,
    trials: tuple[str, ...],
) -> Finding:
    return Finding(
        check="I1",
        severity=severity,
        subject=table.objective.metric,
        numbers={
            "trials": len(seen.count),
            "evaluations": int(np.median(seen.count)),
            "steps_apart": int(np.median(seen.apart)),
            "irregular": int((seen.unevenness > UNEVEN).sum()),
            "rare_at_first": int(((seen.early < FEWEST_EARLY) & ~_every_step(seen)).sum()),
        },
        sentence=sentence,
        remedy=remedy,
        trials=trials,
    )


def _every(steps: int) -> str:
    return "every step" if steps == 1 else f"every {steps} steps"


def _rounded(steps: float) -> int:
    """To one digit, as people write a distance."""
    unit = 10 ** max(0, len(str(int(steps))) - 1)
    return int(steps // unit * unit)
