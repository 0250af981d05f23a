"""The sides of a decision as its record keeps them, and its pairs of candidates (D1 D3)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from tunebook.book.decisions.fresh_reruns import ended, evidence_of
from tunebook.deciding.candidate_pairs import compare, pairs_of
from tunebook.deciding.comparison import Judgement, losses_against_chance
from tunebook.deciding.rerun_evidence import Question, Reading
from tunebook.domain.decision import BASELINE, Comparison, Estimand, Side
from tunebook.domain.trial import TrialRecord
from tunebook.store import Store


def sides_of(
    trials: Sequence[TrialRecord],
    sides: Sequence[Side],
    readings: Mapping[str, Reading],
    judged: Judgement,
    asked: Question,
) -> tuple[Side, ...]:
    """Every side with its reruns, mean and gain; candidates first, the baseline last."""
    reruns = {name: r.side.reruns for name, r in readings.items()}
    compared = dict(reruns)
    reruns[BASELINE] = max(reruns.values())
    return tuple(
        replace(
            side,
            reruns=tuple(t.name for t in ended(trials, side)[: reruns[side.name]]),
            mean=judged.mean[side.name],
            gain=judged.gain.get(side.name),
            difference=_difference(side.name, judged, readings, asked),
            compared=compared.get(side.name, 0),
            last=_last(readings.get(side.name), judged),
            unused=_unused(readings.get(side.name)),
        )
        for side in sides
    )


def _difference(
    name: str, judged: Judgement, readings: Mapping[str, Reading], asked: Question
) -> float | None:
    """Of the side's mean from what it has to beat; None where there is no such number.

    From chance it is the mean at the last evaluation, as the gain is.
    """
    if name not in judged.gain or asked.estimand is Estimand.BEATS:
        return None
    sign = asked.objective.sign
    if BASELINE in judged.mean:
        found = sign * (judged.mean[BASELINE].estimate - judged.mean[name].estimate)
    elif asked.chance is None:
        return None
    else:
        losses = losses_against_chance(readings[name].side, asked)
        known = losses[np.isfinite(losses)]
        found = sign * asked.chance - float(known.mean()) if len(known) else math.nan
    return found if math.isfinite(found) else None


def _last(reading: Reading | None, judged: Judgement) -> float | None:
    """The mean at the last evaluation where that is what was compared with chance."""
    if reading is None or BASELINE in judged.mean or not reading.side.last:
        return None
    return float(np.mean(reading.side.last))


def _unused(reading: Reading | None) -> int:
    return reading.left if reading is not None and reading.ended_early else 0


def comparisons(
    store: Store,
    number: int,
    sides: Sequence[Side],
    readings: Mapping[str, Reading],
    asked: Question,
) -> tuple[Comparison, ...]:
    """Every pair of candidates by the reruns that both have; a pair without evidence is left out.

    Args:
        store, number: of the round.
        sides: of the decision.
        readings: of each candidate, at the look that ended its reruns.
        asked: objective, estimand and pairing of the decision.
    """
    chosen = pairs_of([s.name for s in sides if s.name in readings])
    fewer = {pair: min(readings[name].side.reruns for name in pair) for pair in chosen}
    evidence = {
        n: evidence_of(store, number, [s for s in sides if s.name in readings], n)
        for n in set(fewer.values())
    }
    found = []
    for a, b in chosen:
        own = evidence[fewer[a, b]]
        found.append(compare(own[a], own[b], asked, pairs=len(chosen)))
    return tuple(c for c in found if c is not None)
