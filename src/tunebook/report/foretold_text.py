"""What the round before foretold beside what came, for a terminal (B D6)."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from tunebook.words.foretold import Came, ForetoldOutcome

CAME = {
    Came.TRUE: ("✓", "cyan"),
    Came.NOT: ("✗", "bold yellow"),
    Came.UNKNOWN: ("?", "dim"),
}


def foretold_text(outcomes: Sequence[ForetoldOutcome]) -> RenderableType:
    """Each expectation with what came of it; readable from 60 columns on."""
    parts: list[RenderableType] = [Text(head(outcomes), style="bold")]
    for outcome in outcomes:
        mark, style = CAME[outcome.came]
        told = outcome.foretold
        parts.append(
            Text.assemble((f"{mark} {outcome.came}", style), f"  {told.check} foretold: ",
                          _clean(told.sentence), ".")
        )  # fmt: skip
        parts.append(Padding(Text(f"Came: {_clean(outcome.sentence)}"), (0, 0, 0, 2)))
    return Group(*parts)


def head(outcomes: Sequence[ForetoldOutcome]) -> str:
    """`What round 1 foretold, and what came: 2 of 3 came true`."""
    rounds = sorted({o.foretold.of_round for o in outcomes if o.foretold.of_round})
    who = f"round {rounds[0]}" if len(rounds) == 1 else "the round before"
    true = sum(o.came is Came.TRUE for o in outcomes)
    return f"What {who} foretold, and what came: {true} of {len(outcomes)} came true"


def _clean(text: str) -> str:
    """The text without control characters, which could drive the reader's terminal."""
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
