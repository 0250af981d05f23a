"""Fewer marks than trials, where the eye could not part them: some of each kind, evenly."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import numpy as np

MOST = 2000
"""Marks of one picture; 600 x 300 pixels hold no more that can be told from each other."""
FEWEST = 100
"""Marks of a kind that is rare: infeasible trials must stay in sight."""


def drawn_places(
    kinds: Sequence[str], *, keep: Collection[int] = (), most: int = MOST
) -> list[int]:
    """Places of the marks that are drawn, in order.

    Each kind has its share of `most`, FEWEST at least, spread evenly over its places. All are
    drawn where there are no more than `most`.

    Args:
        kinds: of each mark.
        keep: places that are drawn in any case.
        most: how many are drawn, besides those of rare kinds.
    """
    if len(kinds) <= most:
        return list(range(len(kinds)))
    names, kind_of = np.unique(np.asarray(kinds), return_inverse=True)
    chosen = set(keep)
    for kind in range(len(names)):
        places = np.flatnonzero(kind_of == kind)
        share = max(FEWEST, most * len(places) // len(kinds))
        if share >= len(places):
            chosen.update(places.tolist())
        else:
            at = np.linspace(0, len(places) - 1, share).round().astype(int)
            chosen.update(places[at].tolist())
    return sorted(chosen)


def drawn_text(drawn: int, every: int) -> str:
    """That only some are drawn; empty where all are."""
    return f"{drawn:,} of them drawn, chosen evenly" if drawn < every else ""
