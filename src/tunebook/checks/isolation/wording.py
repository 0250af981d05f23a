"""What C9 says of a comparison, in sentences (C9)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from tunebook.domain.finding import PairwiseDifference
from tunebook.domain.formats.numbers import digits, range_text, round_to
from tunebook.domain.space import spell
from tunebook.statistics.fewest_trials import FEWEST
from tunebook.statistics.fresh_seeds import FreshSeeds, SeedGroups
from tunebook.statistics.response.resampling import trials_to_resolve
from tunebook.statistics.scientific_values import Group
from tunebook.statistics.value_pairs import MOST_VALUES

MOST_PAIRS = 3
"""Pairs that a sentence names; as many values."""


def comparison(
    name: str, groups: Sequence[Group], pairs: Sequence[PairwiseDifference], sign: int, metric: str
) -> str:
    """Which values differ at this budget, or how far the data are from telling."""
    known, told, widest = _strongest(pairs)
    against = " with the best" if len(groups) > MOST_VALUES else ""
    if told:
        return (
            f"With {name} tuned at this budget, {_differences(told, known, sign, metric)}{against}"
            f"{_estimated(groups, told[0], sign)}"
        )
    which = "the largest difference, " if len(known) > 1 else ""
    return (
        f"No significant difference between the values of {name}{against} at this budget ({which}"
        f"{_difference(widest, metric)}){_estimated(groups, widest, sign)}. "
        f"{_settling(groups, widest)}"
    )


def _strongest(
    pairs: Sequence[PairwiseDifference],
) -> tuple[list[PairwiseDifference], list[PairwiseDifference], PairwiseDifference]:
    """Pairs whose difference is known, those that are significant first, and the largest."""
    known = [p for p in pairs if math.isfinite(p.difference)]
    ordered = sorted(known, key=lambda p: -abs(p.difference))
    return known, [p for p in ordered if p.significant], ordered[0] if ordered else pairs[0]


def _estimated(groups: Sequence[Group], pair: PairwiseDifference, sign: int) -> str:
    """What gave the difference, and the bests seen where a fit has the reverse order."""
    a, b = (next(g for g in groups if g.label == label) for label in (pair.a, pair.b))
    if a.lone and b.lone:
        return ". The means over seeds show this"
    if not (a.fitted.known and b.fitted.known):
        return ". The best trials show this, with their spread over subsamples of the search"
    seen = [float(np.nanmin(g.table.losses)) for g in (a, b)]
    if (seen[0] - seen[1]) * sign * pair.difference >= 0:
        return ". A model fit to all trials estimates this"
    best = [
        f"{digits(sign * value, 4)} with {spell(g.label)}"
        for g, value in zip((a, b), seen, strict=True)
    ]
    return (
        ". A model fit to all trials estimates this; the single best trials differ the other way: "
        f"{best[0]}, {best[1]}"
    )


def over_fresh_seeds(
    name: str,
    fresh: Sequence[FreshSeeds],
    pairs: Sequence[PairwiseDifference],
    sign: int,
    metric: str,
) -> str:
    """The comparison of chosen configurations by seeds that did not choose them."""
    counts = sorted({f.trials for f in fresh})
    seeds = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    means = ", ".join(f"{spell(f.value)} {digits(f.mean.estimate, 4)}" for f in fresh[:MOST_PAIRS])
    more = f" and {len(fresh) - MOST_PAIRS} more" if len(fresh) > MOST_PAIRS else ""
    head = (
        f"Over the {seeds} seeds of each chosen configuration that did not choose it "
        f"(mean {metric}: {means}{more})"
    )
    known, told, widest = _strongest(pairs)
    if not known:
        return f"{head} nothing can be compared, since some were infeasible"
    if told:
        return f"{head}, {_differences(told, known, sign, metric)}"
    which = "largest difference: " if len(known) > 1 else ""
    return (
        f"{head} the values of {name} do not differ significantly ({which}"
        f"{_difference(widest, metric)}); more seeds of each chosen configuration would decide"
    )


def two_groups(name: str, fresh: FreshSeeds, groups: SeedGroups, metric: str) -> str:
    """Seeds of one configuration that end in two places."""
    return (
        f"The seeds of the configuration chosen for {name}={spell(fresh.value)} fall into two "
        f"groups in {metric}: {groups.low_count} at about {digits(groups.low_mean, 4)}, "
        f"{groups.high_count} at about {digits(groups.high_mean, 4)}. A mean stands for neither: "
        "find what differs between them, such as the initialisation, before comparing it"
    )


def unequal_budgets(groups: Sequence[Group]) -> str:
    """How the comparison was made fair where values had different numbers of configurations."""
    sizes = [len(g.worst) for g in groups if g.known and not g.lone]
    if len(sizes) < 2 or min(sizes) == max(sizes):
        return ""
    return (
        f"The values had {min(sizes)} to {max(sizes)} configurations and are compared at "
        f"{min(sizes)}"
    )


def thin_values(name: str, thin: Sequence[Group]) -> str:
    """Values without an interval, a few by name."""
    shown = ", ".join(f"{name}={spell(g.label)} ({_complete(g)})" for g in thin[:MOST_PAIRS])
    more = f" and {len(thin) - MOST_PAIRS} more" if len(thin) > MOST_PAIRS else ""
    return f"Not enough evidence on {shown}{more}: its best takes {FEWEST} complete configurations"


def _complete(group: Group) -> str:
    return f"{int(group.table.complete.sum())} of {len(group.table)} trials complete"


def _differences(
    told: Sequence[PairwiseDifference],
    known: Sequence[PairwiseDifference],
    sign: int,
    metric: str,
) -> str:
    shown = [_told(p, sign) for p in told[:MOST_PAIRS]]
    if len(told) > MOST_PAIRS:
        shown.append(f"{len(told) - MOST_PAIRS} more of {len(known)} pairs differ")
    rest = len(known) - len(told)
    left = f"; no significant difference in {rest} of {len(known)} pairs" if rest else ""
    return f"{'; '.join(shown)}, in {metric}{left}"


def _difference(pair: PairwiseDifference, metric: str) -> str:
    return (
        f"{spell(pair.a)} minus {spell(pair.b)}: {digits(pair.difference)} "
        f"({range_text(pair.low, pair.high)}) in {metric}"
    )


def _told(pair: PairwiseDifference, sign: int) -> str:
    ahead, behind = (pair.a, pair.b) if sign * pair.difference < 0 else (pair.b, pair.a)
    ends = sorted((abs(pair.low), abs(pair.high)))
    return (
        f"{spell(ahead)} is better than {spell(behind)} by {digits(abs(pair.difference))} "
        f"({range_text(ends[0], ends[1])})"
    )


def _settling(groups: Sequence[Group], pair: PairwiseDifference) -> str:
    """What would tell the pair apart, if the difference is what was seen."""
    a, b = (next(g for g in groups if g.label == label) for label in (pair.a, pair.b))
    # One end may be cut at what the metric can reach.
    reach = max(pair.high - pair.difference, pair.difference - pair.low)
    wanted = abs(pair.difference) / reach if reach > 0 else 0.0
    if a.fitted.known and b.fitted.known:
        # The error of a fit falls as the root of the trials.
        needed = [_by_root(len(g.worst), wanted) for g in (a, b)]
    else:
        needed = [trials_to_resolve(g.worst, wanted) for g in (a, b) if len(g.worst) > 1]
    if needed and None not in needed:
        about = round_to(max(n for n in needed if n is not None))
        return (
            f"To show a difference of this size, each of the two needs about {spell(about)} "
            "trials, with those that it has"
        )
    return "Far more trials would be needed to show one"


def _by_root(trials: int, wanted: float, *, most: float = 8.0) -> int | None:
    """Trials that bring an error down by `wanted`, or None beyond `most` times those there are."""
    return math.ceil(trials / wanted**2) if wanted**2 * most >= 1 else None
