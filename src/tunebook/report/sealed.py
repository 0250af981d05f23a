"""Test metrics as a report tells them: looks, what they showed, what they contaminated (D7)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from tunebook.domain.curves import Curves, reduce_curve
from tunebook.domain.design import Objective, Reduce
from tunebook.domain.formats.numbers import date_text, number, plural
from tunebook.domain.record import BookRecord
from tunebook.domain.sealing import contaminated_by, sealed_in
from tunebook.domain.table import TrialTable
from tunebook.domain.trial import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedResult:
    """A test metric over the fresh seeds of one configuration.

    Attributes:
        metric: its name.
        round: number of the round; side: what was rerun, `optimizer=adam` or `baseline`.
        runs: complete reruns that reported it; infeasible: reruns that did not complete.
        mean, deviation: over the runs; the deviation is NaN under two of them.
    """

    metric: str
    round: int
    side: str
    runs: int
    infeasible: int
    mean: float
    deviation: float

    def text(self) -> str:
        """`test/error 0.0213, standard deviation 0.001 over 6 seeds`."""
        spread = (
            "" if math.isnan(self.deviation) else f", standard deviation {number(self.deviation)}"
        )
        lost = f"; {plural(self.infeasible, 'rerun')} infeasible" if self.infeasible else ""
        return f"{self.metric} {number(self.mean)}{spread} over {plural(self.runs, 'seed')}{lost}"


def opened_results(record: BookRecord) -> tuple[OpenedResult, ...]:
    """What looks have opened: each test metric over each configuration's fresh seeds.

    A trial counts with the value at the step that the objective chooses, so that the test set
    chooses nothing. What is still sealed is no part of the record, and so not of this.
    """
    found = []
    for metric in dict.fromkeys(seal.metric for seal in record.seals):
        for one in record.rounds:
            table = one.reruns
            if metric not in table.curves:
                continue
            for side in dict.fromkeys(table.rerun_of):
                own = table.take(np.array([arm == side for arm in table.rerun_of], dtype=bool))
                values = [v for v in _values(own, metric) if not math.isnan(v)]
                if values:
                    found.append(
                        OpenedResult(
                            metric=metric,
                            round=one.number,
                            side=side,
                            runs=len(values),
                            infeasible=sum(s is Status.INFEASIBLE for s in own.status),
                            mean=float(np.mean(values)),
                            deviation=float(np.std(values, ddof=1))
                            if len(values) > 1
                            else math.nan,
                        )
                    )
    return tuple(found)


def _values(table: TrialTable, metric: str) -> list[float]:
    chosen, asked = table.curves.get(table.objective.metric), table.curves[metric]
    return [
        _at_choice(chosen, asked, i, table.objective) if status is Status.COMPLETE else math.nan
        for i, status in enumerate(table.status)
    ]


def _at_choice(chosen: Curves | None, asked: Curves, i: int, objective: Objective) -> float:
    """The metric where the objective is best; its last value where that step has none."""
    steps, values = (np.asarray(x) for x in asked.of(i))
    if not len(values):
        return math.nan
    if objective.reduce is Reduce.BEST and chosen is not None:
        own_steps, own = (np.asarray(x) for x in chosen.of(i))
        if np.isfinite(own).any():
            at = own_steps[
                int(np.nanargmin(np.where(np.isfinite(own), objective.sign * own, np.nan)))
            ]
            there = values[steps == at]
            return float(there[-1] if len(there) else values[-1])
    if objective.reduce is Reduce.MEAN_LAST:
        return float(reduce_curve(values, objective))
    return float(values[-1])


def sealing_lines(record: BookRecord) -> tuple[tuple[str, str], ...]:
    """(metric, what is known of its seal), then every look with its date."""
    lines = []
    for seal in record.seals:
        looks = [look for look in record.looks if look.metric == seal.metric]
        still = [
            r.number
            for r in record.rounds
            if seal.metric in sealed_in(r.number, record.seals, record.looks)
        ]
        late = (
            f"; {plural(seal.rounds, 'round')} had run before, in the open" if seal.rounds else ""
        )
        rounds = ", ".join(map(str, still))
        state = f"sealed in round {rounds}" if still else "open in every round so far"
        looked = plural(len(looks), "look") if looks else "never looked at"
        lines.append(
            (seal.metric, f"{looked}; {state}; sealed on {date_text(seal.sealed_at)}{late}")
        )
        lines += [
            (f"Look {x.number}", look_text(x.metric, x.who, x.why, x.looked_at)) for x in looks
        ]
    return tuple(lines)


def look_text(metric: str, who: str, why: str, at: float) -> str:
    """`test/error on 2025-11-24 09:20 UTC by ada: for the paper`."""
    return f"{metric} on {date_text(at)} by {who or 'someone unnamed'}: {why}"


def contamination(record: BookRecord) -> tuple[str, ...]:
    """Rounds planned and decisions taken after a look: the test set may have chosen them."""
    planned = [
        f"Round {one.number} was planned after look {look.number} at {look.metric} "
        f"({date_text(look.looked_at)}): what it asks may have been chosen by the test set, so "
        "its test results are contaminated."
        for one in record.rounds
        for look in contaminated_by(one.number, record.looks)
    ]
    taken = [
        f"Decision {decision.number} was taken after look {look.number} at {look.metric} "
        f"({date_text(look.looked_at)}), which showed its round: it is contaminated if the look "
        "had a part in it."
        for decision in record.decisions
        for look in record.looks
        if look.looked_at <= decision.decided_at and decision.round <= look.rounds
    ]
    return (*planned, *taken)
