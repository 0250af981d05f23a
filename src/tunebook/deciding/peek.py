"""What fresh seeds seem to say between the looks of a plan: exploratory, never a verdict (D1).

Estimator: as a decision's (`comparison`), with plain two-sided 95 % intervals, which allow for no
looking and for no choice among candidates: that is what makes a peek free, and no evidence.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from tunebook.deciding.comparison import difference
from tunebook.deciding.rerun_evidence import Question, SideEvidence
from tunebook.domain.finding import Interval

PLAIN = 1.959964
"""The score of a two-sided 95 % interval."""


def peek(
    candidates: Sequence[SideEvidence], baseline: SideEvidence | None, asked: Question
) -> dict[str, Interval]:
    """The gain of each candidate on the reruns that are there; NaN where there are too few."""
    return {side.name: _seen(side, baseline, asked) for side in candidates}


def _seen(side: SideEvidence, baseline: SideEvidence | None, asked: Question) -> Interval:
    found = difference(side, baseline, asked)
    if found is None:
        return Interval(math.nan, -math.inf, math.inf)
    low, high = found.low(PLAIN), found.high(PLAIN)
    return Interval(min(max(found.seen, low), high), low, high)
