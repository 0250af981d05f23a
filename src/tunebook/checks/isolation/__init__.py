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
    "nuisance hyperparameters and at equal budgets. Where a response fits the trials of both "
    "values, it gives that. Else the best trials do, with their spread over subsamples of the "
    "search. Where the trials themselves repeat each chosen configuration with seeds that did not "
    "choose it, the repeats are compared, by Welch's test. The finding says which was done. "
    "Reruns of a decision take no part: the decision compares them. Two values differ "
    "significantly where the interval of their difference leaves out zero; 5 % is shared over all "
    "comparisons. Intervals end at the best value that the metric can reach. "
    "Measured error rates: docs/claims/isolation.md.",
)
