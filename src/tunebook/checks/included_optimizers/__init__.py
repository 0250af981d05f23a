"""G2: did an optimizer lose to one that it includes?"""

from __future__ import annotations

from tunebook.checks.spec import CheckSpec

SPEC = CheckSpec(
    id="G2",
    title="Inclusion",
    question="Did a more general optimizer lose to one that it can imitate?",
    labels={
        "worse_by": "worse by",
    },
    method="Pairs of optimizers that differ significantly in C9, where the loser includes the "
    "winner by the catalogue (Choi et al. 2019). Tuned well, it could have done the same. The "
    "error rate is that of C9, over fewer pairs.",
)
