"""What C1 says of a study: where its range is cut off, where not, and what is not known (C1)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from tunebook.checks.boundaries.result import NEAR, SIGN, AxisReading, SideReading
from tunebook.domain.finding import (
    Finding,
    Number,
    Remedy,
    RemedyKind,
    Severity,
    subject_name,
)
from tunebook.domain.formats.numbers import digits, in_words
from tunebook.domain.roles import fix_instead, is_batch_size, is_length
from tunebook.domain.space import Axis, Branch, Float, Integer, spell
from tunebook.domain.trial import Value
from tunebook.statistics.curves.lengths import half_again
from tunebook.statistics.estimators import proportion
from tunebook.statistics.response.columns import MOST_AXES

SHOWN = 0.05
"""A p-value below it is not shown beside "not enough evidence"."""
NAMED = 3
"""Hyperparameters that a sentence lists by name; of more, only their number."""


def cut_off(reading: AxisReading, branch: Branch, metric: str) -> Finding:
    """A side at which the objective still improves."""
    side = min((s for s in reading.sides if s.alarm), key=lambda s: s.p_value)
    assert isinstance(reading.axis, Float | Integer)
    near = _near(reading, side)
    k, n = int((near & reading.best).sum()), int(reading.best.sum())
    bound = spell(_bound(reading, side))
    remedy = _remedy(
        reading, side, branch, f"{metric} still improves towards its {side.side} end, {bound}."
    )
    what = f"{k} of the best {n} trials are in the quarter of the range next to it"
    if is_length(reading.hyperparameter):
        way = "longer" if side.side == "high" else "shorter"
        what += f". A training length is not widened: fix a {way} one for all trials (B9)"
    elif remedy is None:
        what += "; it cannot be widened further"
    return Finding(
        check="C1",
        severity=Severity.WARNING,
        subject=reading.subject,
        numbers={
            "side": side.side,
            "p_value": side.p_value,
            "share_of_best_near_edge": proportion(k, n),
        },
        sentence=f"The search space is cut off: {metric} still improves towards the {side.side} "
        f"end of {reading.subject}, {bound}. {what}.",
        remedy=remedy,
        trials=tuple(t for t, b in zip(reading.trials, reading.best & near, strict=True) if b),
        study=reading.study,
    )


def evidence_needed(wanted: int, fewest: int) -> str:
    """What C1 needs before it can say anything: the same number as in its notes."""
    return (
        f"a study that varies a range, with {wanted} complete trials ({fewest} where an end is "
        "clear-cut)"
    )


def not_cut_off(reading: AxisReading, metric: str) -> Finding:
    """Neither side would gain from a wider range, where a gain would have been seen."""
    return Finding(
        check="C1",
        severity=Severity.PASS,
        subject=reading.subject,
        numbers={f"p_value_{s.side}": s.p_value for s in reading.sides},
        sentence=f"Neither end of {reading.subject} ({_range(reading.axis)}) can be widened."
        if not reading.open_sides
        else f"No sign that {metric} would improve beyond {_ends(reading)} of "
        f"{reading.subject} ({_range(reading.axis)}){_final_end(reading)}.",
        study=reading.study,
    )


def failing_end(reading: AxisReading) -> Finding:
    """An end next to which most trials failed, and the file does not say why."""
    side = max((s for s in reading.sides if s.unexplained), key=lambda s: s.unexplained or (0, 0))
    failed, near = side.unexplained or (0, 0)
    return Finding(
        check="C1",
        severity=Severity.NOTE,
        subject=reading.subject,
        numbers={"side": side.side, "failed": failed, "trials_near_end": near},
        sentence=f"The {side.side} end of {reading.subject}, {spell(_bound(reading, side))}, was "
        f"not judged. {failed} of {near} trials next to it failed, and the file does not say why. "
        "Read their logs first.",
        study=reading.study,
        settled=False,
    )


def not_known(
    readings: Sequence[AxisReading],
    branch: Branch,
    metric: str,
    counts: tuple[int, int],
    wanted: int,
) -> Finding:
    """All hyperparameters of a study whose edges the trials leave open, in one note.

    Args:
        readings: of these hyperparameters.
        branch: of the study.
        metric: of the objective.
        counts: of trials that the response was fitted to, and of complete ones.
        wanted: complete trials from which an edge can be judged.
    """
    names = [r.hyperparameter for r in readings]
    listed = in_words(names)
    if len(names) > NAMED:
        listed = f"{len(names)} hyperparameters"
    where = f" with {branch.name}" if branch.name else ""
    trials, complete = counts
    found, shown = _shown(readings, metric, trials)
    of = "" if trials == complete else f" of {complete}, the others at chance or exploded"
    numbers: dict[str, Number] = {"trials": trials, "open": len(names), **found}
    searched = [n for n in names if not (is_length(n) or is_batch_size(n))]
    takes = _takes(metric, wanted, trials, where, sign=bool(found)) if searched else ""
    takes = " ".join(filter(None, (takes, fix_instead(names))))
    ranges = "range of {} is" if len(names) == 1 else "ranges of {} are"
    return Finding(
        check="C1",
        severity=Severity.NOTE,
        subject=readings[0].subject
        if len(names) == 1
        else subject_name("search space", branch.conditions),
        numbers=numbers,
        sentence=f"Not enough evidence ({trials} trials{of}) on whether the "
        f"{ranges.format(f'{listed}{where}')} wide enough.{shown} {takes}",
        study=readings[0].study,
        settled=False,
    )


def _takes(metric: str, wanted: int, trials: int, where: str, *, sign: bool) -> str:
    """What would judge an end: the trials that it needs, or a range that goes beyond it."""
    if trials < wanted:
        return (
            f"To judge an end takes {wanted} complete trials{where}: run {wanted - trials} more."
        )
    if sign:
        return "More trials, or a wider range, would show it."
    return (
        f"They do not show whether {metric} would improve beyond an end: run more trials, or try "
        "a wider range."
    )


def _shown(
    readings: Sequence[AxisReading], metric: str, trials: int
) -> tuple[dict[str, Number], str]:
    """The edge next to which most of the best trials are, where at least three are.

    Else the edge that looks better than the inside, where one does. Trials beyond the best
    `trials` are at chance or exploded.
    """
    most, best = 0, None
    for reading in readings:
        for side in reading.open_sides:
            run = min(_run_of_best(reading, side), trials)
            if run > most:
                most, best = run, (reading, side)
    if best is None or most < max(3, int(best[0].best.sum())):
        return _better(readings, metric)
    reading, side = best
    bound = spell(_bound(reading, side))
    numbers: dict[str, Number] = {
        "best_near_edge": most,
        "hyperparameter": reading.hyperparameter,
    }
    return numbers, (
        f" The best {most} trials all have {reading.subject} in the quarter of the range next to "
        f"its {side.side} end ({bound})."
    )


def _better(readings: Sequence[AxisReading], metric: str) -> tuple[dict[str, Number], str]:
    """The edge that is most likely better than the inside; nothing where none looks so."""
    sides = [(s.p_value, k, s) for k, r in enumerate(readings) for s in r.open_sides]
    p_value, k, side = min(sides, key=lambda x: x[:2])
    if p_value >= SIGN:
        return {}, ""
    reading = readings[k]
    # A small p-value of a fit that is not to be trusted would read as evidence.
    p = {"p_value": p_value} if p_value >= SHOWN else {}
    return (
        {"hyperparameter": reading.hyperparameter, **p},
        f" {metric} may still improve towards the {side.side} end of {reading.subject}, "
        f"{spell(_bound(reading, side))}{f' (p = {digits(p_value)})' if p else ''}.",
    )


def _run_of_best(reading: AxisReading, side: SideReading) -> int:
    """How many trials from the best on lie in the quarter next to an edge, one after another.

    None where the trials in that quarter are most of all.
    """
    near = _near(reading, side)
    losses = np.asarray(reading.objective_values, dtype=float) * reading.sign
    ended = np.isfinite(losses)
    if near[ended].mean() > 0.9:
        return 0
    order = np.argsort(np.where(ended, losses, np.inf), kind="stable")[: int(ended.sum())]
    away = np.flatnonzero(~near[order])
    return int(away[0]) if len(away) else len(order)


def _near(reading: AxisReading, side: SideReading) -> np.ndarray:
    return reading.units < NEAR if side.side == "low" else reading.units > 1 - NEAR


def _bound(reading: AxisReading, side: SideReading) -> float:
    assert isinstance(reading.axis, Float | Integer)
    return reading.axis.low if side.side == "low" else reading.axis.high


def not_judged(study: str, branch: Branch, left: int) -> Finding:
    """Hyperparameters beyond the number that is fitted."""
    return Finding(
        check="C1",
        severity=Severity.NOTE,
        subject=subject_name("search space", branch.conditions),
        numbers={"not_judged": left},
        sentence=f"The edges of {left} of {len(branch.axes)} hyperparameters were not judged: no "
        f"more than {MOST_AXES} are, those that explain most by themselves. Fix what does not "
        "matter, and the others will be.",
        study=study,
    )


def _remedy(
    reading: AxisReading, side: SideReading, branch: Branch, because: str
) -> Remedy | None:
    """A wider range; of a training length, which has none, the length to try as C6 has it."""
    axis = reading.axis
    assert isinstance(axis, Float | Integer)
    values: dict[str, Value] = {"low": axis.low, "high": axis.high, "scale": axis.scale.value}
    kind = RemedyKind.WIDEN
    if is_length(reading.hyperparameter):
        longer = side.side == "high"
        kind = RemedyKind.TRAIN_LONGER if longer else RemedyKind.TRAIN_SHORTER
        values = {reading.hyperparameter: half_again(axis.high)} if longer else {}
    elif side.proposed is None:
        return None
    else:
        values[side.side] = side.proposed
    return Remedy(
        kind=kind,
        subject=reading.hyperparameter,
        conditions=branch.conditions,
        values=values,
        because=because,
    )


def _ends(reading: AxisReading) -> str:
    """`either end`, or the one that could be widened."""
    if len(reading.open_sides) == 1:
        return f"the {reading.open_sides[0].side} end"
    return "either end"


def _final_end(reading: AxisReading) -> str:
    """That an end can't be widened, where that is so of one."""
    final = [s for s in reading.sides if s.final]
    if len(final) != 1:
        return ""
    return f". Its {final[0].side} end, {spell(_bound(reading, final[0]))}, can't be widened"


def _range(axis: Axis) -> str:
    assert isinstance(axis, Float | Integer)
    return f"{spell(axis.low)} to {spell(axis.high)}"
