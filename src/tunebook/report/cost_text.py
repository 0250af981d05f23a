"""What a round would take, in words (B5)."""

from __future__ import annotations

from tunebook.domain.formats.numbers import plural, seconds_text
from tunebook.planning.cost import PlannedCost


def cost_text(cost: PlannedCost | None) -> str:
    """`21 min of compute: 20 s a trial by 64 trials of round 1; 11 min with 2 at a time`."""
    if cost is None:
        return "unknown, since no trial was timed yet (tunebook try times 50 steps)"
    by = f"{plural(cost.timed, 'trial')} of round {cost.number}"
    if not cost.number:
        by = f"a test run of {plural(cost.timed, 'configuration')} (tunebook try)"
    start = "the start of a worker is not counted"
    if cost.start_s is not None:
        start = f"{seconds_text(cost.start_s)} for each worker to start"
    each = f"{seconds_text(cost.trial_s)} a trial by {by}"
    said = f"{seconds_text(cost.compute_s)} of compute: {each}, {start}"
    if cost.workers == 1:
        return f"{said}, one after the other"
    return f"{said}; {seconds_text(cost.wall_s)} with {cost.workers} at a time"
