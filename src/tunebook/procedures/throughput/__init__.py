"""The procedure throughput (A3)."""

from __future__ import annotations

from tunebook.checks.spec import CheckSpec
from tunebook.procedures.spec import ProcedureSpec

SPEC = ProcedureSpec(
    id="throughput",
    about="Which batch sizes fit, how long does a step take, where does throughput stop doubling?",
    question="Which batch sizes fit here, and how fast is each?",
    procedure="tunebook.procedures.throughput.procedure:PROCEDURE",
    chart="tunebook.procedures.throughput.chart:draw",
    drives=("batch_size",),
    findings=(
        CheckSpec(
            id="A3",
            title="Throughput",
            question="Which batch sizes fit, and how fast is each?",
            method="The batch size is doubled until memory ends. The time of a step is the median "
            "time between far reports minus that between near ones, divided by the steps between; "
            "its interval is between order statistics. Throughput doubles where a doubling brings "
            "1.5 times or more.",
        ),
    ),
)
