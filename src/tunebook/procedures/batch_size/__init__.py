"""The procedure batch-size (A4 F1 F2 F3 F4)."""

from __future__ import annotations

from tunebook.checks.spec import CheckSpec
from tunebook.procedures.spec import ProcedureSpec

SPEC = ProcedureSpec(
    id="batch-size",
    about="How far do larger batches shorten training? Regimes, and the best learning rate.",
    question="How far do larger batches shorten training here?",
    procedure="tunebook.procedures.batch_size.procedure:PROCEDURE",
    chart="tunebook.procedures.batch_size.chart:draw",
    drives=("batch_size", "learning_rate"),
    companion="throughput",
    findings=(
        CheckSpec(
            id="F1",
            title="Steps against batch size",
            question="How far do larger batches shorten training?",
            method="Median steps to the target over new seeds, at the fastest configuration of "
            "each batch size. One smooth curve is fitted by least squares on logarithms; its "
            "slope is -1 for small batches and 0 for large ones. Scaling is perfect where the "
            "slope is below -0.9, and more examples bring nothing where it is above -0.1. "
            "Intervals use Student's t over the sizes.",
        ),
        CheckSpec(
            id="F2",
            title="Learning rate against batch size",
            question="How does the best learning rate grow with the batch size?",
            method="A line through the logarithms of the best rates, one for each batch size, "
            "with Student's t. The linear and the square-root rule are powers of 1 and 0.5; a "
            "rule fits where the interval contains its power.",
        ),
        CheckSpec(
            id="F3",
            title="Equal steps, equal examples",
            question="What does each batch size reach within a step budget, and within an "
            "epoch budget?",
            method="The largest budgets that all sizes cover. For each size: the best value at "
            "its best rate there, and the reruns with new seeds. Only the reruns compare sizes: "
            "Welch's test between all pairs with Holm's step-down, 5 % over all statements about "
            "one budget.",
        ),
        CheckSpec(
            id="F4",
            title="Trust in the target",
            question="Can steps to this target be compared?",
            method="Every batch size must reach the target, with a best learning rate inside the "
            "range that was tried. The same curve is read at easier targets.",
        ),
    ),
)
