"""Two candidates of a decision compared by their own new-seed reruns (D1 D4).

Claim: "candidate a is better than candidate b", in the mean or by the chance to beat. NULL: the
two are alike. Each candidate's reruns end when an interim look adopts or drops it against the
baseline, so that a candidate is often dropped because its reruns were unlucky. The difference over
all reruns of both is then too large. Estimator: the difference over the first n reruns of both,
where n is the last look that both reached; between candidates that are alike it is symmetric
around zero, whatever ended the reruns. Its interval is Welch's (Student's of the differences where
a decision is paired) at NOMINAL, shared over all pairs.

Error rate: of candidates that are alike, at most 5 % of decisions claim a difference, and the
intervals of a decision hold together in 95 %. That is measured, by the looks and extensions of a
decision and every kind of noise of docs/claims/decisions.md; NOMINAL is below 5 % because the
ending of the reruns depends on them. The exception measured: three candidates whose seeds fall
into two groups, 7 %. Assumes what the decision assumes: seed noise that is roughly
normal. The account of launches spends nothing on it, since nothing is launched on it. Sources:
Welch 1947; Whitehead 1986 on estimates after a sequential test.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations

from scipy import special

from tunebook.deciding.comparison import difference
from tunebook.deciding.mean_difference import MeanDifference
from tunebook.deciding.rerun_evidence import Question, SideEvidence
from tunebook.domain.decision import Comparison, Estimand
from tunebook.domain.finding import Interval

CONFIDENCE = 0.95
"""With which the intervals of all pairs of a decision hold together."""
NOMINAL = 0.04
"""Level of Welch's intervals of which that is true; see the module."""


def compare(
    a: SideEvidence, b: SideEvidence, asked: Question, *, pairs: int = 1
) -> Comparison | None:
    """One pair, the better candidate first.

    Args:
        a, b: reruns of each, equally many, the first in the order of their seeds.
        asked: objective, estimand and pairing of the decision.
        pairs: of candidates in the decision, which share the level.

    Returns:
        None where reruns are too few, all alike, or infeasible at an unknown worth.
    """
    if asked.estimand is Estimand.MEAN and asked.worst is None and (a.infeasible or b.infeasible):
        return None
    plain = replace(asked, least_improvement=0.0)
    even = 0.5 if asked.estimand is Estimand.BEATS else 0.0
    found = difference(a, b, plain)
    if found is not None and found.seen < even:
        a, b = b, a
        found = difference(a, b, plain)
    if found is None or (isinstance(found, MeanDifference) and found.error == 0):
        return None
    score = -float(special.ndtri(NOMINAL / pairs / 2))
    low, high = found.low(score), found.high(score)
    if not math.isfinite(found.seen):
        return None
    return Comparison(
        a=a.name,
        b=b.name,
        difference=Interval(found.seen, min(low, found.seen), max(high, found.seen), CONFIDENCE),
        reruns=a.reruns,
        significant=low > even,
    )


def pairs_of(names: Sequence[str]) -> list[tuple[str, str]]:
    """Every pair of candidates."""
    return list(combinations(names, 2))
