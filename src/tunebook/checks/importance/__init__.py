"""C10: which hyperparameters matter, and which interact?"""

from __future__ import annotations

from tunebook.checks.spec import Assumes, CheckSpec, Uses

SPEC = CheckSpec(
    id="C10",
    title="What matters, what interacts",
    question="Which hyperparameters matter, and which must be tuned together?",
    check="tunebook.checks.importance.check:check",
    chart="tunebook.checks.importance.chart:draw",
    drawn_by_study="studies",
    assumes=Assumes.INDEPENDENT_TRIALS_PREFERRED,
    uses=Uses.CARRIED,
    leaves_out_failed=True,
    labels={
        "share_at_most": "no share above",
        "effect_at_most": "no effect above",
        "first_order": "share by itself",
        "first_order_complete": "share by itself, complete trials",
        "p_value": "p-value",
        "total": "share of the rank variance",
        "total_at_most": "share of the rank variance, at most",
        "total_better_half": "share among the better half",
        "total_complete": "share, complete trials",
    },
    method="Ranks of the trials, infeasible ones last, are fitted by a smooth curve for each "
    "hyperparameter and by products in pairs. With ranks a few very bad values do not decide. "
    "A share is the part of the rank variance that one has by itself, or with its pairs "
    "(Sobol's indices). An effect is shown where its curve is not flat, among all trials or "
    "among the better half. An interaction is shown where products explain more than any "
    "increasing function of a sum of single effects. Then the best value of one depends on "
    "the other; 5 % is shared over all of them. One can be fixed where the upper ends of its "
    "shares are below a tenth of all, and a fifth among the better half.",
)
