"""Several searches compared: by new seeds of what each found, and by the searches (D3 G1).

Claim, of optimizers that were tuned alike: "a is better than b at this budget". Null: they are the
same. Two things must tell them apart, in the same direction.

1. Fresh seeds of the configuration that each found: Welch's test of the means, Holm's step-down
   over all pairs (`ranking`). Null: the two configurations are the same. A seed that was
   infeasible counts with a stated worst value. The interval of each difference is Welch's at a
   share of ERROR_RATE, so that all hold at once.
2. The searches themselves, by C9's estimate of what a search of this size selects in the mean over
   searches and seeds (`value_pairs`, ERROR_RATE shared over all pairs).

Either by itself is wrong anywhere in at most ERROR_RATE, so both together are too, whichever null
holds. Fresh seeds alone would not do: two searches of one space end at two configurations, and
enough seeds tell those apart. Of two searches of 48 trials on the same surface, 10 seeds of each
do so in 12 to 97 % of cases (docs/claims/optimizers.md). Assumes seeds that took no part in
choosing, noise that is about normal, and what C9 assumes. Smallest effect that matters: none is
built in.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from tunebook.deciding.rerun_count import MOST_MORE, needed
from tunebook.domain.finding import Interval, NotApplicable, PairwiseDifference
from tunebook.domain.table import TrialTable
from tunebook.statistics.ranking import ERROR_RATE, FEWEST, ranked
from tunebook.statistics.scientific_values import groups_of
from tunebook.statistics.value_pairs import compared_pairs, interval, welch

if TYPE_CHECKING:
    from jaxtyping import Float

WIDE = 5.0
"""As pictures have it, from where an axis is logarithmic."""
Pair = tuple[str, str]
"""Two names, the better one first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchVerdict:
    """All of them, in the objective's units.

    Attributes:
        order: names by the mean of their new seeds, best first.
        mean: of each, 95 % by itself.
        pairs: every pair's difference of new seeds, a minus b; significant where both the seeds
            and the searches differ.
        better: pairs that differ significantly.
        by_seeds_alone: pairs that the seeds alone tell apart: what was found differs, and another
            search may find otherwise.
        more: seeds each, beyond those there are, after which the two best configurations would be
            told apart if they differ by what was seen; 0 where they are, None where no realistic
            number would do.
    """

    order: tuple[str, ...]
    mean: Mapping[str, Interval]
    pairs: tuple[PairwiseDifference, ...]
    better: frozenset[Pair]
    by_seeds_alone: frozenset[Pair]
    more: int | None

    def by(self, one: str, other: str, sign: int) -> Interval:
        """By how much `one` is better than `other`, positive where it is."""
        pair = next(p for p in self.pairs if {p.a, p.b} == {one, other})
        towards = -sign if pair.a == one else sign
        low, high = sorted((towards * pair.low, towards * pair.high))
        return Interval(towards * pair.difference, low, high)

    def ranks(self, name: str) -> tuple[int, int]:
        """The best and the worst rank that a name may have (Mogstad et al. 2024)."""
        above = sum(worse == name for _, worse in self.better)
        below = sum(better == name for better, _ in self.better)
        return 1 + above, len(self.order) - below


def search_pairs(tables: Mapping[str, TrialTable], name: str) -> tuple[PairwiseDifference, ...]:
    """Every pair of searches, as C9 compares them.

    Where losses are above 0 and the median over all searches is more than WIDE times the best,
    their logarithms are compared: next to losses powers of ten apart, the spread of a best
    would be that of the worse searches. It is one rule for all, so that it favours none.

    Args:
        tables: the trials of each search.
        name: the hyperparameter that chooses between them.
    """
    counted = [t.take(t.counted) for t in tables.values()]
    seen = np.concatenate([t.losses[t.complete] for t in counted])
    if len(seen) and seen.min() > 0 and np.median(seen) > WIDE * seen.min():
        counted = [replace(t, value=np.log(t.value), curves={}) for t in counted]
    groups = [g for t in counted for g in groups_of(t, name)]
    return compared_pairs(groups, counted[0].objective.sign)


def search_verdict(
    fresh: Mapping[str, Float[np.ndarray, "seeds"]],
    searches: tuple[PairwiseDifference, ...],
    *,
    worst: float,
    sign: int,
) -> SearchVerdict | NotApplicable:
    """Judge several searches.

    Args:
        fresh: losses of the new seeds of each, lower is better; infinite or not a number where
            one was infeasible.
        searches: every pair of them, as `search_pairs` has it.
        worst: loss that such a seed counts with; raised to the worst that was seen.
        sign: turns losses into the objective's units.
    """
    fewest = min(map(len, fresh.values()), default=0)
    if len(fresh) < 2 or fewest < FEWEST:
        return NotApplicable(
            check="G1",
            reason=f"{len(fresh)} of them have new seeds, the fewest {fewest}",
            needs=f"two that train, with {FEWEST} new seeds each",
        )
    seen = [float(v) for own in fresh.values() for v in own if math.isfinite(v)]
    worst = max([*([worst] if math.isfinite(worst) else []), *seen], default=0.0)
    cut = {n: np.where(np.isfinite(v), v, worst) for n, v in fresh.items()}
    ranking = ranked(cut, worst=worst)
    by_seeds = frozenset(ranking.differing)
    better = by_seeds & _told(searches, sign)
    level = ERROR_RATE / math.comb(len(cut), 2)
    pairs = (_pair(a, cut[a], b, cut[b], sign, level) for a, b in combinations(cut, 2))
    first, second = (v.name for v in ranking.values[:2])
    return SearchVerdict(
        order=tuple(v.name for v in ranking.values),
        mean={n: interval(*_side(n, v, sign)[1:]) for n, v in cut.items()},
        pairs=tuple(
            replace(p, significant=bool({(p.a, p.b), (p.b, p.a)} & better)) for p in pairs
        ),
        better=better,
        by_seeds_alone=by_seeds - better,
        more=0 if (first, second) in by_seeds else _more(cut[first], cut[second], level),
    )


def _told(pairs: tuple[PairwiseDifference, ...], sign: int) -> frozenset[Pair]:
    return frozenset(
        (str(p.a), str(p.b)) if sign * p.difference < 0 else (str(p.b), str(p.a))
        for p in pairs
        if p.significant
    )


def _pair(
    a: str,
    own: Float[np.ndarray, "seeds"],
    b: str,
    other: Float[np.ndarray, "seeds"],
    sign: int,
    level: float,
) -> PairwiseDifference:
    found = welch(_side(a, own, sign), _side(b, other, sign), level)
    if found.low < found.high:
        return found
    # Where neither varies there is nothing to judge their difference by.
    return replace(found, low=-math.inf, high=math.inf)


def _side(
    name: str, losses: Float[np.ndarray, "seeds"], sign: int
) -> tuple[str, float, float, float]:
    """Label, mean, standard error, degrees of freedom; seeds that never differ show no error."""
    spread = float(losses.std(ddof=1)) if np.ptp(losses) > 0 else 0.0
    return name, sign * float(losses.mean()), spread / math.sqrt(len(losses)), len(losses) - 1.0


def _more(
    a: Float[np.ndarray, "seeds"], b: Float[np.ndarray, "seeds"], level: float
) -> int | None:
    variance = float(a.var(ddof=1) + b.var(ddof=1))
    if not variance > 0:
        return None
    count = needed(float(a.mean() - b.mean()), variance, level, min(len(a), len(b)))
    return count if count < MOST_MORE else None
