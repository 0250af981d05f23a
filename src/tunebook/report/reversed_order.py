"""Where the search orders two values the other way round than their reruns do (C9 D3)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from tunebook.domain.decision import Decision, Estimand, Side
from tunebook.domain.design import Objective
from tunebook.domain.finding import Examination, PairwiseDifference
from tunebook.domain.space import spell
from tunebook.domain.trial import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class _Order:
    """Two sides as their reruns order them, and whether significantly."""

    better: str
    worse: str
    significant: bool


def reversed_order(
    decision: Decision, examination: Examination, objective: Objective
) -> tuple[str, ...]:
    """A sentence for each pair of values that search and reruns order differently.

    A value is that of a candidate, or, where no candidate has it, the baseline's.

    Args:
        decision: with the candidates compared by their reruns, and each with the baseline.
        examination: of the search, with C9's pairs of values.
        objective: which way is better.
    """
    orders = {frozenset((o.better, o.worse)): o for o in _of_reruns(decision)}
    said = []
    for name, pair in _searched(examination):
        a, b = _side(decision, name, pair.a), _side(decision, name, pair.b)
        better, worse = (a, b) if objective.sign * pair.difference < 0 else (b, a)
        found = orders.get(frozenset((better, worse)))
        if pair.difference and found is not None and found.better == worse:
            first, second = _called(decision, better, name), _called(decision, worse, name)
            said.append(_sentence(first, second, found))
    return tuple(said)


def _of_reruns(decision: Decision) -> Iterable[_Order]:
    """Every pair that was compared: two candidates, or a candidate and the baseline."""
    for pair in decision.comparisons:
        yield _Order(better=pair.a, worse=pair.b, significant=pair.significant)
    even = 0.5 if decision.estimand is Estimand.BEATS else 0.0
    baseline = _baseline(decision)
    for side in decision.sides if baseline is not None else ():
        gain = side.gain
        if gain is None or not math.isfinite(gain.estimate) or gain.estimate == even:
            continue
        names = (side.name, "baseline") if gain.estimate > even else ("baseline", side.name)
        clear = not gain.low <= even <= gain.high
        yield _Order(better=names[0], worse=names[1], significant=clear)


def _baseline(decision: Decision) -> Side | None:
    return next((s for s in decision.sides if s.name == "baseline"), None)


def _side(decision: Decision, name: str, value: Value) -> str:
    """The name of the candidate with this value; the baseline's where it alone has the value."""
    wanted, baseline = f"{name}={spell(value)}", _baseline(decision)
    has_it = baseline is not None and baseline.config.get(name) == value
    return "baseline" if has_it and wanted not in {s.name for s in decision.sides} else wanted


def _called(decision: Decision, side: str, name: str) -> str:
    baseline = _baseline(decision)
    if side != "baseline" or baseline is None:
        return side
    return f"the baseline ({name}={spell(baseline.config[name])})"


def _searched(examination: Examination) -> Iterable[tuple[str, PairwiseDifference]]:
    """Pairs that C9 compared, with the name of the hyperparameter."""
    for finding in examination.findings:
        pairs = finding.numbers.get("pairs")
        if finding.check == "C9" and isinstance(pairs, tuple):
            yield from ((finding.subject, p) for p in pairs)


def _sentence(better: str, worse: str, found: _Order) -> str:
    sure = "" if found.significant else ", without a significant difference"
    return (
        f"This order is the reverse of the reruns': here {better} is ahead, there {worse} "
        f"is{sure}."
    )
