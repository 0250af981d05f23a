"""Predictions of the round before with their outcomes, for a terminal (B D6)."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from tunebook.domain.prediction import Came, ForetoldOutcome

OUTCOMES = {Came.TRUE: "met", Came.NOT: "not met", Came.UNKNOWN: "unknown"}
MARKS = {Came.TRUE: ("✓", "cyan"), Came.NOT: ("✗", "bold yellow"), Came.UNKNOWN: ("?", "dim")}


def foretold_text(outcomes: Sequence[ForetoldOutcome]) -> RenderableType:
    """Each prediction with its outcome; readable from 60 columns on."""
    parts: list[RenderableType] = [Text(head(outcomes), style="bold")]
    for outcome in outcomes:
        mark, style = MARKS[outcome.came]
        told = outcome.foretold
        parts.append(
            Text.assemble((f"{mark} {outcome_text(outcome.came)}", style),
                          f"  {told.check} predicted: ", _clean(told.sentence), ".")
        )  # fmt: skip
        parts.append(Padding(Text(f"Result: {_clean(outcome.sentence)}"), (0, 0, 0, 2)))
    return Group(*parts)


def outcome_text(came: Came) -> str:
    """`met`, `not met` or `unknown`."""
    return OUTCOMES[came]


def head(outcomes: Sequence[ForetoldOutcome]) -> str:
    """`Predictions of round 1: 2 of 3 met`."""
    rounds = sorted({o.foretold.of_round for o in outcomes if o.foretold.of_round})
    who = f"round {rounds[0]}" if len(rounds) == 1 else "the round before"
    met = sum(o.came is Came.TRUE for o in outcomes)
    return f"Predictions of {who}: {met} of {len(outcomes)} met"


def _clean(text: str) -> str:
    """The text without control characters, which could drive the reader's terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
