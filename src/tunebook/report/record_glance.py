"""A book at a glance, from its record."""

from __future__ import annotations

from tunebook.domain.record import BookRecord, RoundRecord
from tunebook.report.glance import BookGlance, RoundGlance
from tunebook.report.in_a_line import best_trial
from tunebook.report.loop import standing


def glance_of(record: BookRecord) -> BookGlance:
    """The same book with what `status` says of it."""
    return BookGlance(
        name=record.setting.name,
        objective=record.objective,
        rounds=tuple(map(_round, record.rounds)),
        decisions=record.decisions,
        launches=record.launches,
        stands=standing(record, record.rounds[-1].number) if record.rounds else None,
    )


def _round(found: RoundRecord) -> RoundGlance:
    best = best_trial(found.table)
    return RoundGlance(
        number=found.number,
        goal=found.plan.goal,
        trials=found.table.status,
        reruns=found.reruns.status,
        best=(best.trial, best.value) if best else None,
    )
