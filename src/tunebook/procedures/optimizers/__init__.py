"""The procedure optimizers (G1 G2)."""

from __future__ import annotations

from tunebook.checks.spec import CheckSpec
from tunebook.procedures.spec import ProcedureSpec

SPEC = ProcedureSpec(
    id="optimizers",
    about="Which optimizer trains this workload best, at which budget, beyond the noise?",
    question="Which optimizer trains this workload best?",
    procedure="tunebook.procedures.optimizers.procedure:PROCEDURE",
    chart="tunebook.procedures.optimizers.chart:draw",
    drives=("optimizer",),
    findings=(
        CheckSpec(
            id="G1",
            title="Optimizers",
            question="Which optimizer trains this workload best?",
            method="Each optimizer has as many trials in a space of its own, widened where it was "
            "cut off (C1). Best of n: Lourie et al.'s simultaneous bands, shared over the "
            "optimizers. Two optimizers differ significantly where reruns with new seeds differ "
            "(Welch's test, Holm's step-down over all pairs) and the searches do too (C9); each "
            "of the two is wrong anywhere in at most 5 %. A seed that failed counts as chance, or "
            "as the worst trial.",
        ),
    ),
)
