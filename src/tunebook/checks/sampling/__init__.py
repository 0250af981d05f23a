"""C2: was the space sampled densely enough?"""

from __future__ import annotations

from tunebook.checks.spec import Assumes, CheckSpec
from tunebook.domain.finding import Severity

SPEC = CheckSpec(
    id="C2",
    title="Sampling density",
    question="Were there enough trials?",
    check="tunebook.checks.sampling.check:check",
    chart="tunebook.checks.sampling.chart:draw",
    drawn_by_study="studies",
    assumes=Assumes.INDEPENDENT_TRIALS,
    leaves_out_failed=True,
    blocks_exploitation=frozenset({Severity.NOTE, Severity.WARNING, Severity.PROBLEM}),
    labels={
        "distance_from_best": "distance from the best",
        "expected_gain": "expected gain",
        "good_region": "about as good as the best",
    },
    method="The tuning curve is the median of the best of n trials against n. Its band is for "
    "all n at once, with 95 % confidence (Lourie, Cho and He 2024). Infeasible trials rank "
    "last. A trial is about as good as the best where it is within a tenth of the way from "
    "the best to the median. Boxes are quantiles of the best of a budget. The expected gain "
    "of as many trials again is that of the second half of the trials over the first, in all "
    "ways to halve them. The distance to the best of the space follows from how the best "
    "losses thin out. In a space of d axes they thin out no faster than the d-th power of the "
    "distance. Its bound has 95 % confidence. No more trials are advised where the expected gain "
    "is below the round's least improvement; without one, where it is below 1 % of the way from "
    "the median trial to the best.",
)
