"""C9: which scientific values differ, each at its best?"""

from __future__ import annotations

from tunebook.checks.spec import Assumes, CheckSpec

SPEC = CheckSpec(
    id="C9",
    title="Isolation",
    question="Which scientific values differ beyond the noise?",
    check="tunebook.checks.isolation.check:check",
    chart="tunebook.checks.isolation.chart:draw",
    assumes=Assumes.INDEPENDENT_TRIALS,
    labels={
        "high_seeds": "seeds, high end",
        "low_seeds": "seeds, low end",
    },
    method="Compared is what a study of this size selects for each scientific value, over its "
    "nuisance hyperparameters and at equal budgets. Where a response fits all trials, it "
    "gives that value; else the best seen does, with its spread over subsamples of the "
    "search. Two values differ significantly where the interval of their difference leaves "
    "out zero; 5 % is shared over all comparisons. Where every chosen configuration was "
    "repeated with seeds that did not choose it, those are compared, by Welch's test. "
    "Measured error rates: docs/claims/isolation.md.",
)
