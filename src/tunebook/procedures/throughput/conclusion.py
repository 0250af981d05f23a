"""Throughput: the answer with its findings (A3)."""

from __future__ import annotations

from tunebook.domain.finding import Severity
from tunebook.procedures.steps.stages import Conclusion, Done
from tunebook.procedures.throughput.plans import ThroughputArguments
from tunebook.procedures.throughput.results import ThroughputReading
from tunebook.procedures.throughput.saturation import Throughput
from tunebook.procedures.throughput.wording import findings_of


def conclude(args: ThroughputArguments, _: Done, found: ThroughputReading) -> Conclusion:
    """What the finished stages show."""
    findings = tuple(findings_of(args, found))
    through = found.found if isinstance(found.found, Throughput) else None
    if not found.sizes:
        sentence = "Nothing has run yet."
    elif found.found is None and not any(f.severity is Severity.PROBLEM for f in findings):
        sentence = f"Not known yet: batch sizes up to {max(found.sizes)} were tried."
    else:
        sentence = " ".join(f.sentence for f in findings[:2])
    return Conclusion(
        sentence=sentence,
        findings=findings,
        answer={
            "largest_that_fits": found.fitting[-1] if found.doubled and found.fitting else None,
            "doubles_up_to": through.knee if through else None,
            **{f"step_s_{b}": s.estimate for b, s in (through.times if through else {}).items()},
        },
    )
