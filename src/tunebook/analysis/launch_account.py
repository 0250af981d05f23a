"""The book's account: false launches among all launches, kept under a rate (D3).

NULL of a decision: no candidate improves by more than its least improvement. Over the decisions
of a book the false discovery rate, the mean of false / max(1, launches), is kept under RATE by
LORD++: each decision is granted a level before its first rerun, and each launch earns level for
those after it. Assumes that a null decision adopts with at most its level whatever came before:
each reruns candidate and baseline on seeds of its own. Measured over books of 30 rounds, some
with a reused baseline: docs/claims/books.md. Source: Ramdas, Yang, Wainwright and Jordan 2017,
equation 5 (LORD++).

A first baseline takes no part: it is compared with chance, and would earn level for nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

from scipy import special

RATE = 0.1
WEALTH = 0.08
"""Of RATE, what there is before any launch."""
DECAY = 1.6
MOST = 0.05
"""No decision is granted more than this, however many launches came before."""


def granted(adopted: Sequence[bool]) -> float:
    """The level of the next decision.

    Args:
        adopted: of each earlier decision in order, whether it adopted; one that is still open
            counts as not.
    """
    now = len(adopted) + 1
    at = [t for t, yes in enumerate(adopted, 1) if yes]
    level = WEALTH * _share(now)
    if at:
        level += (RATE - WEALTH) * _share(now - at[0])
    level += RATE * sum(_share(now - t) for t in at[1:])
    return min(MOST, level)


def _share(later: int) -> float:
    """Of the level that was earned, what goes to the decision so many later; all make one."""
    return float(later**-DECAY / special.zeta(DECAY))
