"""Optimizers: the verdict in words (G1 G2)."""

from __future__ import annotations

from collections.abc import Sequence

from tunebook.domain.formats.numbers import interval_text, plural
from tunebook.procedures.optimizers.arguments import OptimizersArguments
from tunebook.procedures.optimizers.results import OptimizersReading
from tunebook.procedures.optimizers.several_searches import SearchVerdict

TIMES = 10
"""As many seeds again as anyone would run: of more, no number is named."""
MANY = 4
"""Optimizers that a sentence names; of more it says how many."""


def told_worse(found: OptimizersReading, verdict: SearchVerdict, one: str) -> list[str]:
    """Those that it is told to be better than, by their means; flagged ones are left out."""
    flagged = {loser for loser, winner, _ in found.flagged if winner == one}
    return [n for n in verdict.order if (one, n) in verdict.better and n not in flagged]


def verdict_sentence(
    args: OptimizersArguments,
    found: OptimizersReading,
    verdict: SearchVerdict,
    metric: str,
    sign: int,
) -> str:
    """Which is best, or why that is not said."""
    first = verdict.order[0]
    flagged = [loser for loser, winner, _ in found.flagged if winner == first]
    worse = told_worse(found, verdict, first)
    open_ = [n for n in verdict.order[1:] if (first, n) not in verdict.better]
    seeds = plural(args.seeds, "new seed")
    after = f"after {plural(args.trials, 'trial')} of each"
    mean = f"{interval_text(verdict.mean[first])} in {metric}"
    if open_:
        said = _open(args, verdict, open_, mean, after, sign)
        said += f" {first} is better than {named(worse)}." if worse else ""
    elif worse:
        by = interval_text(verdict.by(first, worse[0], sign))
        rest = " and than all others" if len(worse) > 1 else ""
        said = f"{first} trains best here {after}: {mean} over {seeds}, better than {worse[0]} by "
        said += f"{by}{rest}."
    else:
        said = f"{first} has the best mean, {mean} over {seeds}, {after}."
    said += _others(found, verdict)
    if flagged:
        said += f" Whether it is better than {named(flagged)} is not said: {named(flagged)} lost "
        said += "to it and can imitate it, so a space or a budget is wrong."
    return said


def _open(
    args: OptimizersArguments,
    verdict: SearchVerdict,
    open_: Sequence[str],
    mean: str,
    after: str,
    sign: int,
) -> str:
    """What keeps the first from being the best, and what would settle it."""
    first = verdict.order[0]
    found = [n for n in open_ if (first, n) in verdict.by_seeds_alone]
    alike = [n for n in open_ if n not in found]
    seeds = f"{plural(args.seeds, 'new seed')} each"
    said = f"Not enough evidence which is best {after}; the best mean is that of {first}, {mean}."
    if alike:
        said += f" {named([first, *alike])} do not differ significantly by {seeds}."
        within = verdict.more and verdict.more <= TIMES * args.seeds
        if within and alike[0] == verdict.order[1]:
            said += f" If {alike[0]} differs by what was seen, about {verdict.more} more seeds of "
            said += "each would tell."
    if found:
        by = interval_text(verdict.by(first, found[0], sign))
        rest = f", and than for {named(found[1:])}" if found[1:] else ""
        said += f" What was found for {first} is better than for {found[0]} by {by}{rest}, but as "
        said += "much may be the luck of a search: more trials of each would tell."
    return said


def _others(found: OptimizersReading, verdict: SearchVerdict) -> str:
    """What is told of those behind the first."""
    told = {n: told_worse(found, verdict, n) for n in verdict.order[1:]}
    shown = [f"{n} is better than {named(worse)}" for n, worse in told.items() if worse]
    return f" Of the others, {', '.join(shown[:MANY])}." if shown else ""


def named(names: Sequence[str]) -> str:
    """`a, b and c`; of many, how many."""
    names = list(names)
    if len(names) > MANY:
        return f"{', '.join(names[: MANY - 1])} and {len(names) - MANY + 1} others"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1]))) if names else "none"
