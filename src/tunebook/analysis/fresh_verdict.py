"""Several chosen configurations judged by fresh seeds alone, all pairs at once (D3 G1).

Claim: "the mean objective of a over fresh seeds is better than that of b". Null: they are the
same. Two are told apart by Welch's test, Holm's step-down over all pairs (`ranking`): a chance of
ERROR_RATE at most that any pair is told apart wrongly. The interval of each difference is Welch's
at a share of ERROR_RATE (Bonferroni), so that all hold at once; a pair that Holm's test tells
apart may have one that just reaches 0. Assumes seeds that took no part in choosing and noise that
is about normal. A seed that was infeasible counts with a stated worst value. Smallest effect that
matters: none is built in. Measured: docs/claims/optimizers.md.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from tunebook.analysis.ranking import ERROR_RATE, FEWEST, Ranking, ranked
from tunebook.analysis.rerun_count import MOST_MORE, needed
from tunebook.analysis.value_pairs import interval, welch
from tunebook.words.finding import Interval, NotApplicable, PairwiseDifference

if TYPE_CHECKING:
    from jaxtyping import Float


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshVerdict:
    """All of them, in the objective's units.

    Attributes:
        ranking: with what the seeds tell of each rank; its means are losses.
        mean: of each, 95 % by itself.
        pairs: every pair, a minus b.
        more: seeds each, beyond those there are, that would tell the two best apart if the
            difference is what was seen; 0 where they are told apart, None where no realistic
            number would.
    """

    ranking: Ranking
    mean: Mapping[str, Interval]
    pairs: tuple[PairwiseDifference, ...]
    more: int | None

    @property
    def order(self) -> tuple[str, ...]:
        """Names, best first."""
        return tuple(v.name for v in self.ranking.values)

    def pair(self, one: str, other: str) -> PairwiseDifference:
        """The difference of two; `a` and `b` say which from which."""
        return next(p for p in self.pairs if {p.a, p.b} == {one, other})


def fresh_verdict(
    losses: Mapping[str, Float[np.ndarray, "seeds"]], *, worst: float, sign: int
) -> FreshVerdict | NotApplicable:
    """Judge the fresh seeds of several configurations.

    Args:
        losses: of each, lower is better; infinite or not a number where a seed was infeasible.
        worst: loss that such a seed counts with; raised to the worst that was seen.
        sign: turns losses into the objective's units.
    """
    fewest = min(map(len, losses.values()), default=0)
    if len(losses) < 2 or fewest < FEWEST:
        return NotApplicable(
            check="G1",
            reason="only one optimizer has fresh seeds" if len(losses) == 1
            else f"{len(losses)} optimizers have fresh seeds, the fewest {fewest}",
            needs=f"two that train, with {FEWEST} fresh seeds each",
        )  # fmt: skip
    seen = [float(v) for own in losses.values() for v in own if math.isfinite(v)]
    worst = max([*([worst] if math.isfinite(worst) else []), *seen], default=0.0)
    cut = {n: np.where(np.isfinite(v), v, worst) for n, v in losses.items()}
    ranking = ranked(cut, worst=worst)
    told = {frozenset(pair) for pair in ranking.told_apart}
    level = ERROR_RATE / math.comb(len(cut), 2)
    pairs = []
    for a, b in combinations(cut, 2):
        found = welch(_side(a, cut[a], sign), _side(b, cut[b], sign), level)
        # Where neither varies there is nothing to judge their difference by.
        open_ = found.low == found.high
        pairs.append(
            PairwiseDifference(
                a=a,
                b=b,
                difference=found.difference,
                low=-math.inf if open_ else found.low,
                high=math.inf if open_ else found.high,
                told_apart=frozenset((a, b)) in told,
            )
        )
    first, second = (v.name for v in ranking.values[:2])
    return FreshVerdict(
        ranking=ranking,
        mean={n: interval(*_side(n, v, sign)[1:]) for n, v in cut.items()},
        pairs=tuple(pairs),
        more=0 if frozenset((first, second)) in told else _more(cut[first], cut[second], level),
    )


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
