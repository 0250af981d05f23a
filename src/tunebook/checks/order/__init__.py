"""C11: were configurations chosen by earlier results?"""

from __future__ import annotations

from tunebook.checks.spec import CheckSpec

SPEC = CheckSpec(
    id="C11",
    title="Objective and order",
    question="Is the objective counted fairly, and was the search independent of its results?",
    check="tunebook.checks.order.check:check",
    labels={
        "p_value": "p-value",
        "power": "found of local, noisy searches",
        "power_of_tpe": "found of TPE searches",
        "steered": "trials chosen by earlier results",
        "independent": "independent trials",
        "by_hand": "trials chosen by hand",
        "unmarked": "trials without a mark",
    },
    method="Where the source says what chose each trial, nothing is tested. Else the order of the "
    "distinct configurations of each study is compared with their "
    "losses and their distances from the best tenth. Under random orders of the same trials "
    "the strongest rank correlation must be rare (5 % over all axes and studies). The best of "
    "k evaluations of white noise is 1.5 standard deviations off for k = 10, 2.5 for 100.",
)
