"""The procedure instability (H1 H2 H3 H4 H5)."""

from __future__ import annotations

from tunebook.checks.spec import CheckSpec
from tunebook.procedures.spec import ProcedureSpec

SPEC = ProcedureSpec(
    id="instability",
    about="Does instability hold training back? Warm-up, clipping, and what else is left.",
    question="Does instability hold this workload back?",
    procedure="tunebook.procedures.instability.procedure:PROCEDURE",
    chart="tunebook.procedures.instability.chart:draw",
    drives=("learning_rate", "warmup_steps", "clip_norm"),
    findings=(
        CheckSpec(
            id="H1",
            title="Held back by instability",
            question="Does training become unstable just above the best learning rate?",
            method="A run fails where its training loss ends or never falls. It also fails where "
            "the loss rises by a quarter of its usual fall, from one tenth of the evaluations to "
            "a later one, beyond noise. A rate is unstable where more than one seed in ten fails, "
            "stable where fewer than half do (binomial tests at 5 %). Twice as many seeds run "
            "where neither is shown.",
        ),
        CheckSpec(
            id="H2",
            title="First steps",
            question="What happens in the first steps at twice the best learning rate?",
            method="As for H1, in a short run that is evaluated at every step. A jump over five "
            "evaluations counts where it is three quarters of the usual fall.",
        ),
        CheckSpec(
            id="H3",
            title="Warm-up",
            question="Which warm-up makes a far higher learning rate train?",
            method="Warm-ups over orders of magnitude, up to a tenth of the steps, to ten times "
            "the unstable learning rate, and to less where none is stable. The shortest that "
            "passes then runs the whole training. It is stable where no seed of five fails in "
            "the short runs, and at most one of ten in whole ones.",
        ),
        CheckSpec(
            id="H4",
            title="Gradient clipping",
            question="At which norm are gradients clipped?",
            method="The 90th percentile of unclipped norms at the best learning rate, with an "
            "interval from run to run. The unstable rate is then trained with it, and with "
            "tighter ones where it stays unstable.",
        ),
        CheckSpec(
            id="H5",
            title="Other remedies",
            question="What was tried against instability, and what is left?",
            method="The playbook's list.",
        ),
    ),
)
