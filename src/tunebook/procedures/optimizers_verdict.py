"""Optimizers: the verdict on fresh seeds in words (G1 G2)."""

from __future__ import annotations

from tunebook.analysis.fresh_verdict import FreshVerdict
from tunebook.procedures.optimizers_asked import OptimizersAsked
from tunebook.procedures.optimizers_reading import OptimizersReading
from tunebook.report.wording import interval_text, plural
from tunebook.words.finding import Interval

MANY = 4
"""Optimizers that a sentence names; of more it says how many."""


def better_by(verdict: FreshVerdict, one: str, other: str, sign: int) -> Interval:
    """By how much `one` is better than `other`, positive where it is."""
    pair = verdict.pair(one, other)
    towards = -sign if pair.a == one else sign
    low, high = sorted((towards * pair.low, towards * pair.high))
    return Interval(towards * pair.difference, low, high)


def told_worse(found: OptimizersReading, verdict: FreshVerdict, one: str) -> list[str]:
    """Those that it is told to be better than, by their means; flagged ones are left out."""
    told = {b for a, b in verdict.ranking.told_apart if a == one}
    flagged = {loser for loser, winner, _ in found.flagged if winner == one}
    return [n for n in verdict.order if n in told - flagged]


def verdict_sentence(
    asked: OptimizersAsked, found: OptimizersReading, verdict: FreshVerdict, metric: str, sign: int
) -> str:
    """Which is best, or why that is not said."""
    first, second = verdict.order[:2]
    flagged = [loser for loser, winner, _ in found.flagged if winner == first]
    apart = {b for a, b in verdict.ranking.told_apart if a == first}
    tied = [n for n in verdict.order[1:] if n not in apart]
    worse = told_worse(found, verdict, first)
    seeds = plural(asked.seeds, "fresh seed")
    after = f"after {plural(asked.trials, 'trial')} of each"
    mean = f"{interval_text(verdict.mean[first])} in {metric}"
    if not verdict.ranking.told_apart:
        text = (
            f"Not enough evidence: no two of {named(verdict.order)} are told apart by {seeds} "
            f"each, {after}. The best mean is that of {first}, {mean}."
        )
    elif tied:
        text = (
            f"Not enough evidence which is best {after}: {named([first, *tied])} are not told "
            f"apart by {seeds} each (best mean: {first}, {mean})."
        )
        text += f" {first} is better than {named(worse)}." if worse else ""
    elif not worse:
        text = f"{first} has the best mean, {mean} over {seeds}, {after}."
    else:
        by = interval_text(better_by(verdict, first, worse[0], sign))
        rest = " and than all others" if len(worse) > 1 else ""
        text = (
            f"{first} trains best here {after}: {mean} over {seeds}, better than {worse[0]} by "
            f"{by}{rest}."
        )
    if flagged:
        text += (
            f" Whether it is better than {named(flagged)} is not said: {named(flagged)} lost to "
            "it and can imitate it, so a space or a budget is wrong."
        )
    if tied and verdict.more:
        text += (
            f" If {second} differs by what was seen, about {verdict.more} more seeds of each "
            "would tell."
        )
    return text


def named(names: list[str] | tuple[str, ...]) -> str:
    """`a, b and c`; of many, how many."""
    if len(names) > MANY:
        return f"{', '.join(names[: MANY - 1])} and {len(names) - MANY + 1} others"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else "none"
