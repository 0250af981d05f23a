"""Predictions of the round before with their outcomes, for a terminal (B D6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tunebook.domain.prediction import Met, PredictionOutcome
from tunebook.report.terminal.lines import inside, printable
from tunebook.report.terminal.parts import Group, Text

if TYPE_CHECKING:
    from tunebook.report.terminal.parts import Renderable

MARKS = {Met.YES: ("✓", "cyan"), Met.NO: ("✗", "bold yellow"), Met.UNKNOWN: ("?", "dim")}


def predictions_text(outcomes: Sequence[PredictionOutcome]) -> Renderable:
    """Each prediction with its outcome; readable from 60 columns on."""
    parts: list[Renderable] = [Text(head(outcomes), style="bold")]
    for outcome in outcomes:
        mark, style = MARKS[outcome.met]
        told = outcome.prediction
        parts.append(
            Text.assemble((f"{mark} {outcome.met}", style),
                          f"  {told.check} predicted: ", printable(told.sentence), ".")
        )  # fmt: skip
        parts.append(inside(f"Result: {outcome.sentence}"))
    return Group(*parts)


def head(outcomes: Sequence[PredictionOutcome]) -> str:
    """`Predictions of round 1: 2 of 3 met`."""
    rounds = sorted({o.prediction.of_round for o in outcomes if o.prediction.of_round})
    who = f"round {rounds[0]}" if len(rounds) == 1 else "the round before"
    met = sum(o.met is Met.YES for o in outcomes)
    return f"Predictions of {who}: {met} of {len(outcomes)} met"
