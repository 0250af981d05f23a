"""Verdicts of C10: which nulls fall, over the whole table, and what may be fixed (C10)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from tunebook.checks.importance.result import (
    HyperparameterReading,
    PairReading,
    StudyReading,
    Verdict,
)
from tunebook.checks.importance.sensitivity_indices import Share
from tunebook.checks.importance.subsets import (
    LEAST_TOGETHER,
    LITTLE,
    LITTLE_NEAR,
    PAIRS,
    Pair,
    StudyViews,
)
from tunebook.checks.importance.surface import (
    ResponseSurface,
    can_be_drawn,
    drawn_trials,
    read_surface,
)
from tunebook.domain.design import Role
from tunebook.domain.finding import Interval, subject_name
from tunebook.domain.formats.numbers import round_to
from tunebook.domain.space import Choice, Integer, Scale
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Value
from tunebook.statistics.estimators import good_region, holm

if TYPE_CHECKING:
    from jaxtyping import Bool

Named = tuple[str, ...]
"""A study, and one hyperparameter of it, or two."""

UNKNOWN = Interval(math.nan, 0.0, 1.0)


def _fallen(p_values: Mapping[Named, float], level: float) -> set[Named]:
    falls = holm(np.array(list(p_values.values())), level)
    return {name for name, fell in zip(p_values, falls, strict=True) if fell}


def told(studies: Sequence[StudyViews], view: str, level: float) -> set[Named]:
    views = {s.key: getattr(s, view) for s in studies}
    found: dict[Named, float] = {
        (k, h): p for k, v in views.items() if v is not None for h, p in v.p_value.items()
    }
    return _fallen(found, level)


def read_pairs(study: StudyViews) -> tuple[PairReading, ...]:
    """Every pair, in the trials that show it better: the complete ones, or all.

    Two looks where some trials failed, so the smaller p-value counts twice.
    """
    views = [v for v in (study.complete, study.whole) if v is not None]
    if len(views) == 2 and views[0] is views[1]:
        views = views[:1]
    found = []
    for a, b in {pair: None for v in views for pair in v.pairs}:
        seen = [v for v in views if (a, b) in v.pairs]
        view = min(seen, key=lambda v: v.pair_p_value[a, b])
        found.append(
            PairReading(
                a=a,
                b=b,
                share=_interval(view.pairs[a, b]),
                among_complete=view is study.complete,
                p_value=min(len(views) * view.pair_p_value[a, b], 1.0),
                told=False,
                least=view.pairs[a, b].fitted_low,
            )
        )
    return tuple(found)


def tell_pairs(
    studies: Sequence[StudyViews],
) -> dict[str, tuple[PairReading, ...]]:
    """The pairs of every study, told over the whole table, those told first, strongest first."""
    read = {s.key: read_pairs(s) for s in studies}
    p_values: dict[Named, float] = {
        (k, p.a, p.b): p.p_value for k, pairs in read.items() for p in pairs
    }
    fallen = _fallen(p_values, PAIRS)

    def judged(key: str, pair: PairReading) -> PairReading:
        large = pair.share.estimate >= LEAST_TOGETHER and pair.least > 0
        if not large or (key, pair.a, pair.b) not in fallen:
            return pair
        # The test is of the fitted products, and so is the low end beside it.
        return replace(pair, told=True, share=replace(pair.share, low=pair.least))

    return {
        key: tuple(
            sorted((judged(key, p) for p in pairs), key=lambda p: (not p.told, -p.share.estimate))
        )
        for key, pairs in read.items()
    }


def judge(
    table: TrialTable,
    study: StudyViews,
    matters: set[Named],
    near: set[Named],
    pairs: Sequence[PairReading],
) -> StudyReading:
    branch = table.branches[study.key]
    together = {h for p in pairs if p.told for h in (p.a, p.b)}
    known = {h for h in study.axes if (study.key, h) in matters | near} | together
    best, whole, readings = good_region(study.losses), study.whole, []
    for h in study.axes if whole is not None else ():
        reading = _hyperparameter(study, h, subject_name(h, branch.conditions), h in known)
        fixable = table.roles.get(h) is not Role.SCIENTIFIC and not table.adaptive
        if reading.verdict is Verdict.LITTLE and known and fixable:
            reading = replace(reading, fixed_at=_central(study, h, best))
        readings.append(reading)
    parts = [*whole.first.values(), *whole.pairs.values()] if whole is not None else []
    return StudyReading(
        study=study.key,
        trials=len(study.losses),
        infeasible=int(np.isnan(study.losses).sum()),
        better=study.better.trials if study.better is not None else 0,
        ended=study.ended,
        configurations=study.configurations,
        needs=study.needs if whole is None else 0,
        hyperparameters=tuple(readings),
        pairs=tuple(pairs),
        unexplained=max(0.0, 1 - sum(p.estimate for p in parts)),
        surface=_surface(study, readings, pairs, best),
        best=tuple(n for n, b in zip(study.names, best, strict=True) if b),
    )


def _hyperparameter(study: StudyViews, h: str, subject: str, known: bool) -> HyperparameterReading:
    whole, complete, better = study.whole, study.complete, study.better
    assert whole is not None  # else nothing is judged
    paired = len(whole.first) == 1 or any(h in p for p in whole.pairs)
    upper = whole.total[h].upper if h in whole.total else 1.0
    near = better.total[h].upper if better and h in better.total else 1.0
    verdict = Verdict.OPEN
    if known:
        verdict = Verdict.MATTERS
    elif h in study.why:
        verdict = Verdict.UNSEEN
    elif h in whole.first and paired and upper < LITTLE and near < LITTLE_NEAR:
        verdict = Verdict.LITTLE
    return HyperparameterReading(
        hyperparameter=h,
        subject=subject,
        axis=study.axes[h],
        verdict=verdict,
        first=_share(whole.first, h) or UNKNOWN,
        total=_share(whole.total, h) or UNKNOWN,
        complete_first=_share(complete.first, h) or UNKNOWN if complete else UNKNOWN,
        complete_total=_share(complete.total, h) or UNKNOWN if complete else UNKNOWN,
        better_total=_share(better.total, h) if better else None,
        upper=(upper, near),
        p_value=whole.p_value.get(h, 1.0),
        why=study.why.get(h, ""),
    )


def _share(shares: Mapping[str, Share], h: str) -> Interval | None:
    return _interval(shares[h]) if h in shares else None


def _interval(share: Share) -> Interval:
    return Interval(share.estimate, share.low, share.high)


def _central(study: StudyViews, h: str, best: Bool[np.ndarray, "trials"]) -> Value:
    """The middle of the best trials on a hyperparameter's scale; the commonest value of a choice.

    As people write numbers: to two digits on its scale.
    """
    axis, good = study.axes[h], study.places[h][best]
    if isinstance(axis, Choice):
        numbers, counts = np.unique(good, return_counts=True)
        return axis.values[int(numbers[np.argmax(counts)])]
    value = axis.from_unit(float(np.median(good)))
    if isinstance(axis, Integer):
        return value
    if axis.scale is Scale.NEAR_ONE:
        value = 1 - round_to(1 - value)
    elif axis.scale is Scale.LOG:
        value = round_to(value)
    else:
        grain = 10.0 ** (math.floor(math.log10(axis.high - axis.low)) - 1)
        value = round(value / grain) * grain
    return min(max(round_to(value, 10), axis.low), axis.high)


def _surface(
    study: StudyViews,
    readings: Sequence[HyperparameterReading],
    pairs: Sequence[PairReading],
    best: Bool[np.ndarray, "trials"],
) -> ResponseSurface | None:
    whole = study.whole
    if whole is None:
        return None
    drawn = [h for h in whole.first if can_be_drawn(study.axes[h])]
    if len(drawn) < 2:
        return None
    pair = _pair_to_draw(readings, pairs, drawn)
    rows = drawn_trials(study.losses, best)
    return read_surface(
        whole,
        study.axes,
        pair,
        {
            "trials": tuple(study.names[i] for i in rows),
            "a_values": tuple(study.raw[pair[0]][i] for i in rows),
            "b_values": tuple(study.raw[pair[1]][i] for i in rows),
            "values": study.values[rows],
            "infeasible": np.isnan(study.losses[rows]),
            "best": best[rows],
            "left_out": len(study.losses) - len(rows),
        },
    )


def _pair_to_draw(
    readings: Sequence[HyperparameterReading],
    pairs: Sequence[PairReading],
    drawn: Sequence[str],
) -> Pair:
    """The strongest interaction that was told; else the two that matter most."""
    own = [(p.a, p.b) for p in pairs if p.told and {p.a, p.b} <= set(drawn)]
    if own:
        return own[0]
    order = sorted(readings, key=lambda r: -r.total.estimate)
    first, second = [r.hyperparameter for r in order if r.hyperparameter in drawn][:2]
    return first, second
