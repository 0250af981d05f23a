"""The book's account in words: which level each decision was granted, and what comes next (D3)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from tunebook.deciding.broken_baseline import unjudged_text
from tunebook.deciding.launch_account import RATE, AccountLine, next_level
from tunebook.domain.formats.numbers import percent, plural


def account_texts(lines: Sequence[AccountLine], unjudged: Collection[int] = ()) -> tuple[str, ...]:
    """Sentences; none where no decision against a baseline was planned yet.

    Args:
        lines: of the account.
        unjudged: numbers of rounds that could not be judged, since their baseline crashed.
    """
    note = (text,) if (text := unjudged_text(unjudged)) else ()
    if not lines:
        return note
    adopted = sum(line.adopted for line in lines)
    granted = ", ".join(
        f"{percent(line.level, 2)} to round {line.round}{' (adopted)' if line.adopted else ''}"
        for line in lines
    )
    return (
        f"Of all launches of this book at most {percent(RATE, 2)} are expected to bring no more "
        f"than the least improvement. {plural(len(lines), 'decision')} against a baseline so far, "
        f"{adopted} adopted.",
        f"Level of each decision, fixed before its first rerun: {granted}. The level is the "
        "chance to adopt a change that brings the least improvement or less.",
        f"The next decision gets {percent(next_level(lines), 2)}. Levels fall from decision to "
        "decision; they are higher after one that adopts than after one that does not.",
        *note,
    )
