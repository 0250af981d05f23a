"""The candidates of a decision compared with each other, in sentences (D1)."""

from __future__ import annotations

from collections.abc import Sequence

from tunebook.domain.decision import Comparison, Estimand
from tunebook.domain.finding import Interval
from tunebook.domain.formats.numbers import digits, in_words, percent, percent_range, range_text

MOST_NAMED = 4
"""Candidates that a sentence names."""


def compared_text(
    names: Sequence[str], pairs: Sequence[Comparison], metric: str, estimand: Estimand
) -> str:
    """What new seeds say of the candidates themselves; empty with fewer than two.

    Args:
        names: of all candidates.
        pairs: that could be compared.
        metric: of the objective.
        estimand: of the decision.
    """
    if len(names) < 2:
        return ""
    if not pairs:
        return (
            f"The reruns of {in_words(names, most=MOST_NAMED)} can't be compared with each other."
        )
    if len(names) == 2:
        return _pair(pairs[0], metric, estimand)
    told = [p for p in pairs if p.significant]
    if not told:
        widest = max(pairs, key=lambda p: p.difference.estimate)
        return (
            f"No significant difference among {len(names)} candidates in {metric}: the largest is "
            f"{widest.a} over {widest.b}, {_size(widest, estimand)}."
        )
    best = max(names, key=lambda n: sum(p.a == n for p in pairs))
    worse = [p.b for p in told if p.a == best]
    open_ = [n for n in names if n != best and n not in worse]
    rest = f"; no significant difference from {in_words(open_, most=MOST_NAMED)}" if open_ else ""
    if not worse:
        first = max(told, key=lambda p: p.difference.estimate)
        return (
            f"{first.a} is better than {first.b} in {metric} ({_size(first, estimand)}); "
            f"{len(told)} of {len(pairs)} pairs differ significantly."
        )
    nearest = min((p for p in told if p.a == best), key=lambda p: p.difference.estimate)
    return (
        f"{best} is better than {in_words(worse, most=MOST_NAMED)} in {metric}, by "
        f"{_size(nearest, estimand)} or more{rest}."
    )


def _pair(pair: Comparison, metric: str, estimand: Estimand) -> str:
    seeds = f"{pair.reruns} new seeds each"
    if estimand is Estimand.BEATS:
        size = f"{percent(pair.difference.estimate)} of pairs of new seeds"
        ends = f"95 % CI {_percent(pair.difference)}, {pair.reruns} each"
        if pair.significant:
            return f"{pair.a} beats {pair.b} in {metric} in {size} ({ends})."
        return (
            f"No significant difference between {pair.a} and {pair.b} in {metric}: the former "
            f"wins in {size} ({ends})."
        )
    ends = f"{_ci(pair.difference)}, {seeds}"
    if pair.significant:
        return f"{pair.a} is better than {pair.b} by {_text(pair)} in {metric} ({ends})."
    return (
        f"No significant difference between {pair.a} and {pair.b} in {metric}: {_text(pair)} in "
        f"favor of {pair.a} ({ends})."
    )


def _size(pair: Comparison, estimand: Estimand) -> str:
    if estimand is Estimand.BEATS:
        return (
            f"{percent(pair.difference.estimate)} of pairs of new seeds (95 % CI "
            f"{_percent(pair.difference)})"
        )
    return f"{_text(pair)} ({_ci(pair.difference)})"


def _text(pair: Comparison) -> str:
    return digits(pair.difference.estimate)


def _ci(interval: Interval) -> str:
    return f"95 % CI {range_text(interval.low, interval.high)}"


def _percent(interval: Interval) -> str:
    return percent_range(interval.low, interval.high)
