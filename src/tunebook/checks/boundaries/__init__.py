"""C1: do the best trials crowd a boundary of the search space?"""

from __future__ import annotations

from tunebook.checks.spec import Assumes, CheckSpec, Uses
from tunebook.domain.finding import Severity

SPEC = CheckSpec(
    id="C1",
    title="Search space boundaries",
    question="Do the best trials crowd an edge of a range?",
    check="tunebook.checks.boundaries.check:check",
    chart="tunebook.checks.boundaries.chart:draw",
    drawn_by_study="axes",
    assumes=Assumes.INDEPENDENT_TRIALS_PREFERRED,
    uses=Uses.CARRIED,
    blocks_exploitation=frozenset({Severity.WARNING, Severity.PROBLEM}),
    labels={
        "best_near_edge": "best trials next to the end",
        "not_judged": "not judged",
        "open": "hyperparameters without enough evidence",
        "p_value": "p-value",
        "p_value_high": "p-value, high end",
        "p_value_low": "p-value, low end",
        "share_of_best_near_edge": "share of the best near the edge",
        "trials_near_end": "trials next to the end",
    },
    method="A response is fitted to the complete trials, by a parabola and by a curve of any "
    "smoothness, each weighted by its evidence. Trials that failed, exploded or are at chance say "
    "where trials work; only such places are compared. For each side: is the best place on the "
    "edge better than the best place at least 15 % of the range inside? The p-value is the chance "
    "that it is not; 5 % is shared over all sides of the round. A range passes only where an "
    "optimum a quarter outside of it would have been seen. A training length that was "
    "searched is also cut off where the best tenth of the trials crowd its outermost 15 %, "
    "more than the next 15 %. The fit must not contradict that.",
)
