"""C3: which trials fail, where, and why?"""

from __future__ import annotations

from tunebook.checks.spec import Assumes, CheckSpec, Uses
from tunebook.domain.finding import Severity

SPEC = CheckSpec(
    id="C3",
    title="Infeasible trials",
    question="What fails, and where?",
    check="tunebook.checks.failures.check:check",
    chart="tunebook.checks.failures.chart:draw",
    drawn_by_study="studies",
    assumes=Assumes.INDEPENDENT_TRIALS_PREFERRED,
    uses=Uses.CARRIED_WITHOUT_BEST,
    blocks_exploitation=frozenset({Severity.WARNING, Severity.PROBLEM}),
    labels={
        "at_chance": "trials at chance",
        "failures_inside": "failures inside",
        "in_a_pile": "trials with one and the same value",
        "p_value": "p-value",
        "right_alone": "right alone",
        "share_inside": "share inside",
        "share_outside": "share outside",
    },
    method="Infeasible trials are the configuration's own fate and are part of every "
    "statistic. Trials that failed without a stated cause are tested with them. "
    "The place that fails is the cut of an axis, or the value of a choice, that "
    "separates failures best. It is shown where random relabelling of the trials finds as "
    "good a one anywhere in less than 5 % of cases. It is a combination of two "
    "hyperparameters where failing depends on one among trials that are alike in the other. "
    "That failing depends on nothing is reported only where a dependence would have been "
    "found.",
)
