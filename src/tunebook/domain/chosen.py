"""What chose the configuration of each trial, where the source of the trials says so (C11).

A name for each trial. `RANDOM`, `QUASI_RANDOM` and `GRID` choose before any result. A trial
`BY_HAND` was enqueued by a person and is no part of a sample. Any other name, such as "TPE", is
that of a sampler that earlier results steer. Empty where nothing is known, which proves nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

RANDOM = "random"
QUASI_RANDOM = "quasi-random"
GRID = "grid"
BY_HAND = "by hand"
INDEPENDENT = (RANDOM, QUASI_RANDOM, GRID)


def steered(chosen: str) -> bool:
    """True where earlier results chose the trial's configuration.

    Example:
        >>> steered("TPE"), steered("random"), steered("by hand"), steered("")
        (True, False, False, False)
    """
    return bool(chosen) and chosen not in (*INDEPENDENT, BY_HAND)


def samplers(chosen: Iterable[str]) -> tuple[str, ...]:
    """The names that occur, each once, in their order."""
    return tuple(dict.fromkeys(name for name in chosen if name))
