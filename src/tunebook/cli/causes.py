"""Why trials of a round did not complete, in the words of their own errors (C3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from tunebook.domain.trial import Purpose, Status

if TYPE_CHECKING:
    from tunebook.book.rounds import Round
    from tunebook.report.outcome import LostTrials


def causes(chosen: Round) -> list[dict[str, object]]:
    """Each way in which search trials did not complete, the commonest first."""
    from tunebook.report.round_summary import lost_trials

    details = {t.name: t.detail for t in chosen.trials if t.detail}
    return listed_causes(lost_trials(chosen.table(), details))


def listed_causes(lost: Sequence[LostTrials]) -> list[dict[str, object]]:
    """The same as plain data."""
    return [asdict(one) for one in lost]


def no_trial_completed(chosen: Round) -> bool:
    """True where search trials ended and none of them is complete."""
    ended = [t for t in chosen.trials if t.purpose is not Purpose.RERUN and t.status.ended]
    return bool(ended) and all(t.status is not Status.COMPLETE for t in ended)
